# SPDX-License-Identifier: BSD-2-Clause
"""Signatures are sets by the type that they cover (RFC 4034 3), each with a TTL of its own: a zone that
Knot signed, with a digest of the whole (ZONEMD), verifies after import, export and transfer."""
import subprocess

import dns.name
import dns.rdatatype
import dns.zone
import pytest

from peers import found
from secondaries import KINDS, Knotd, records_of
from test_backup import offline, restored
from test_ixfr import followed
from test_secondaries import expect_the_same, followers, tell, wait_for_all
from test_transfer import transferred

ZONE = "corp.example"
assert followers  # a fixture
# Names whose sets differ in their TTLs.
PLAIN = f"""$ORIGIN {ZONE}.
@ 3600 SOA ns hostmaster 7 3600 600 86400 300
@ 7200 NS ns
ns 300 A 127.0.0.1
w 300 A 192.0.2.1
w 86400 TXT "x"
w 60 MX 10 w
*.wild 600 A 192.0.2.2
*.wild 5 TXT y
sub 900 NS ns.sub
sub 30 DS 1 13 2 {"00" * 32}
ns.sub 77 A 192.0.2.3
"""
PADDING = "".join(f"pad{i} 3600 TXT \"{'x' * 60}\"\n" for i in range(100))
CONFIG = """
server:
    rundir: %(folder)s
database:
    storage: %(folder)s
policy:
  - id: signed
    algorithm: ecdsap256sha256
    single-type-signing: on
    nsec3: %(nsec3)s
zone:
  - domain: %(zone)s
    storage: %(folder)s
    file: plain.zone
    dnssec-policy: signed
    dnssec-signing: on
    zonemd-generate: zonemd-sha384
"""


def signed(folder, nsec3="off"):
    """The zone's file, signed, with a ZONEMD."""
    if not found("kzonesign"):
        pytest.skip("kzonesign is not here (knot-dnssecutils)")
    (folder / "plain.zone").write_text(PLAIN + PADDING)
    (folder / "signed").mkdir()
    (folder / "knot.conf").write_text(CONFIG % {"folder": folder, "zone": ZONE, "nsec3": nsec3})
    done = subprocess.run([found("kzonesign"), "-c", folder / "knot.conf", "-o", folder / "signed", ZONE],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "signed" / "plain.zone"


def read(path):
    return dns.zone.from_file(str(path), f"{ZONE}.", relativize=False)


def sets(zone):
    """TTL and records of each set; those of signatures by what they cover."""
    return {(str(name), rdataset.rdtype, rdataset.covers, rdataset.ttl,
             tuple(sorted(rdata.to_text() for rdata in rdataset)))
            for name, rdataset in zone.iterate_rdatasets()}


def verifies(zone, path):
    """The digest of the whole, and each signature."""
    zone.verify_digest()
    done = subprocess.run([found("dnssec-verify"), "-z", "-o", ZONE, path], capture_output=True, text=True,
                          timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def imported(server, path):
    server.ctl_ok("zone", "add", ZONE)
    server.ctl_ok("zone", "import", ZONE, path)
    server.ctl_ok("zone", "set", ZONE, "transfer=127.0.0.1")


@pytest.mark.parametrize("nsec3", ["off", "on"])
def test_a_signed_zone_verifies_after_import_export_and_transfer(tenured, followers, nsec3):
    server = tenured()
    path = signed(server.folder, nsec3)
    imported(server, path)
    source = read(path)
    assert len({ttl for name, _, covers, ttl, _ in sets(source) if covers and name == f"w.{ZONE}."}) > 2
    out = server.folder / "out.zone"
    server.ctl_ok("zone", "export", ZONE, out)
    assert sets(read(out)) == sets(source)
    verifies(read(out), out)
    copy = transferred(server)
    assert sets(copy) == sets(source)
    copy.verify_digest()
    key = server.key("follow.key")
    rules = server.folder / "rules"
    rules.write_text("allow key:follow.key transfer\n")
    server.ctl_ok("zone", "policy", "set", ZONE, rules)
    secondaries = followers(server, key, *[kind for kind in KINDS if found(kind.program)])
    tell(server, secondaries)
    wait_for_all(server, secondaries)
    ours = records_of(server, ZONE)
    for one in secondaries:
        assert records_of(one, ZONE) == ours, one.program
        transferred(one).verify_digest()
    # It is the zone that was loaded: loading it again changes nothing.
    assert "0 added, 0 removed, 0 altered" in server.ctl_ok("zone", "import", ZONE, out)
@pytest.mark.parametrize("form", [[], ["--portable"]])
def test_backups_hold_the_ttl_of_each_covered_type(tenured, made, form):
    server = tenured()
    path = signed(server.folder)
    imported(server, path)
    file = server.folder / "backup"
    server.ctl_ok("backup", file, *form)
    other, _ = restored(made, server, file)
    copy = transferred(other)
    assert sets(copy) == sets(read(path))
    copy.verify_digest()
    other.stop()
    assert "all good" in offline("check", other.data).out


def test_a_ttl_of_one_covered_type_changes_alone_on_every_road(tenured, followers):
    server = tenured()
    imported(server, signed(server.folder))
    for setting in ("update=nonsecure", "protect-static=off"):
        server.ctl_ok("zone", "set", ZONE, setting)
    key = server.key("follow.key")
    rules = server.folder / "rules"
    rules.write_text("allow key:follow.key transfer\nallow anonymous write,join types RRSIG\n")
    server.ctl_ok("zone", "policy", "set", ZONE, rules)
    # Knot leaves the TTL of a signature whose data does not change.
    secondaries = followers(server, key, *[kind for kind in KINDS if found(kind.program) and kind != Knotd])
    tell(server, secondaries)
    wait_for_all(server, secondaries)
    copy = transferred(server)
    before = sets(copy)

    def ttls(zone):
        node = zone.find_node(dns.name.from_text(f"w.{ZONE}."))
        return {dns.rdatatype.to_text(one.covers): one.ttl for one in node if one.covers}

    first = ttls(copy)
    assert first["A"] == 300 and first["TXT"] == 86400 and first["MX"] == 60
    rdata = copy.find_rdataset(f"w.{ZONE}.", "RRSIG", "TXT")[0]
    update = server.update(ZONE)
    update.add("w", 1234, "RRSIG", rdata.to_text())
    assert server.ask(update).rcode() == 0
    assert ttls(transferred(server)) == {**first, "TXT": 1234}
    change = server.rows("audit", "show", server.last_change())[0]
    assert len(change["changes"]) == 1, "one signature changed"
    copy = followed(server, copy)
    assert ttls(copy) == {**first, "TXT": 1234}
    expect_the_same(server, secondaries)
    assert {answer.covers: answer.ttl for answer in server.query(f"w.{ZONE}", "RRSIG", tcp=True).answer} == {
        dns.rdatatype.from_text(kind): ttl for kind, ttl in {**first, "TXT": 1234}.items()}
    # A new signature takes, and gives, the TTL of those that cover the same type.
    update = server.update(ZONE)
    update.add("w", 4321, "RRSIG", rdata.replace(key_tag=1).to_text())
    assert server.ask(update).rcode() == 0
    assert ttls(transferred(server)) == {**first, "TXT": 4321}
    expect_the_same(server, secondaries)
    # Back, as a whole: what was before is what is.
    server.ctl_ok("audit", "revert", server.last_change())
    assert ttls(transferred(server)) == {**first, "TXT": 1234}
    update = server.update(ZONE)
    update.add("w", 86400, "RRSIG", rdata.to_text())
    assert server.ask(update).rcode() == 0
    assert {one for one in sets(transferred(server)) if one[1] != dns.rdatatype.SOA} == {
        one for one in before if one[1] != dns.rdatatype.SOA}
    expect_the_same(server, secondaries)
