#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes tests/stores/0.1.0-site/data.mdb.xz by the programs of version 0.1.0 (TENURE_BUILD names their
build): a store from before there were bounds, on the evening before its upgrade.

    corp.example      secure, aging; 5,000 leases of key kea, with DHCIDs; a domain controller that
                      signs as DC1$@CORP.EXAMPLE, and the rules that 0.1.0 needed for it
    10.in-addr.arpa   their pointers
    lab.example       nonsecure; 300 names from one address, unsigned
    big.example       an import: a name with 150 records of a type, one with 120 types, one of 150,000
                      bytes; key app owns them all, and names of its own

It was run once, and needs a Kerberos realm as the tests make it. The test is
tests/system/test_upgrade.py.
"""
import base64
import lzma
import os
import pathlib
import sys
import time

import dns.update

FOLDER = pathlib.Path(__file__).resolve().parent / "0.1.0-site"
sys.path.insert(0, str(FOLDER.parents[1] / "system"))

import lab as realm  # noqa: E402
import site_of_old as site  # noqa: E402
import tenure  # noqa: E402


def register(server, keys):
    """As D2 does, but 50 leases a message, so that the log is small."""
    for first in range(0, site.LEASES, 50):
        forward, reverse = (server.update(zone, keys["kea"]) for zone in (site.ZONE, site.REVERSE))
        for number in range(first, first + 50):
            name, address, dhcid = site.lease(number)
            data = base64.b64encode(bytes.fromhex(dhcid)).decode()
            pointer = site.pointer(address)
            forward.add(f"{name}.", 1200, "A", address)
            forward.add(f"{name}.", 1200, "DHCID", data)
            reverse.add(f"{pointer}.", 1200, "PTR", f"{name}.")
            reverse.add(f"{pointer}.", 1200, "DHCID", data)
        for update in (forward, reverse):
            assert server.ask(update, tcp=True).rcode() == 0
    for number in range(site.UNSIGNED):
        update = server.update("lab.example")
        update.add(f"guest{number}", 1200, "A", f"192.0.2.{number % 250}")
        assert server.ask(update).rcode() == 0


def register_controller(server, lab):
    signer = lab.client("DC1$").negotiate(server)
    for name, ttl, rtype, data in site.netlogon(1):
        update = dns.update.UpdateMessage(site.ZONE)
        update.add(f"{name}.", ttl, rtype, data)
        assert signer.ask(server, update, when=int(time.time())) == 0, (name, rtype)


def main():
    now, start = time.time, time.time()
    lab = realm.Lab().start()
    keytab = lab.keytab(lab.folder / "dns.keytab", "DNS/ns.corp.example")
    server = tenure.Tenured("--keytab", keytab, clock=site.EVENING_BEFORE).start()
    server.no_replay = "its version could not"
    FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        keys = {}
        for name in ("kea", "app"):
            path = server.folder / f"{name}.given"
            path.write_text(f'key "{name}" {{ algorithm hmac-sha256; secret "{site.SECRET}"; }};\n')
            server.ctl_ok("key", "import", path)
            keys[name] = tenure.Key(name, site.SECRET, "hmac-sha256", path)
        server.zone(site.ZONE, "ns A 192.0.2.53", update="secure", aging="on", no_refresh="7d",
                    refresh="7d")
        server.ctl_ok("zone", "add", "--reverse", "10.0.0.0/8", "update=secure", "aging=on")
        server.zone("lab.example", "ns A 192.0.2.54", update="nonsecure", aging="on")
        server.zone("big.example", *site.big_lines(), update="secure")
        for name in ("pool", "types", "large"):
            server.ctl_ok("owner", "transfer", "--zone", "big.example", "--from", "local:root",
                          "--to", "key:app", "--match", name)
        server.ctl_ok("zone", "policy", "set", site.ZONE, input=site.RULES)
        time.time = lambda: site.EVENING + now() - start
        register(server, keys)
        update = server.update("big.example", keys["app"])
        update.add("own", 300, "A", "192.0.2.9")
        assert server.ask(update).rcode() == 0
        register_controller(server, lab)
        path = server.folder / "data.mdb"
        server.ctl_ok("backup", path)
        data = lzma.compress(path.read_bytes(), preset=9 | lzma.PRESET_EXTREME)
        (FOLDER / "data.mdb.xz").write_bytes(data)
        print(f"data.mdb: {os.stat(path).st_size} bytes, {len(data)} packed")
    finally:
        time.time = now
        lab.stop()
        server.close()


main()
