# SPDX-License-Identifier: BSD-2-Clause
"""Moving in from PowerDNS: the fixture record by record, and a server with its database."""
import re
import sqlite3
import subprocess

import pytest

from move import (ADDRESS, FIXTURES, Site, ask_update, differences, expected_records, fixture, migrate,
                  records_of, serves, take, transfer)
from peers import found
from tenure import PATIENCE, free_port, wait_until

needs_pdns = pytest.mark.skipif(not found("pdns_server"),
                                reason="pdns-server and pdns-backend-sqlite3 are not here")
SECRETS = {"kea1": "a2VhMS1rZWExLWtlYTE=", "web": "d2ViLXdlYi13ZWItd2U="}
DHCID = "AAEBK7OYxOoDrS9qQt63LriowW12lNl7FnEmeraTXJRlGdI="


def database(path, script):
    db = sqlite3.connect(path)
    db.executescript(script)
    db.commit()
    return db


def test_the_fixture_is_taken_record_by_record(tmp_path, tenured):
    root, expected = fixture("pdns", tmp_path)
    path = tmp_path / "db/pdns.sqlite3"
    path.parent.mkdir()
    database(path, (root / "pdns.sql").read_text()).close()
    before = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in path.parent.iterdir()}
    answer = migrate("pdns", path, "--out", tmp_path / "out")
    assert answer.code == 1, answer.err
    assert {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in path.parent.iterdir()} == before
    site = Site(tmp_path / "out")
    assert set(site.zones) == set(expected["zones"])
    for name, zone in expected["zones"].items():
        assert site.records(name) == expected_records(zone), name
        if "rules" in zone:
            assert [r.replace(" under @", "") for r in site.rules(name)] == zone["rules"], name
            assert site.zones[name]["settings"] == zone["settings"], name
    # Addresses bound it, which a nonsecure zone cannot do: the note in the fixture says so, too.
    assert site.zones["open.example"]["settings"] == {
        "update": "secure", "policy": "closed", "transfer": "198.51.100.8/32"}
    assert "allow anonymous claim,join,write under @ from 192.0.2.0/24,127.0.0.1/32" in site.rules(
        "open.example")
    note, = expected["zones"]["dyn.example"]["notes"]
    assert site.zones["dyn.example"]["notes"] == [
        {"name": "mail", "type": "A", "text": f"{note['text']} ({note['by']}, {note['at']})"},
        {"name": "@", "text": "account webteam"}]
    wanted = [(k["name"], k["algorithm"]) for k in expected["keys"] if "needs" not in k]
    assert sorted((k["name"], k["algorithm"]) for k in site.yaml["keys"]) == sorted(wanted)
    assert {(line.get("where"), line["statement"]) for line in site.lines("lost")} == {
        (None, "key old-md5"), ("zone dyn.example", "www.dyn.example A 192.0.2.81"),
        ("zone dyn.example", "cdn.dyn.example ALIAS www.example.net"),
        ("zone dyn.example", "geo.dyn.example LUA A \"pickrandom({'192.0.2.1','192.0.2.2'})\""),
        ("zone dyn.example", "SOA-EDIT-DNSUPDATE INCREASE"),
        ("zone open.example", "ALLOW-AXFR-FROM AUTO-NS"),
        ("zone signed.example", "1 key in cryptokeys"),
        ("zone second.example", "zone second.example")}
    disabled, = [line for line in site.lines("lost") if "192.0.2.81" in line["statement"]]
    assert disabled["line"] == 13 and disabled["file"] == str(path)
    assert "account webteam" in {line["statement"] for line in site.lines("changed")}
    take(tenured(), site)


def test_a_key_of_md5_is_taken_when_it_is_said(tmp_path, tenured):
    path = tmp_path / "pdns.sqlite3"
    database(path, (FIXTURES / "pdns/pdns.sql").read_text()).close()
    migrate("pdns", path, "--out", tmp_path / "out", "--allow-md5")
    site = Site(tmp_path / "out")
    assert [k for k in site.yaml["keys"] if k.get("allow-md5")][0]["name"] == "old-md5"
    take(tenured(config="allow-md5: yes\n"), site)


def test_what_is_in_the_log_of_a_database_is_taken(tmp_path):
    """WAL mode: what was committed last is not in the file yet, and nothing is made beside it."""
    path = tmp_path / "db/pdns.sqlite3"
    path.parent.mkdir()
    db = database(path, (FIXTURES / "pdns/pdns.sql").read_text())
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("INSERT INTO records VALUES(90,1,'late.dyn.example','A','192.0.2.99',60,0,0,NULL,1)")
    db.commit()
    assert (path.parent / "pdns.sqlite3-wal").stat().st_size > 0
    before = {p.name: p.stat().st_mtime_ns for p in path.parent.iterdir()}
    migrate("pdns", path, "--out", tmp_path / "out")
    assert ("late", 60, "A", "192.0.2.99", "static", "local:migrate") in Site(tmp_path / "out").records(
        "dyn.example")
    assert {p.name: p.stat().st_mtime_ns for p in path.parent.iterdir()} == before
    db.close()


def test_what_is_no_database_is_refused(tmp_path):
    (tmp_path / "x.sql").write_text("CREATE TABLE domains (id);\n")
    answer = migrate("pdns", tmp_path / "x.sql", "--plan")
    assert answer.code == 1 and "no database of SQLite" in answer.err
    database(tmp_path / "other.sqlite3", "CREATE TABLE x (y);").close()
    answer = migrate("pdns", tmp_path / "other.sqlite3", "--plan")
    assert answer.code == 1 and "no such table" in answer.err
    assert migrate("pdns", tmp_path / "none", "--plan").code == 1


def test_a_script_that_decided_is_wider_without(tmp_path):
    path = tmp_path / "pdns.sqlite3"
    database(path, (FIXTURES / "pdns/pdns.sql").read_text()).close()
    (tmp_path / "pdns.conf").write_text("dnsupdate=yes\nlua-dnsupdate-policy-script=/etc/x.lua\n")
    words = ["pdns", path, "--config", tmp_path / "pdns.conf", "--out"]
    migrate(*words, tmp_path / "narrow")
    assert Site(tmp_path / "narrow").rules("dyn.example") == [
        "deny authenticated write", "allow key:xfer-ns2 transfer"]
    migrate(*words, tmp_path / "wide", "--accept-wider")
    site = Site(tmp_path / "wide")
    assert "allow key:kea1 claim,join,write under @ from 192.0.2.0/24,127.0.0.0/8" in site.rules(
        "dyn.example")
    assert [line["why"] for line in site.lines("changed") if line["statement"].startswith(
        "allow key:kea1")][0].endswith("lua-dnsupdate-policy-script decides there, too")


# --- a server

class Pdns:
    """PowerDNS with a database of SQLite."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        self.path = folder / "pdns.sqlite3"
        schema = "".join(re.findall(r"^CREATE .*?;\n", (FIXTURES / "pdns/pdns.sql").read_text(),
                                    re.MULTILINE | re.DOTALL))
        db = database(self.path, schema)
        for name, secret in SECRETS.items():
            db.execute("INSERT INTO tsigkeys (name,algorithm,secret) VALUES (?,'hmac-sha256',?)",
                       (name, secret))
        for n, apex in enumerate(("dyn.example", "2.0.192.in-addr.arpa", "open.example"), 1):
            db.execute("INSERT INTO domains (id,name,type) VALUES (?,?,'NATIVE')", (n, apex))
            for name, rdtype, content, prio in (
                    (apex, "SOA", f"ns1.{apex} host.{apex} 10 3600 900 604800 300", 0),
                    (apex, "NS", f"ns1.{apex}", 0), (f"ns1.{apex}", "A", "192.0.2.53", 0),
                    (apex, "MX", f"mail.{apex}", 10), (f"mail.{apex}", "A", "192.0.2.25", 0),
                    (f"www.{apex}", "A", "192.0.2.80", 0), (f"txt.{apex}", "TXT", '"a b" "c"', 0)):
                db.execute("INSERT INTO records (domain_id,name,type,content,ttl,prio,auth) "
                           "VALUES (?,?,?,?,3600,?,1)", (n, name, rdtype, content, prio))
        for domain, kind, content in (
                (1, "TSIG-ALLOW-DNSUPDATE", "kea1"), (1, "TSIG-ALLOW-DNSUPDATE", "web"),
                (1, "ALLOW-DNSUPDATE-FROM", "127.0.0.1"), (1, "ALLOW-DNSUPDATE-FROM", "127.0.0.4"),
                (2, "TSIG-ALLOW-DNSUPDATE", "kea1"), (2, "ALLOW-DNSUPDATE-FROM", "0.0.0.0/0"),
                (3, "ALLOW-DNSUPDATE-FROM", "127.0.0.3/32")):
            db.execute("INSERT INTO domainmetadata (domain_id,kind,content) VALUES (?,?,?)",
                       (domain, kind, content))
        db.commit()
        db.close()
        self.conf = folder / "pdns.conf"
        self.conf.write_text(
            f"launch=gsqlite3\ngsqlite3-database={self.path}\ngsqlite3-dnssec=yes\n"
            "local-address=127.0.0.1\n"
            f"local-port={self.port}\nsocket-dir={folder}\ndaemon=no\nguardian=no\n"
            "dnsupdate=yes\nallow-axfr-ips=127.0.0.0/8\nsecurity-poll-suffix=\n"
            "allow-dnsupdate-from=127.0.0.9\n")
        with open(folder / "out", "wb") as out:
            self.process = subprocess.Popen([found("pdns_server"), f"--config-dir={folder}"],
                                            stdout=out, stderr=out)
        wait_until(lambda: serves(self.port, "dyn.example"), "pdns_server")

    def update(self, zone, key=None, source=ADDRESS, **changes):
        return ask_update(self, zone, SECRETS, key, source, **changes)

    def close(self):
        self.process.kill()
        self.process.wait(PATIENCE)


@pytest.fixture
def pdns(tmp_path):
    folder = tmp_path / "pdns"
    folder.mkdir()
    server = Pdns(folder)
    yield server
    server.close()


@needs_pdns
def test_a_server_that_runs(pdns, tmp_path, tenured):
    for n in range(5):
        assert pdns.update("dyn.example", "kea1", add=[
            (f"pc{n}", 3600, "A", f"192.0.2.{100 + n}"), (f"pc{n}", 3600, "DHCID", DHCID)]) == "NOERROR"
        assert pdns.update("2.0.192.in-addr.arpa", "kea1", add=[
            (str(100 + n), 3600, "PTR", f"pc{n}.dyn.example.")]) == "NOERROR"
    assert pdns.update("dyn.example", "web", add=[("new", 60, "A", "192.0.2.9")]) == "NOERROR"
    zones = ["dyn.example", "2.0.192.in-addr.arpa", "open.example"]
    answer = migrate("pdns", pdns.path, "--config", pdns.conf, "--out", tmp_path / "out")
    assert answer.code == 0, answer.out + answer.err
    site = Site(tmp_path / "out")
    server = tenured()
    take(server, site)
    for zone in zones:
        assert records_of(transfer(server, zone)) == records_of(transfer(pdns, zone)), zone
    records = {(r[0], r[2]): r[4:] for r in site.records("dyn.example")}
    # Both keys may write the zone, and one of them the PTR as well: a DHCP server does.
    assert records["pc3", "A"] == records["pc3", "DHCID"] == ("dynamic", "key:kea1")
    assert records["new", "A"] == ("pinned", "anonymous")
    assert records["www", "A"] == ("static", "local:migrate")


@needs_pdns
def test_rules_decide_as_the_metadata_did(pdns, tmp_path, tenured):
    migrate("pdns", pdns.path, "--config", pdns.conf, "--out", tmp_path / "out")
    server = tenured()
    take(server, Site(tmp_path / "out"))
    keys, sources = ["kea1", "web", None], [ADDRESS, "127.0.0.3", "127.0.0.4"]
    for zone in ("dyn.example", "2.0.192.in-addr.arpa", "open.example"):
        wrong = differences(pdns, server, zone, SECRETS, keys, ["www", "x", "_a._tcp.y"],
                            {"A": "192.0.2.77", "TXT": '"t"'}, sources)
        assert wrong == [], zone
