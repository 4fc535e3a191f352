# SPDX-License-Identifier: BSD-2-Clause
"""Moving in from BIND: fixtures record by record, and a server whose journals are not merged."""
import itertools
import os
import re
import shutil
import stat
import subprocess

import dns.message
import dns.query
import dns.rcode
import dns.tsigkeyring
import pytest

from move import (ADDRESS, Site, ask_update, differences, expected_records, fixture, migrate, records_of,
                  serves, take, transfer)
from peers import found
from tenure import PATIENCE, free_port, wait_until

needs_bind = pytest.mark.skipif(not found("named-compilezone") or not found("named-checkconf"),
                                reason="bind9-utils is not here")
needs_named = pytest.mark.skipif(not found("named"), reason="bind9 is not here")

SECRETS = {"kea1": "a2VhMS1rZWExLWtlYTE=", "web": "d2ViLXdlYi13ZWItd2U=",
           "pc9.dyn.example": "cGM5LXBjOS1wYzktcGM=", "boss": "Ym9zcy1ib3NzLWJvc3M="}

DHCID = "AAEBK7OYxOoDrS9qQt63LriowW12lNl7FnEmeraTXJRlGdI="


def without_place(rules):
    """The fixture's rules are of before `under @` was decided."""
    return [rule.replace(" under @", "") for rule in rules]


# --- the fixture

@needs_bind
def test_the_fixture_is_taken_record_by_record(tmp_path, tenured):
    root, expected = fixture("bind", tmp_path)
    before = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in root.rglob("*") if p.is_file()}
    answer = migrate("bind", root / "etc/named.conf", "--out", tmp_path / "out")
    assert answer.code == 1, answer.err
    site = Site(tmp_path / "out")
    assert {p: (p.read_bytes(), p.stat().st_mtime_ns)
            for p in root.rglob("*") if p.is_file()} == before
    assert list(site.zones) == list(site.zones) and set(site.zones) == set(expected["zones"])
    for name, zone in expected["zones"].items():
        assert site.records(name) == expected_records(zone), name
        settings = {k: {True: "on", False: "off"}.get(v, v) if isinstance(v, bool) else v
                    for k, v in site.zones[name]["settings"].items()}
        assert settings == zone["settings"], name
    wanted = [(k["name"], k["algorithm"]) for k in expected["keys"] if "needs" not in k]
    assert sorted((k["name"], k["algorithm"]) for k in site.yaml["keys"]) == sorted(wanted)
    take(tenured(), site)


@needs_bind
def test_the_fixture_s_rules(tmp_path):
    root, expected = fixture("bind", tmp_path)
    migrate("bind", root / "etc/named.conf", "--out", tmp_path / "out")
    site = Site(tmp_path / "out")
    for name, zone in expected["zones"].items():
        if name != "in-view.example":
            assert without_place(site.rules(name)) == zone["rules"], name
    # allow-query bounds updates, so the key has `from` here; exceptions that never match are kept.
    bound = " from 192.0.2.0/24,2001:db8::/32"
    mine = without_place(site.rules("in-view.example"))
    theirs = expected["zones"]["in-view.example"]["rules"]
    assert f"allow key:admin-key claim,join,write{bound}" in mine
    assert set(theirs) - set(mine) == {"allow key:admin-key claim,join,write"}
    assert set(mine) - set(theirs) == {
        f"allow key:admin-key claim,join,write{bound}", "deny anonymous write",
        "deny authenticated query from 192.0.2.66/32", "deny anonymous query from 192.0.2.66/32"}


@needs_bind
def test_the_fixture_s_report_names_all_that_was_lost(tmp_path):
    root, expected = fixture("bind", tmp_path)
    migrate("bind", root / "etc/named.conf", "--out", tmp_path / "out")
    site = Site(tmp_path / "out")
    lost = {(line.get("where"), line["statement"]) for line in site.lines("lost")}
    assert lost == {
        (None, "key old-md5"), ("zone in-view.example", "key old-md5"),
        ("options", "minimal-responses no"), ("options", "max-journal-size 1m"),
        (None, "controls { }"),
        (None, "logging { channel c { stderr; severity info; }; category update { c; }; }"),
        (None, "statistics-channels { inet 127.0.0.1 port 18053 allow { 127.0.0.1; }; }"),
        ("zone dyn.example", 'grant "local:/run/ddns-policy.sock" external * ANY'),
        ("zone signed.example", "dnssec-policy default"),
        ("zone signed.example", "inline-signing yes"),
        ("zone sec.example", "zone sec.example"), ("zone fwd.example", "zone fwd.example"),
        ("zone stubby.example", "zone stubby.example"),
        ("zone redirected.example", "zone redirected.example")}
    text = (root / "etc/zones.conf").read_text().splitlines()
    for line in site.lines("lost", "changed"):
        if line.get("file", "").endswith("zones.conf") and not line["statement"].startswith("TXT"):
            word = re.split(r'[ "]+', line["statement"])[1 if line["statement"][0] == '"' else 0]
            assert word.lstrip("!") in text[line["line"] - 1] + " zone", line
    changed = " ".join(line["statement"] + ": " + line["why"] for line in site.lines("changed"))
    for word in ("tcp-self", "allow-query also bounds updates", "view internal", "TXT(2)",
                 "update-policy local", "!192.0.2.66", "!192.0.2.9"):
        assert word in changed, word
    assert site.sum["lost"] == len(site.lines("lost"))


@needs_bind
def test_what_is_written_is_for_its_user_alone(tmp_path):
    root, _ = fixture("bind", tmp_path)
    out = tmp_path / "out"
    migrate("bind", root / "etc/named.conf", "--out", out)
    assert stat.S_IMODE((out / "keys").stat().st_mode) == 0o700
    assert {stat.S_IMODE(p.stat().st_mode) for p in (out / "keys").iterdir()} == {0o600}
    secret = "Zml4dHVyZS1vbmx5"
    assert secret in (out / "keys/kea1.key").read_text()
    for path in out.rglob("*"):
        assert path.is_dir() or path.parent.name == "keys" or secret not in path.read_text(), path


def test_words_that_are_wrong(tmp_path):
    for words, said in (((), "usage"), (("bnd", "x", "--plan"), "did you mean 'bind'"),
                        (("bind", "x"), "--out DIR"), (("bind", "--plan"), "NAMED.CONF"),
                        (("bind", "x", "--plan", "--out", "y"), "--plan writes nothing"),
                        (("bind", "x", "--plan", "--ptr-owner", "me"), "forward")):
        answer = migrate(*words)
        assert (answer.code, said in answer.err) == (2, True), (words, answer.err)
    answer = migrate("bind", tmp_path / "none", "--plan")
    assert answer.code == 1 and "No such file" in answer.err
    (tmp_path / "full").mkdir()
    (tmp_path / "full/x").write_text("")
    (tmp_path / "named.conf").write_text("")
    answer = migrate("bind", tmp_path / "named.conf", "--out", tmp_path / "full", "--no-tools")
    assert answer.code == 1 and "not empty" in answer.err
    assert [p.name for p in (tmp_path / "full").iterdir()] == ["x"]


@needs_bind
def test_the_plan_writes_nothing(tmp_path):
    root, _ = fixture("bind", tmp_path)
    before = sorted(tmp_path.rglob("*"))
    answer = migrate("bind", root / "etc/named.conf", "--plan")
    assert answer.code == 1 and "LOST\n" in answer.out and "CHANGED ON THE WAY\n" in answer.out
    rows = migrate("bind", root / "etc/named.conf", "--plan", "--json").rows()
    assert sorted(tmp_path.rglob("*")) == before
    migrate("bind", root / "etc/named.conf", "--out", tmp_path / "out")
    site = Site(tmp_path / "out")
    assert rows[1:] == [*site.report, site.sum]
    text = (tmp_path / "out/report.txt").read_text()
    assert [line for line in answer.out.splitlines() if line.strip()] == [
        line for line in text.splitlines() if line.strip()]


@needs_bind
def test_a_ptr_gets_the_owner_of_its_address_when_it_is_said(tmp_path):
    """Two DHCP servers, one for each direction."""
    keys = "".join(f'key {name} {{ algorithm hmac-sha256; secret "MDEyMw=="; }};\n'
                   for name in ("fwd", "rev"))
    (tmp_path / "named.conf").write_text(
        f'options {{ directory "{tmp_path}"; allow-transfer {{ none; }}; }};\n{keys}'
        'zone "z.example" { type primary; file "z"; allow-update { key fwd; }; };\n'
        'zone "2.0.192.in-addr.arpa" { type primary; file "r"; allow-update { key rev; }; };\n')
    (tmp_path / "z").write_text(ZONE + f"pc A 192.0.2.7\npc DHCID {DHCID}\n")
    (tmp_path / "r").write_text("$TTL 60\n@ SOA ns1.z.example. h.z.example. 1 2 3 4 5\n"
                                "@ NS ns1.z.example.\n7 PTR pc.z.example.\n8 PTR pc.z.example.\n")
    for words, owner in (([], "key:rev"), (["--ptr-owner", "forward"], "key:fwd")):
        out = tmp_path / f"out{len(words)}"
        migrate("bind", tmp_path / "named.conf", "--out", out, *words)
        records = {r[0]: r[4:] for r in Site(out).records("2.0.192.in-addr.arpa") if r[2] == "PTR"}
        assert records == {"7": ("dynamic", owner), "8": ("dynamic", "key:rev")}


# --- without BIND's own programs

SMALL = ('zone "z.example" { type primary; file "z.zone"; %s };\n')
ZONE = "$TTL 60\n@ SOA ns1 host 10 2 3 4 5\n@ NS ns1\nns1 A 192.0.2.53\n"


def small(folder, statements="", zone=ZONE, rest=""):
    (folder / "named.conf").write_text(f'options {{ directory "{folder}"; allow-transfer {{ none; }}; }};\n'
                                       + SMALL % statements + rest)
    (folder / "z.zone").write_text(zone)
    return folder / "named.conf"


def plan(*words):
    answer = migrate(*words, "--plan", "--json")
    assert answer.code in (0, 1), answer.err
    rows = answer.rows()
    return answer.code, [row for row in rows if row.get("list") == "lost"], rows[-1]


def test_without_tools_a_plain_zone_is_taken_whole(tmp_path):
    code, lost, total = plan("bind", small(tmp_path), "--no-tools")
    assert (code, lost, total["records"]) == (0, [], 3)


@pytest.mark.parametrize("change, said", [
    ({"statements": "masterfile-format raw;"}, "raw format"),
    ({"zone": ZONE + "$GENERATE 1-4 p-$ A 192.0.2.2$\n"}, "$GENERATE"),
    ({"zone": ZONE + "$INCLUDE other\n"}, "$INCLUDE"),
    ({"zone": ZONE + "x.other. A 192.0.2.1\n"}, "outside of the zone"),
    ({"rest": 'include "/nonexistent/keys.conf";\n'}, "not followed"),
    ({"rest": 'zone "y" { type primary; file "none"; };\n'}, "No such file"),
])
def test_without_tools_what_cannot_be_read_is_named(tmp_path, change, said):
    code, lost, _ = plan("bind", small(tmp_path, **change), "--no-tools")
    assert code == 1 and any(said in line["why"] + line["statement"] for line in lost), lost


def test_without_tools_a_journal_that_is_not_merged_loses_the_zone(tmp_path):
    conf = small(tmp_path)
    root, _ = fixture("bind", tmp_path)
    shutil.copy(root / "zones/dyn.example.zone.jnl", tmp_path / "z.zone.jnl")
    code, lost, total = plan("bind", conf, "--no-tools")
    assert code == 1 and total["zones"] == 0
    assert "its journal holds updates" in lost[0]["why"] and "rndc sync" in lost[0]["do"]
    # One that was merged holds nothing more.
    (tmp_path / "z.zone").write_text(ZONE.replace(" 10 ", " 14 "))
    code, lost, total = plan("bind", conf, "--no-tools")
    assert (code, total["records"]) == (0, 3)


@needs_bind
def test_a_journal_that_does_not_fit_loses_the_zone(tmp_path):
    conf = small(tmp_path)
    root, _ = fixture("bind", tmp_path)
    (tmp_path / "z.zone").write_text(ZONE.replace(" 10 ", " 7 "))
    shutil.copy(root / "zones/dyn.example.zone.jnl", tmp_path / "z.zone.jnl")
    code, lost, total = plan("bind", conf)
    assert code == 1 and total["zones"] == 0 and "journal" in lost[0]["why"], lost
    assert "rndc" in lost[0]["do"]


@needs_bind
def test_a_configuration_that_named_refuses_is_refused(tmp_path):
    answer = migrate("bind", small(tmp_path, "nonsense;"), "--plan")
    assert answer.code == 1 and "named-checkconf" in answer.err and "nonsense" in answer.err


@needs_bind
def test_odd_names(tmp_path, tenured):
    """Names with a slash, of RFC 2317, and bytes that only escapes write."""
    (tmp_path / "named.conf").write_text(
        f'options {{ directory "{tmp_path}"; allow-transfer {{ none; }}; }};\n'
        'key "a\\\\032b" { algorithm hmac-sha256; secret "MDEyMw=="; };\n'
        'zone "0/25.2.0.192.in-addr.arpa" { type primary; file "z"; };\n'
        'zone "x\\\\059y.example" { type primary; file "y"; update-policy '
        '{ grant "a\\\\032b" name "w\\\\035.x\\\\059y.example." A; }; };\n')
    for name in ("z", "y"):
        (tmp_path / name).write_text(ZONE + r"we\032ird A 192.0.2.1" + "\n" + r"\000 TXT \"" + "\n")
    answer = migrate("bind", tmp_path / "named.conf", "--out", tmp_path / "out")
    assert answer.code == 0, answer.err
    site = Site(tmp_path / "out")
    assert len(site.zones) == 2 and not site.lines("lost")
    assert sorted(p.name for p in (tmp_path / "out/data").iterdir()) == [
        "0%2F25.2.0.192.in-addr.arpa.zone", "x%5C%3By.example.zone"]
    take(tenured(), site)


# --- a server

CONF = """
options {
	directory "%(folder)s"; pid-file none; session-keyfile "%(folder)s/session.key";
	managed-keys-directory "%(folder)s";
	listen-on port %(port)d { 127.0.0.1; }; listen-on-v6 { none; }; recursion no;
	allow-transfer { 127.0.0.1; }; notify no; dnssec-validation no;
	max-journal-size 10m; check-names primary ignore;
};
controls { };
%(keys)s
zone "dyn.example" { type primary; file "dyn.zone"; update-policy {
	grant kea1 zonesub A AAAA DHCID;
	grant web name www.dyn.example. A;
	grant web subdomain apps.dyn.example. ANY;
	deny * name gw.dyn.example. ANY;
	grant web wildcard *.lab.dyn.example. TXT;
	grant web name lab.dyn.example. A;
	grant *.dyn.example self . A AAAA;
	grant *.dyn.example selfsub . TXT;
}; };
zone "2.0.192.in-addr.arpa" { type primary; file "rev.zone"; allow-update { key kea1; 127.0.0.3; }; };
zone "acme.example" { type primary; file "acme.zone"; update-policy { grant web zonesub TXT; }; };
"""


VIEW = """
options {
	directory "%(folder)s"; pid-file none; session-keyfile "%(folder)s/session.key";
	managed-keys-directory "%(folder)s"; check-names primary ignore;
	listen-on port %(port)d { 127.0.0.1; }; listen-on-v6 { none; }; recursion no; notify no;
};
%(keys)s
acl near { !127.0.0.8; 127.0.0.0/29; 127.0.0.8; };
view "inside" {
	match-clients { !127.0.0.2; near; key boss; };
	zone "dyn.example" { type primary; file "dyn.zone"; allow-transfer { 127.0.0.3; key web; };
		allow-query { 127.0.0.0/30; key kea1; };
		update-policy { grant kea1 zonesub A; grant boss zonesub A TXT; }; };
};
view "outside" {
	zone "2.0.192.in-addr.arpa" { type primary; file "rev.zone"; };
};
"""


class Named:
    """BIND with dynamic zones, for SIGKILL."""

    def __init__(self, folder, conf=CONF):
        self.folder, self.port = folder, free_port()
        keys = "\n".join(f'key "{name}" {{ algorithm hmac-sha256; secret "{secret}"; }};'
                         for name, secret in SECRETS.items())
        for file, apex in (("dyn", "dyn.example"), ("rev", "2.0.192.in-addr.arpa"),
                           ("acme", "acme.example")):
            (folder / f"{file}.zone").write_text(
                f"$TTL 3600\n@ SOA ns1.{apex}. host.{apex}. 10 3600 900 604800 300\n@ NS ns1\n"
                "ns1 A 192.0.2.53\n@ MX 10 mail\nmail A 192.0.2.25\nwww 300 A 192.0.2.80\n"
                "gw A 192.0.2.1\n$GENERATE 1-3 port-$ A 192.0.2.20$\nsub NS ns.sub\n"
                "ns.sub A 192.0.2.200\n")
        self.conf = folder / "named.conf"
        self.conf.write_text(conf % {"folder": folder, "port": self.port, "keys": keys})
        with open(folder / "out", "wb") as out:
            self.process = subprocess.Popen([found("named"), "-g", "-n", "1", "-c", self.conf],
                                            stdout=out, stderr=out)
        wait_until(lambda: serves(self.port, "dyn.example") or
                   serves(self.port, "2.0.192.in-addr.arpa"), "named")

    def update(self, zone, key=None, source=ADDRESS, **changes):
        return ask_update(self, zone, SECRETS, key, source, **changes)

    def kill(self):
        self.process.kill()
        self.process.wait(PATIENCE)


@pytest.fixture
def named(tmp_path):
    folder = tmp_path / "bind"
    folder.mkdir()
    server = Named(folder)
    yield server
    server.kill()


@needs_bind
@needs_named
def test_a_server_with_journals_that_are_not_merged(named, tmp_path, tenured):
    for n in range(20):
        assert named.update("dyn.example", "kea1", add=[
            (f"pc{n}", 3600, "A", f"192.0.2.{100 + n}"), (f"pc{n}", 3600, "DHCID", DHCID)]) == "NOERROR"
        assert named.update("2.0.192.in-addr.arpa", "kea1", add=[
            (str(100 + n), 3600, "PTR", f"pc{n}.dyn.example.")]) == "NOERROR"
    assert named.update("dyn.example", "web", delete=[("www", "A")],
                        add=[("www", 300, "A", "192.0.2.81")]) == "NOERROR"
    assert named.update("dyn.example", "web", add=[("new.apps", 60, "CNAME", "www")]) == "NOERROR"
    assert named.update("2.0.192.in-addr.arpa", source="127.0.0.3", add=[
        ("9", 60, "PTR", "x.example.")]) == "NOERROR"
    zones = ["dyn.example", "2.0.192.in-addr.arpa", "acme.example"]
    there = {zone: records_of(transfer(named, zone)) for zone in zones}
    serials = {zone: transfer(named, zone).get_soa().serial for zone in zones}
    named.kill()
    assert "pc19" not in (named.folder / "dyn.zone").read_text()
    answer = migrate("bind", named.conf, "--out", tmp_path / "out")
    assert answer.code == 1, answer.err
    site = Site(tmp_path / "out")
    assert {line["statement"] for line in site.lines("lost")} == {
        "max-journal-size 10m", "controls { }", "check-names primary ignore"}
    server = tenured()
    take(server, site)
    for zone in zones:
        copy = transfer(server, zone)
        assert records_of(copy) == there[zone], zone
        assert copy.get_soa().serial >= serials[zone]
    records = {(r[0], r[2]): r[4:] for r in site.records("dyn.example")}
    assert records["pc7", "A"] == records["pc7", "DHCID"] == ("dynamic", "key:kea1")
    assert records["www", "A"] == records["new.apps", "CNAME"] == ("pinned", "key:web")
    assert records["ns1", "A"] == records["@", "SOA"] == ("static", "local:migrate")
    back = {(r[0], r[2]): r[4:] for r in site.records("2.0.192.in-addr.arpa")}
    assert back["107", "PTR"] == ("dynamic", "key:kea1")
    assert back["9", "PTR"] == ("pinned", "anonymous")


@needs_bind
@needs_named
def test_rules_decide_as_the_grants_did(named, tmp_path, tenured):
    """Each key, and none, at each kind of name with each type: the same answer from both."""
    migrate("bind", named.conf, "--out", tmp_path / "out")
    server = tenured()
    take(server, Site(tmp_path / "out"))
    data = {"A": "192.0.2.77", "TXT": '"t"', "MX": "10 mail.dyn.example."}
    names = ["www", "other", "x.apps", "apps", "gw", "lab", "y.lab", "pc9", "sub.pc9", "_a._tcp.pc9",
             "mail", "ns1", "pc1"]
    wrong = differences(named, server, "dyn.example", SECRETS, [*SECRETS, None], names, data)
    # A name server's own name needs a rule that names it here, which the report says.
    assert [case for case in wrong if case[1] != "ns1"] == []
    for key, source in itertools.product([*SECRETS, None], [ADDRESS, "127.0.0.3"]):
        words = {"add": [("55", 60, "PTR", "x.example.")]}
        theirs, ours = (ask_update(one, "2.0.192.in-addr.arpa", SECRETS, key, source, **words)
                        for one in (named, server))
        assert theirs == ours, (key, source)
    # certbot's way: a grant of the whole zone reaches names that speak for hosts.
    assert ask_update(server, "acme.example", SECRETS, "web", add=[
        ("_acme-challenge.www", 60, "TXT", '"token"')]) == "NOERROR"
    assert ask_update(server, "acme.example", SECRETS, "web", add=[("www", 60, "A", "192.0.2.9")]) == "REFUSED"


@needs_bind
def test_a_disk_that_is_full_leaves_nothing(tmp_path):
    """What was begun is removed, and the folder is not there."""
    root, _ = fixture("bind", tmp_path)
    out = tmp_path / "there"
    out.mkdir()
    script = 'ulimit -f 1; exec "$@"'
    done = subprocess.run(["bash", "-c", script, "bash", os.path.join(os.environ["TENURE_BUILD"], "tenure-migrate"),
                           "bind", root / "etc/named.conf", "--out", out / "site"],
                          capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert done.returncode != 0
    assert list(out.iterdir()) == [], done.stderr


@needs_bind
@needs_named
def test_a_view_is_taken_for_those_who_saw_it(tmp_path, tenured):
    """Queries, transfers and updates of each key, and of none, from inside and outside of the view."""
    folder = tmp_path / "bind"
    folder.mkdir()
    named = Named(folder, VIEW)
    try:
        answer = migrate("bind", named.conf, "--out", tmp_path / "out")
        assert answer.code == 1 and "--view NAME" in answer.err
        migrate("bind", named.conf, "--view", "inside", "--out", tmp_path / "out")
        site = Site(tmp_path / "out")
        assert list(site.zones) == ["dyn.example"]
        lost = {line["statement"] for line in site.lines("lost")}
        assert {"view outside", "zone 2.0.192.in-addr.arpa"} <= lost
        server = tenured()
        take(server, site)
        wrong, taken = [], 0
        cases = itertools.product([*SECRETS, None], [f"127.0.0.{n}" for n in (1, 2, 3, 4, 8, 9)])
        for n, (key, source) in enumerate(cases):
            said = [(ask_query(one, key, source), ask_transfer(one, key, source),
                     ask_update(one, "dyn.example", SECRETS, key, source,
                                add=[(f"new{n}", 60, "A", "192.0.2.7")])) for one in (named, server)]
            taken += said[0].count("NOERROR")
            if said[0] != said[1]:
                wrong.append((key, source, *said))
        assert wrong == [] and taken > 10, "\n".join(map(str, wrong + site.rules("dyn.example")))
    finally:
        named.kill()


def signed(message, key):
    if key:
        message.use_tsig(dns.tsigkeyring.from_text({key: SECRETS[key]}), algorithm="hmac-sha256")
    return message


def ask_query(server, key, source):
    message = signed(dns.message.make_query("www.dyn.example", "A"), key)
    return dns.rcode.to_text(dns.query.tcp(message, ADDRESS, PATIENCE, server.port,
                                           source=source).rcode())


def ask_transfer(server, key, source):
    """The rcode of an AXFR, which fits one message."""
    message = signed(dns.message.make_query("dyn.example", "AXFR"), key)
    rcode = dns.query.tcp(message, ADDRESS, PATIENCE, server.port, source=source,
                          one_rr_per_rrset=True).rcode()
    return dns.rcode.to_text(rcode).replace("NOTAUTH", "REFUSED")


# --- the report

def test_whole_zones_are_lost_first_and_each_line_says_what_to_do(tmp_path):
    rest = ('zone "gone.example" { type primary; file "gone"; check-names ignore; odd-word 7; };\n'
            'zone "sec.example" { type secondary; primaries { 192.0.2.9; }; };\n')
    conf = small(tmp_path, "check-names ignore; another-word 8;", rest=rest)
    (tmp_path / "gone").write_text(ZONE + "$INCLUDE other\n")
    text = migrate("bind", conf, "--plan", "--no-tools").out
    assert text.splitlines()[1].startswith("1 of 3 zones, 3 records"), text
    assert "apply it again: that undoes" in text
    _, lost, total = plan("bind", conf, "--no-tools")
    said = [(line.get("where"), line["statement"]) for line in lost]
    assert said[:2] == [("zone gone.example", "the content of the zone"), ("zone sec.example", "zone sec.example")]
    assert ("zone gone.example", "odd-word 7") in said and ("zone z.example", "another-word 8") in said
    assert "install bind9-utils (named-compilezone)" in lost[0]["do"]
    assert all(line.get("do") for line in lost) and total["lost"] == len(lost)
