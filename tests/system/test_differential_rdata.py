# SPDX-License-Identifier: BSD-2-Clause
"""Which record data is taken: by update to tenured, and by BIND's named-checkzone in a zone file.

Data of each type is altered at random, as RFC 3597 writes it. What we take and BIND does not would
stop the transfers of the zone to a BIND secondary. The generator has a seed, so a failure repeats;
TENURE_SEED gives another one.
"""
import os
import random
import re
import subprocess

import dns.message
import dns.query
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.update
import pytest

from peers import found

pytestmark = pytest.mark.skipif(not found("named-checkzone"), reason="named-checkzone is not there")
SEED = int(os.environ.get("TENURE_SEED", "4034"))
EACH = 60  # altered data of a type

DIGEST = "ab" * 32
TEXTS = {
    "A": "192.0.2.1", "NS": "ns.x.", "CNAME": "a.b.", "MX": "10 mx.x.", "TXT": '"a" "bc"',
    "AAAA": "2001:db8::1", "SRV": "1 2 3 t.x.", "PTR": "a.b.", "DNAME": "a.b.",
    "NAPTR": '1 1 "u" "E2U+sip" "!^(a)*$!sip:\\\\1@example.com!i" .',
    "DS": f"1 5 2 {DIGEST}", "CDS": f"1 5 2 {DIGEST}", "SSHFP": f"1 2 {DIGEST}",
    "TLSA": f"3 1 1 {DIGEST}", "SMIMEA": f"3 1 1 {DIGEST}", "ZONEMD": "1 1 1 " + "ab" * 48,
    "NSEC": "a.b. A RRSIG", "NSEC3": "1 0 1 ab 2t7b4g4vsa5smi47k61mv5bv1a22bojr A",
    "NSEC3PARAM": "1 0 1 ab", "DNSKEY": "256 3 8 AwEAAcbb", "CDNSKEY": "256 3 8 AwEAAcbb",
    "OPENPGPKEY": "AAAA", "CSYNC": "1 3 A NS", "SVCB": "1 a.b. alpn=h2 port=443",
    "HTTPS": '1 . alpn=h2 key7="/q{?dns}"', "CAA": '0 issue "ca.x"', "URI": '1 1 "http://x/"',
    "EUI48": "00-00-5e-00-53-2a", "X25": '"311061700956"', "HINFO": '"a" "b"', "RP": "a. b.",
    "IPSECKEY": "10 1 2 192.0.2.38 AQNRU3mG7TVTO2BkR47u", "KX": "10 a.b.", "CERT": "PGP 1 8 AAAA", "DHCID": "AAIBY2/AuCccgoJbsaxcQc9TUapptP69",
}
WIRES = {"KEY": "01000308aabb", "RKEY": "00000308aabb", "A6": "00" + "20010db8" + "00" * 12,
         "SINK": "01020304", "TA": "00010502" + DIGEST, "DLV": "00010502" + DIGEST}
BYTES = [0, 1, 2, 3, 4, 5, 8, 20, 32, 33, 40, 48, 65, 91, 97, 123, 127, 128, 192, 253, 255]


def whole():
    for name, text in TEXTS.items():
        yield name, dns.rdata.from_text("IN", name, text).to_wire()
    for name, wire in WIRES.items():
        yield name, bytes.fromhex(wire)


def altered(rng, wire):
    data = bytearray(wire)
    for _ in range(rng.choice((1, 1, 1, 2))):
        how = rng.random()
        if how < 0.6 and data:
            data[rng.randrange(len(data))] = rng.choice(BYTES)
        elif how < 0.8 and data:
            del data[rng.randrange(len(data))]
        else:
            data.insert(rng.randrange(len(data) + 1), rng.choice(BYTES))
    return bytes(data)


def cases():
    rng = random.Random(SEED)
    for name, wire in whole():
        found_here = {wire, b"", wire[:-1], wire + b"\0"}
        while len(found_here) < EACH:
            found_here.add(altered(rng, wire))
        for data in sorted(found_here):
            yield name, data


def taken_by_bind(folder, data):
    head = ["$TTL 300", "@ SOA ns h 1 1 1 1 1", "@ NS ns", "ns A 192.0.2.1"]
    lines = [f"n{i} TYPE{dns.rdatatype.from_text(name) if name not in WIRES else NUMBERS[name]} "
             f"\\# {len(wire)} {wire.hex()}" for i, (name, wire) in enumerate(data)]
    (folder / "zone").write_text("\n".join(head + lines) + "\n")
    quiet = [word for option in "knmMS" for word in (f"-{option}", "ignore")]
    said = subprocess.run([found("named-checkzone"), *quiet, "-i", "none", "corp.example", "zone"],
                          cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    bad = {int(line) - 1 - len(head)
           for line, what in re.findall(r"zone:(\d+): (.*)", said.stdout + said.stderr)
           if "expired" not in what}
    assert len(bad) > len(data) / 10, said.stdout + said.stderr
    return [i not in bad for i in range(len(data))]


NUMBERS = {"KEY": 25, "RKEY": 57, "A6": 38, "SINK": 40, "TA": 32768, "DLV": 32769}


def taken_by_us(server, data):
    answers = []
    for i, (name, wire) in enumerate(data):
        update = dns.update.UpdateMessage("corp.example")
        number = NUMBERS.get(name) or dns.rdatatype.from_text(name)
        rdata = dns.rdata.GenericRdata(dns.rdataclass.IN, number, wire)
        update.add(f"n{i}", 300, rdata)
        code = dns.query.tcp(update, server.address, port=server.port, timeout=30).rcode()
        assert code in (dns.rcode.NOERROR, dns.rcode.FORMERR), (name, wire.hex(), code)
        answers.append(code == dns.rcode.NOERROR)
    return answers


def test_an_update_takes_no_data_that_a_secondary_would_refuse(tenured):
    server = tenured()
    server.ctl_ok("zone", "add", "corp.example", "--ns", "ns.corp.example.")
    server.ctl_ok("zone", "set", "corp.example", "update=nonsecure", "protect-static=off",
                  "max-names=none")
    data = list(cases())
    ours = taken_by_us(server, data)
    theirs = taken_by_bind(server.folder, data)
    stopped = [f"{name} {wire.hex()}" for (name, wire), we, they in zip(data, ours, theirs)
               if we and not they]
    assert not stopped, f"taken by us alone, seed {SEED}"
    assert sum(ours) > len(data) / 10


def test_what_bind_takes_is_taken(tenured):
    """Of each type."""
    server = tenured()
    server.ctl_ok("zone", "add", "corp.example", "--ns", "ns.corp.example.")
    server.ctl_ok("zone", "set", "corp.example", "update=nonsecure", "protect-static=off",
                  "max-names=none")
    data = list(whole())
    assert all(taken_by_us(server, data))
