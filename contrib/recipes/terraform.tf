# Terraform or OpenTofu with the provider hashicorp/dns: names below apps.corp.example.
# tenured is 192.0.2.1; see doc/recipes.md, "Automation".
terraform {
  required_providers {
    dns = {
      source = "hashicorp/dns"
    }
  }
}

provider "dns" {
  update {
    server = "192.0.2.1"
    # With the dot.
    key_name      = "terraform."
    key_algorithm = "hmac-sha256"
    # The secret comes by the environment, DNS_UPDATE_KEYSECRET, and is in no file and no state.
  }
}

resource "dns_a_record_set" "shop" {
  zone      = "corp.example."
  name      = "shop.apps"
  addresses = ["10.0.2.10", "10.0.2.11"]
  ttl       = 300
}

resource "dns_cname_record" "cart" {
  zone  = "corp.example."
  name  = "cart.apps"
  cname = "shop.apps.corp.example."
  ttl   = 300
}
