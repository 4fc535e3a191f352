# SPDX-License-Identifier: BSD-2-Clause
"""export-config writes the file that makes a server what this one is."""
import re

import pytest

from tenure import SOURCE
from test_apply import NOON, OTHER, Site

NUMBERS = re.compile(r" (id|zone-id|available-at|created-at|created|rotated|started|sealed|"
                     r"apply-file|apply-seed)=\S*")


def decided(server):
    """Rows of decided state, but for numbers, times, runs, and whose file it is."""
    lines = []
    for line in server.ctl_ok("digest", "--lines").splitlines():
        if not line.startswith(("run ", "deleted", "server clock", "server cycle")):
            lines.append(NUMBERS.sub("", line))
    return sorted(lines)


def content(server, zone):
    return sorted((row["name"], row["ttl"], row["type"], row["data"], row["owner"], row["class"],
                   row["stamp"]) for row in server.rows("record", "list", zone))


@pytest.fixture
def full(tenured, tmp_path):
    """A server with something of everything."""
    one = tenured(clock=NOON)
    one.ctl_ok("scavenge", "set", "schedule=Sun 03:00", "default-aging=on", "default-refresh=4d")
    one.ctl_ok("bin", "set", "20d")
    one.ctl_ok("audit", "set", "retention-age=300d", "refusal-size=none")
    for name in ("kea1", "kea2", "web7.corp.example"):
        one.key(name)
    one.ctl_ok("group", "create", "dhcp", "key:kea1", "key:kea2", "--acting")
    one.ctl_ok("group", "create", "laptops", "gss:*$@CORP.EXAMPLE")
    one.ctl_ok("group", "set", "laptops", "window=30d/60d")
    one.zone("corp.example", "ns A 10.0.0.53", "www A 10.0.0.80", 'txt TXT "a;b" "c \\" d"',
             "*.apps CNAME www", "b\\032c A 10.0.0.9", update="secure", policy="self",
             refresh="3d", max_share="33", notify="192.0.2.7@5353 key kea1,ns",
             transfer="192.0.2.0/24,2001:db8::/32")
    one.ctl_ok("zone", "set", "corp.example", "keep-types=TXT,SRV", "max-names=hosts:7")
    path = tmp_path / "rules"
    path.write_text("# of DHCP\n\nallow @dhcp claim\n  allow key:a claim # behind\n\n")
    one.ctl_ok("zone", "policy", "set", "corp.example", path, "--yes")
    one.ctl_ok("record", "add", "corp.example", "pc1", "300", "A", "10.0.0.7", "--owner",
               "key:kea1", "--class", "dynamic")
    one.ctl_ok("record", "add", "corp.example", "pin", "300", "A", "10.0.0.8", "--owner", "@dhcp",
               "--class", "pinned")
    one.ctl_ok("owner", "reserve", "web8.corp.example", "--for", "key:web7.corp.example")
    one.ctl_ok("record", "note", "corp.example", "www", 'K\u00fcche: "on" # \\ no')
    one.ctl_ok("record", "note", "corp.example", "www", "of A", "--type", "A")
    one.ctl_ok("zone", "add", "--reverse", "10.0.0.0/24")
    one.ctl_ok("zone", "add", "0/25.2.0.192.in-addr.arpa")
    return one


def test_an_empty_server_becomes_the_same(full, tenured, tmp_path):
    folder = tmp_path / "out"
    said = full.ctl_ok("export-config", "--out", folder, "--with-keys")
    assert "3 zones, 3 keys" in said
    assert sorted(p.name for p in (folder / "keys").iterdir())[0] == "kea1.key"
    assert all(p.stat().st_mode & 0o77 == 0 for p in (folder / "keys").iterdir())
    assert [p.name for p in (folder / "data").iterdir() if "%2F" in p.name]
    other = Site(tenured(clock=NOON), folder)
    other.ok()
    assert decided(other.server) == decided(full)
    for zone in ("corp.example", "0.0.10.in-addr.arpa", "0/25.2.0.192.in-addr.arpa"):
        assert content(other.server, zone) == content(full, zone)
        assert other.server.query(zone, "SOA").answer == full.query(zone, "SOA").answer
    assert other.server.ctl_ok("key", "show", "kea1") == full.ctl_ok("key", "show", "kea1")
    before = other.server.last_change()
    assert "0 to add, 0 to change, 0 to delete" in other.ok()
    assert other.server.last_change() == before
    # What the other exports says the same.
    again = tmp_path / "again"
    other.server.ctl_ok("export-config", "--out", again)
    assert (again / "site.yaml").read_text() == (folder / "site.yaml").read_text()
    assert not (again / "keys").exists()


def test_static_records_stand_in_the_file(full, tenured, tmp_path):
    text = full.ctl_ok("export-config", "corp.example", "--static")
    assert "seed" not in text and "pc1" not in text and "keys:" not in text
    other = Site(tenured(clock=NOON), tmp_path)
    other.server.ctl_ok("key", "generate", "kea1")
    other.ok(text=text)
    static = {row[:4] for row in content(full, "corp.example") if row[5] == "static"}
    assert {row[:4] for row in content(other.server, "corp.example")} == static
    assert "0 to add, 0 to change, 0 to delete" in other.ok()
    assert other.server.ctl_ok("export-config", "corp.example", "--static") == text


@pytest.mark.parametrize("words, code, said", [
    (["export-config"], 2, "--out FOLDER, or --static"),
    (["export-config", "--static", "--with-keys"], 2, "secrets go to files"),
    (["export-config", "nosuch.example", "--static"], 4, "nosuch.example"),
    (["export-config", "corp.exampel", "--static"], 4, "did you mean 'corp.example'?"),
    (["export-config", "--out", "DIR"], 1, "it is there, and not an empty folder"),
    (["export-config", "--out", "DIR/none/none"], 1, "No such file"),
])
def test_what_cannot_be_written_is_said(full, tmp_path, words, code, said):
    full_folder = tmp_path / "folder"
    full_folder.mkdir()
    (full_folder / "x").write_text("mine")
    answer = full.ctl(*[word.replace("DIR", str(full_folder)) for word in words])
    assert answer.code == code and said in answer.err, answer
    assert [p.name for p in full_folder.iterdir()] == ["x"]


def test_reading_secrets_is_in_the_log(full, tmp_path):
    before = full.last_change()
    full.ctl_ok("export-config", "--out", tmp_path / "a")
    assert full.last_change() == before
    full.ctl_ok("export-config", "--out", tmp_path / "b", "--with-keys")
    events = [row["event"] for row in full.rows("audit", "--limit", "3")]
    assert events == ["key-read"] * 3


def test_what_it_writes_is_read_whatever_it_holds(tenured, tmp_path):
    one = tenured(clock=NOON)
    one.zone("on", "ns A 10.0.0.53", "null A 10.0.0.1", "yes A 10.0.0.2", "\\@ A 10.0.0.3",
             "a\\;b TXT \"x\\\\\"", "1e3 A 10.0.0.4", "\\255\\001 TXT \"\\000\\255\"")
    for name, text in (("yes", "~"), ("null", "- a: b"), ("1e3", "'"), ("ns", "{x}")):
        one.ctl_ok("record", "note", "on", name, text)
    folder = tmp_path / "out"
    one.ctl_ok("export-config", "--out", folder)
    other = Site(tenured(clock=NOON), folder)
    other.ok()
    assert content(other.server, "on") == content(one, "on") and decided(other.server) == decided(one)
    third = Site(tenured(clock=NOON), tmp_path)
    third.ok(text=one.ctl_ok("export-config", "--static"))
    assert [row[:4] for row in content(third.server, "on")] == [row[:4] for row in content(one, "on")]
