#!/bin/sh
# PowerDNS as a secondary of tenure: the zones and the key, into the database of the backend.
# tenured is 192.0.2.1; see doc/recipes.md, "Secondaries". Run it once, as root or the user of the database.
set -eu
pdnsutil import-tsig-key ns2 hmac-sha256 REPLACE+BY+THE+SECRET+OF+THE+KEY
for zone in corp.example 10.in-addr.arpa; do
	pdnsutil create-secondary-zone "$zone" 192.0.2.1
	pdnsutil activate-tsig-key "$zone" ns2 secondary
	# Default: the whole zone each time.
	pdnsutil set-meta "$zone" IXFR 1
done
