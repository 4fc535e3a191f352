# SPDX-License-Identifier: BSD-2-Clause
"""Moving in from Knot DNS: the fixture record by record, and a server that writes no zone files."""
import subprocess

import pytest

from move import (ADDRESS, Site, ask_update, differences, expected_records, fixture, migrate,
                  records_of, serves, take, transfer)
from peers import found
from tenure import PATIENCE, free_port, run, wait_until

needs_knot = pytest.mark.skipif(not found("knotc") or not found("kjournalprint"),
                                reason="knot is not here")
SECRETS = {"kea1": "a2VhMS1rZWExLWtlYTE=", "web": "d2ViLXdlYi13ZWItd2U=",
           "pc9.dyn.example": "cGM5LXBjOS1wYzktcGM=", "boss": "Ym9zcy1ib3NzLWJvc3M="}
DHCID = "AAEBK7OYxOoDrS9qQt63LriowW12lNl7FnEmeraTXJRlGdI="


def check_fixture(site, expected):
    for name, zone in expected["zones"].items():
        assert site.records(name) == expected_records(zone), name
        assert site.zones[name]["settings"] == zone["settings"], name
        rules = [rule.replace(" under @", "") for rule in site.rules(name)]
        # What keeps a key from its own name holds from where the item does.
        wanted = [rule + " from 192.0.2.0/24" if rule.endswith("write self") else rule
                  for rule in zone["rules"]]
        assert rules == wanted, name
    assert sorted((k["name"], k["algorithm"]) for k in site.yaml["keys"]) == sorted(
        (k["name"], k["algorithm"]) for k in expected["keys"])


@needs_knot
def test_the_fixture_is_taken_record_by_record(tmp_path, tenured):
    root, expected = fixture("knot", tmp_path)
    before = {p: p.read_bytes() for p in root.rglob("*") if p.is_file()}
    answer = migrate("knot", root / "knot.conf", "--zones", root / "flushed", "--out", tmp_path / "out")
    assert answer.code == 1, answer.err
    site = Site(tmp_path / "out")
    check_fixture(site, expected)
    assert {p: p.read_bytes() for p in root.rglob("*") if p.is_file()} == before
    take(tenured(), site)
    lost = {(line["where"], line["statement"]) for line in site.lines("lost")}
    assert lost == {
        ("log", "target: stderr"), ("log", "any: info"), ("mod-synthrecord", "mod-synthrecord rev"),
        ("zone 2.0.192.in-addr.arpa", "action: [transfer, notify]"),
        ("zone dyn.example", "action: [transfer, notify]"),
        ("zone auto.example", "module: mod-synthrecord/rev"),
        ("zone second.example.", "master: elsewhere"),
        # Signing moved the zone on in the journal.
        ("zone signed.example", "dnssec-signing: on"),
        ("zone signed.example", "the content of the zone")}
    lines = {(line["file"].rsplit("/", 1)[1], line.get("line")) for line in site.lines("lost")}
    conf = (root / "knot.conf").read_text().splitlines()
    assert ("knot.conf", 1 + conf.index("    dnssec-signing: on")) in lines
    assert ("knot.conf", 1 + conf.index("    master: elsewhere")) in lines


def test_the_exported_form_says_the_same(tmp_path):
    root, expected = fixture("knot", tmp_path)
    answer = migrate("knot", root / "conf-export.conf", "--zones", root / "flushed", "--no-tools",
                     "--out", tmp_path / "out")
    assert answer.code == 1, answer.err
    site = Site(tmp_path / "out")
    for name, zone in expected["zones"].items():
        # Without the journal nobody knows what an update made.
        ours = [r[:4] for r in site.records(name)]
        assert ours == [r[:4] for r in expected_records(zone)], name
    assert "journal" in {line["statement"] for line in site.lines("changed")}


@pytest.mark.parametrize("tools", [[], ["--no-tools"]])
def test_a_zone_file_that_is_older_than_the_journal_is_not_taken(tmp_path, tools):
    if not tools and not found("kjournalprint"):
        pytest.skip("knot is not here")
    root, _ = fixture("knot", tmp_path)
    answer = migrate("knot", root / "knot.conf", "--out", tmp_path / "out", *tools)
    assert answer.code == 1
    site = Site(tmp_path / "out")
    assert "dyn.example" not in site.zones
    line, = [line for line in site.lines("lost") if line["where"] == "zone dyn.example"]
    assert "journal" in line["why"] and "zone-flush dyn.example +outdir" in line["do"]


def test_an_include_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "knot.conf").write_text("zone:\n  - domain: z.example\ninclude: /nonexistent/*.conf\n"
                                        f"template:\n  - id: default\n    storage: {tmp_path}\n"
                                        f"database:\n    storage: {tmp_path}\n")
    (tmp_path / "z.example.zone").write_text("@ 60 SOA ns1 host 1 2 3 4 5\n@ 60 NS ns1\nns1 60 A 192.0.2.1\n")
    answer = migrate("knot", tmp_path / "knot.conf", "--no-tools", "--plan", "--json")
    assert answer.code == 1
    line, = [row for row in answer.rows() if row.get("list") == "lost"]
    assert line["line"] == 3 and "not followed" in line["why"]


# --- a server

CONF = """
server:
    rundir: %(folder)s
    listen: 127.0.0.1@%(port)d
database:
    storage: %(folder)s/db
log:
  - target: stderr
    any: info
%(keys)s
acl:
  - id: no-gw
    action: update
    update-owner: name
    update-owner-match: equal
    update-owner-name: gw
    deny: on
  - id: web
    key: web
    action: update
    update-owner: name
    update-owner-match: equal
    update-owner-name: [www, shop.dyn.example.]
    update-type: [A, AAAA]
  - id: apps
    key: web
    action: update
    update-owner: name
    update-owner-name: apps
  - id: lab
    key: web
    action: update
    update-owner: name
    update-owner-match: sub
    update-owner-name: lab
  - id: own
    key: [pc9.dyn.example, boss]
    action: update
    update-owner: key
  - id: dhcp
    key: kea1
    action: update
    update-type: [A, AAAA, PTR, DHCID]
  - id: near
    address: 127.0.0.3
    action: update
    update-type: PTR
  - id: secondaries
    address: 127.0.0.0/8
    action: transfer
template:
  - id: default
    storage: %(folder)s
    zonefile-sync: -1
    journal-content: changes
zone:
  - domain: dyn.example
    acl: [no-gw, web, apps, lab, own, dhcp, secondaries]
  - domain: 2.0.192.in-addr.arpa
    acl: [dhcp, near, secondaries]
"""


class Knotd:
    """Knot with dynamic zones."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        keys = "key:\n" + "".join(f"  - id: {name}\n    algorithm: hmac-sha256\n    secret: {secret}\n"
                                  for name, secret in SECRETS.items())
        for apex in ("dyn.example", "2.0.192.in-addr.arpa"):
            (folder / f"{apex}.zone").write_text(
                f"$TTL 3600\n@ SOA ns1 host 10 3600 900 604800 300\n@ NS ns1\nns1 A 192.0.2.53\n"
                "@ MX 10 mail\nmail A 192.0.2.25\nwww 300 A 192.0.2.80\ngw A 192.0.2.1\n")
        self.conf = folder / "knot.conf"
        self.conf.write_text(CONF % {"folder": folder, "port": self.port, "keys": keys})
        (folder / "db").mkdir()
        with open(folder / "out", "wb") as out:
            self.process = subprocess.Popen([found("knotd"), "-c", self.conf], stdout=out, stderr=out)
        wait_until(lambda: serves(self.port, "dyn.example"), "knotd")

    def update(self, zone, key=None, source=ADDRESS, **changes):
        return ask_update(self, zone, SECRETS, key, source, **changes)

    def flush(self, zone, folder):
        folder.mkdir(exist_ok=True)
        folder.chmod(0o777)
        done = run(found("knotc"), "-c", self.conf, "-b", "zone-flush", zone, "+outdir", folder)
        assert done.code == 0, done

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE)


@pytest.fixture
def knotd(tmp_path):
    if not found("knotd"):
        pytest.skip("knot is not here")
    folder = tmp_path / "knot"
    folder.mkdir()
    server = Knotd(folder)
    yield server
    server.close()


@needs_knot
def test_a_server_whose_zone_files_are_old(knotd, tmp_path, tenured):
    for n in range(20):
        assert knotd.update("dyn.example", "kea1", add=[
            (f"pc{n}", 3600, "A", f"192.0.2.{100 + n}"), (f"pc{n}", 3600, "DHCID", DHCID)]) == "NOERROR"
        assert knotd.update("2.0.192.in-addr.arpa", "kea1", add=[
            (str(100 + n), 3600, "PTR", f"pc{n}.dyn.example.")]) == "NOERROR"
    assert knotd.update("dyn.example", "web", delete=[("www", "A")],
                        add=[("www", 300, "A", "192.0.2.81")]) == "NOERROR"
    zones = ["dyn.example", "2.0.192.in-addr.arpa"]
    there = {zone: records_of(transfer(knotd, zone)) for zone in zones}
    for zone in zones:
        knotd.flush(zone, tmp_path / "flushed")
    # The files of the configuration are older than the journal: with them nothing is taken.
    answer = migrate("knot", knotd.conf, "--out", tmp_path / "old")
    assert answer.code == 1 and Site(tmp_path / "old").zones == {}
    answer = migrate("knot", knotd.conf, "--zones", tmp_path / "flushed", "--out", tmp_path / "out")
    site = Site(tmp_path / "out")
    assert {line["where"] for line in site.lines("lost")} == {"log"}
    server = tenured()
    take(server, site)
    for zone in zones:
        assert records_of(transfer(server, zone)) == there[zone]
    records = {(r[0], r[2]): r[4:] for r in site.records("dyn.example")}
    assert records["pc7", "A"] == records["pc7", "DHCID"] == ("dynamic", "key:kea1")
    assert records["www", "A"] == ("pinned", "key:web")
    assert records["ns1", "A"] == ("static", "local:migrate")
    assert {r[4:] for r in site.records("2.0.192.in-addr.arpa") if r[2] == "PTR"} == {
        ("dynamic", "key:kea1")}


@needs_knot
def test_rules_decide_as_the_acl_did(knotd, tmp_path, tenured):
    migrate("knot", knotd.conf, "--out", tmp_path / "out")
    server = tenured()
    take(server, Site(tmp_path / "out"))
    data = {"A": "192.0.2.77", "TXT": '"t"'}
    names = ["www", "shop", "other", "x.apps", "apps", "gw", "lab", "y.lab", "pc9", "sub.pc9", "mail",
             "ns1"]
    wrong = differences(knotd, server, "dyn.example", SECRETS, [*SECRETS, None], names, data)
    # A name server's own name needs a rule that names it here, which the report says.
    assert [case for case in wrong if case[1] != "ns1"] == []
    assert differences(knotd, server, "2.0.192.in-addr.arpa", SECRETS, ["kea1", "web", None], ["7"],
                       {"PTR": "x.example.", "TXT": '"t"'}, [ADDRESS, "127.0.0.3"]) == []
