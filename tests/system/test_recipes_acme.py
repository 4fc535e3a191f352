# SPDX-License-Identifier: BSD-2-Clause
"""The recipes for certificates by DNS-01: certbot and lego get certificates from pebble, the test CA of Let's
Encrypt, which asks tenured; acme.sh and cert-manager, which Debian does not have, by the messages they send."""
import json
import os
import re
import shlex

import dns.rcode
import pytest

from peers import found
from site_lab import NS1, RECIPES, ZONE, Site, needs, needs_root, recipe, resolving
from tenure import run, wait_until

pytestmark = needs_root
CA, CLIENT = "192.0.2.14", "192.0.2.20"
DIRECTORY = f"https://{CA}:14000/dir"
CHALLENGE = f"_acme-challenge.www.{ZONE}"


@pytest.fixture
def site():
    with Site() as made:
        yield made


def ca(site):
    """pebble, which asks tenured for challenges; the program, with the file that its clients trust."""
    pebble = site.program(CA, "pebble")
    made = run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
               "-subj", "/CN=ca", "-addext", f"subjectAltName=IP:{CA}", "-keyout", pebble.folder / "key.pem", "-out",
               pebble.folder / "cert.pem")
    assert made.code == 0, made
    pebble.write("config.json", json.dumps({"pebble": {
        "listenAddress": f"{CA}:14000", "managementListenAddress": f"{CA}:15000", "certificate": "%FOLDER%/cert.pem",
        "privateKey": "%FOLDER%/key.pem", "httpPort": 80, "tlsPort": 443, "ocspResponderURL": "",
        "externalAccountBindingRequired": False}}))
    pebble.start(found("pebble"), "-config", "%FOLDER%/config.json", "-dnsserver", f"{NS1}:53",
                 env={**os.environ, "PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0"})
    with site.machine(CLIENT).inside():
        wait_until(lambda: "Listening on" in pebble.said(), pebble.said())
    return pebble


class Client:
    """A machine with a client's folder; certbot.ini or lego.env of the recipes lies in it."""

    def __init__(self, site, server, file, **replaced):
        self.ca = ca(site)
        self.server = server
        self.key = server.key("acme")
        self.machine = site.machine(CLIENT)
        self.program = site.program(CLIENT, "client")
        self.file = self.program.write(file, recipe(file, [self.key.secret], **replaced))
        self.file.chmod(0o600)

    @property
    def folder(self):
        return self.program.folder

    def certbot(self, name=f"www.{ZONE}"):
        """The recipe's command, with this CA and folders of the test's."""
        line = " ".join(re.search(r"^certbot (?:.*\\\n)*.*$", recipe("certbot.sh"), re.M)[0].replace("\\\n", "").split())
        words = shlex.split(line.replace("/etc/letsencrypt/tenure.ini", str(self.file))
                            .replace("propagation-seconds 5", "propagation-seconds 0").replace(f"www.{ZONE}", name))
        words += ["--server", DIRECTORY]
        for option in ("config-dir", "work-dir", "logs-dir"):
            words += [f"--{option}", self.folder / option]
        with self.machine.inside():
            return run(found("certbot"), *words[1:], patience=60,
                       env={**os.environ, "REQUESTS_CA_BUNDLE": str(self.ca.folder / "cert.pem")})

    def lego(self, *names):
        """As the recipe says: the file into the environment. tenured is the resolver, too."""
        script = f"set -a; . {self.file}; exec lego \"$@\""
        words = ["--server", DIRECTORY, "--email", f"hostmaster@{ZONE}", "--accept-tos", "--path", str(self.folder),
                 "--dns", "rfc2136", "--dns.resolvers", f"{NS1}:53"]
        for name in names:
            words += ["--domains", name]
        with self.machine.inside():
            return run(*resolving(NS1, ("bash", "-c", script, "lego", *words, "run")), patience=90,
                       env={**os.environ, "LEGO_CA_CERTIFICATES": str(self.ca.folder / "cert.pem")})


def changes_of(server, name):
    """What happened at the name: (event, type, who)."""
    return [(row["event"], row["type"], row["principal"]) for row in server.rows("audit", "--name", name)
            if row["event"].startswith("record-")]


@needs("certbot", "pebble")
def test_certbot_gets_a_certificate_and_leaves_nothing(site):
    server = site.tenured()
    server.rules(ZONE, "acme.policy")
    client = Client(site, server, "certbot.ini")
    got = client.certbot()
    assert got.code == 0, got
    assert (client.folder / f"config-dir/live/www.{ZONE}/fullchain.pem").read_text().count("BEGIN CERT") >= 1
    assert changes_of(server, CHALLENGE) == [("record-register", "TXT", "key:acme"),
                                             ("record-unregister", "TXT", "key:acme")]
    assert server.records(CHALLENGE) == []
    # Another name's certificate is not in the rules.
    refused = client.certbot(f"mail.{ZONE}")
    assert refused.code != 0 and "REFUSED" in refused.out + refused.err
    assert server.denied(f"_acme-challenge.mail.{ZONE}")
    assert "no rule allows it" in server.ctl("why", f"_acme-challenge.mail.{ZONE}", "TXT", "--as", "key:acme").out \
        or "a rule denies it" in server.ctl("why", f"_acme-challenge.mail.{ZONE}", "TXT", "--as", "key:acme").out


@needs("certbot", "pebble")
@pytest.mark.parametrize("said", ["# none", "dns_rfc2136_algorithm = hmac-sha256"])
def test_certbots_default_algorithm_is_refused_and_named(site, said):
    server = site.tenured()
    server.rules(ZONE, "acme.policy")
    client = Client(site, server, "certbot.ini", **{"dns_rfc2136_algorithm = HMAC-SHA256": said})
    refused = client.certbot()
    assert refused.code != 0, refused
    reasons = [row["reason"] for row in server.rows("audit", "--denied")]
    assert any("BADKEY" in reason for reason in reasons), reasons


@needs("lego", "pebble")
def test_lego_gets_a_certificate_of_a_name_and_its_wildcard(site):
    server = site.tenured()
    server.rules(ZONE, "acme.policy")
    client = Client(site, server, "lego.env")
    got = client.lego(f"www.{ZONE}", f"*.www.{ZONE}")
    assert got.code == 0, got
    assert "BEGIN CERT" in (client.folder / f"certificates/www.{ZONE}.crt").read_text()
    assert {who for _, _, who in changes_of(server, CHALLENGE)} == {"key:acme"}
    assert server.records(CHALLENGE) == []
    refused = client.lego(f"mail.{ZONE}")
    assert refused.code != 0 and "REFUSED" in refused.out + refused.err, refused


@needs("lego", "pebble")
def test_legos_default_algorithm_is_refused_and_named(site):
    server = site.tenured()
    server.rules(ZONE, "acme.policy")
    client = Client(site, server, "lego.env", **{"RFC2136_TSIG_ALGORITHM=hmac-sha256.": "# none"})
    refused = client.lego(f"www.{ZONE}")
    assert refused.code != 0
    reasons = [row["reason"] for row in server.rows("audit", "--denied")]
    assert any("BADKEY" in reason for reason in reasons), (reasons, refused)


@needs("lego", "pebble")
def test_challenges_behind_aliases_need_one_rule_for_all_names(site):
    server = site.tenured()
    server.rules(ZONE, "acme-delegated.policy")
    server.ctl_ok("record", "add", ZONE, "_acme-challenge.www", "300", "CNAME", f"www.acme.{ZONE}.")
    client = Client(site, server, "lego.env")
    got = client.lego(f"www.{ZONE}")
    assert got.code == 0, got
    assert {who for _, _, who in changes_of(server, f"www.acme.{ZONE}")} == {"key:acme"}
    assert server.records(f"www.acme.{ZONE}") == []
    assert [row[0] for row in server.records(CHALLENGE)] == ["CNAME"]
    update = server.update(ZONE, client.key)
    update.add("_acme-challenge.mail", 60, "TXT", "x")
    with client.machine.inside():
        assert server.ask(update).rcode() == dns.rcode.REFUSED


def test_each_host_makes_challenges_of_its_own_name_alone(site):
    server = site.tenured()
    dhcp, host = server.key("kea1"), server.key(f"pc7.{ZONE}")
    server.rules(ZONE, "acme-hosts.policy")
    with site.machine(CLIENT).inside():
        assert server.nsupdate(f"update add pc7.{ZONE} 300 A 10.0.7.7", key=dhcp).code == 0
        assert server.nsupdate(f"update add _acme-challenge.pc7.{ZONE} 60 TXT one", key=host).code == 0
        other = server.nsupdate(f"update add _acme-challenge.www.{ZONE} 60 TXT one", key=host)
    assert "REFUSED" in other.err
    assert server.records(f"_acme-challenge.pc7.{ZONE}") == [("TXT", '"one"', f"key:pc7.{ZONE}", "dynamic")]


def test_acme_sh_by_its_messages(site):
    """What its dns_nsupdate sends: nsupdate with server and zone, adds one TXT, deletes the whole RRset."""
    server = site.tenured()
    server.rules(ZONE, "acme.policy")
    key = server.key("acme")
    words = dict(re.findall(r"^export (\w+)=(.*)$", recipe("acme.sh.env"), re.M))
    head = f"server {words['NSUPDATE_SERVER']} {words['NSUPDATE_SERVER_PORT']}\nzone {words['NSUPDATE_ZONE']}.\n"

    def send(line):
        with site.machine(CLIENT).inside():
            return run("nsupdate", "-k", key.path, input=f"{head}update {line}\nsend\n")

    assert send(f"add {CHALLENGE}. 60 in txt \"first\"").code == 0
    assert send(f"add {CHALLENGE}. 60 in txt \"second\"").code == 0
    assert [(owner, kind) for _, _, owner, kind in server.records(CHALLENGE)] == [("key:acme", "dynamic")] * 2
    assert send(f"delete {CHALLENGE}. txt").code == 0
    assert server.records(CHALLENGE) == []
    assert "REFUSED" in send(f"add _acme-challenge.mail.{ZONE}. 60 in txt \"x\"").err


def test_cert_manager_by_its_messages(site):
    """By UDP, signed by the algorithm of the file: a TXT with a TTL of 60 comes, and that very record goes."""
    server = site.tenured()
    server.rules(ZONE, "acme.policy")
    key = server.key("acme")
    text = recipe("cert-manager.yaml", [key.secret])
    algorithm = re.search(r"^ *tsigAlgorithm: HMAC(\w+)$", text, re.M)[1].lower()
    assert re.search(r"^ *tsigKeyName: (\S+)$", text, re.M)[1] == key.name and f"hmac-{algorithm}" == key.algorithm
    assert re.search(r"^ *nameserver: (\S+)$", text, re.M)[1] == f"{NS1}:53"
    with site.machine(CLIENT).inside():
        there = server.update(ZONE, key)
        there.add("_acme-challenge.www", 60, "TXT", "token")
        assert server.ask(there).rcode() == dns.rcode.NOERROR
        assert server.records(CHALLENGE) == [("TXT", '"token"', "key:acme", "dynamic")]
        gone = server.update(ZONE, key)
        gone.delete("_acme-challenge.www", "TXT", "token")
        assert server.ask(gone).rcode() == dns.rcode.NOERROR
    assert server.records(CHALLENGE) == []


@pytest.mark.parametrize("file", ["acme.policy", "acme-delegated.policy"])
def test_the_key_of_a_challenge_can_do_nothing_else(site, file):
    """Whoever steals it gets no host, no alias, no mail and no name server."""
    server = site.tenured()
    key = server.key("acme")
    server.rules(ZONE, file)
    assert (RECIPES / file).exists()
    for line in ("add new A 10.6.6.6", "add www TXT x", "add @ TXT v=spf1", "add _dmarc TXT x", "delete www A",
                 "add _acme-challenge.www A 10.6.6.6", "add _acme-challenge.www CNAME evil", "add acme NS evil",
                 "add www.acme A 10.6.6.6", "add _443._tcp.www TXT x"):
        verb, name, *rest = line.split(" ", 2)
        name = ZONE if name == "@" else f"{name}.{ZONE}"
        ttl = "300 " if verb == "add" else ""
        with site.machine(CLIENT).inside():
            answer = server.nsupdate(f"check-names off\nupdate {verb} {name} {ttl}{' '.join(rest)}", key=key)
        assert "REFUSED" in answer.err, (line, answer)
