# SPDX-License-Identifier: BSD-2-Clause
"""Moving in from Active Directory by LDIF: tests/migration/samba is a domain of Samba 4.17, searched
by ldbsearch on its controller (SDDL) and by ldapsearch (binary descriptors). expected.json was made of
both by another decoder."""
import base64
import json
import pathlib
import re
import shlex

import pytest

from migration import data_of, migrate, take
from tenure import program, run

FIXTURE = pathlib.Path(__file__).resolve().parents[1] / "migration" / "samba"
EXPECTED = json.loads((FIXTURE / "expected.json").read_text())
PARTS = ["domain", "forest", "accounts", "deleted"]
FORMS = {"ldbsearch": [FIXTURE / f"{part}.ldif" for part in PARTS],
         "ldapsearch": [FIXTURE / f"{part}-ldap.ldif" for part in PARTS]}
WEB3 = "gss:web3$@CORP.EXAMPLE"


def expected_owner(record, static_owner=None):
    """As migration says: what has a stamp is its account's; what has none is the administrator's, but
    for a name that was made for one account."""
    if record["stamp"]:
        return record["owner-principal"]
    if record["writers"]:
        return WEB3
    if static_owner and record["owner-account"] not in ("Administrator", None):
        return static_owner
    return "local:migrate"


def expected_zones(static_owner=None):
    zones = {zone: {} for zone in EXPECTED["zones"]}
    for record in EXPECTED["records"]:
        key = (record["name"].lower(), record["type"], data_of(record["type"], record["data"]))
        zones[record["zone"]][key] = (record["ttl"], expected_owner(record, static_owner),
                                      record["stamp"], record["class"])
    return zones


def found_zones(site):
    """Without the stamps of static records, which say when they came here."""
    return {zone: {key: (r.ttl, r.owner, r.stamp if r.kind == "dynamic" else None, r.kind)
                   for key, r in records.items()} for zone, records in site.zones.items()}


@pytest.mark.parametrize("form", FORMS)
def test_each_record_stamp_and_owner_is_as_the_directory_has_it(form, tmp_path):
    site = migrate("samba", *FORMS[form], code=0, folder=tmp_path / "site")
    found, expected = found_zones(site), expected_zones()
    assert sum(map(len, expected.values())) == 68
    for zone in expected:
        assert found[zone] == expected[zone], zone
    assert found.keys() == expected.keys()


def test_both_forms_give_the_same_site(tmp_path):
    sites = [migrate("samba", *FORMS[form], folder=tmp_path / form) for form in FORMS]
    assert found_zones(sites[0]) == found_zones(sites[1])
    assert sites[0].yaml.split("\n", 1)[1] == sites[1].yaml.split("\n", 1)[1]
    told = [[(row["list"], row["statement"], row["why"]) for row in site.report] for site in sites]
    assert told[0] == told[1]


def test_settings_are_those_of_the_zones(tmp_path):
    site = migrate("samba", *FORMS["ldbsearch"], folder=tmp_path / "site")
    modes = ["none", "nonsecure", "secure"]
    for zone, properties in EXPECTED["zones"].items():
        hours = [properties.get(name, 168) for name in ("no-refresh-hours", "refresh-hours")]
        assert site.settings(zone) == {
            "update": modes[properties.get("allow-update", 2)], "policy": "windows",
            "no-refresh": f"{hours[0] // 24}d", "refresh": f"{hours[1] // 24}d",
            "aging": "on" if properties.get("aging") else "off"}, zone


def test_the_report_says_what_is_not_the_same(tmp_path):
    site = migrate("samba", *FORMS["ldapsearch"], folder=tmp_path / "site")
    assert [(row["statement"], row["why"].split(",")[0]) for row in site.lines("changed")] == [
        ("RootDNSServers", "root hints"),
        ("web3 (owner Administrator)", f"made for {WEB3}"),
        ("temp (owner web2$)", "deleted 2026-11-30T02:00:50Z; the name is free here"),
        ("web1 (owner web1$)", "the account may change what is static at the name there"),
        ("web9 (owner web9$)", "the account was deleted: nobody renews the records"),
        ("gss:DC1$@CORP.EXAMPLE", "what it registers is static and local:migrate's here")]
    assert len(site.lines("taken")) == len(EXPECTED["zones"])


def test_a_controller_gets_its_records_by_the_commands_of_the_report(tmp_path, tenured):
    site = migrate("samba", *FORMS["ldapsearch"], code=0, folder=tmp_path / "site")
    (line,) = site.lines("changed", "gss:DC1$@CORP.EXAMPLE")
    server = tenured()
    take(server, site)
    asked = [("dc1.corp.example", "A", "192.0.2.77"), ("_ldap._tcp.corp.example", "SRV", "0 100 389 dc2.corp.example."),
             ("_ldap._tcp.dc._msdcs.corp.example", "SRV", "0 100 389 dc2.corp.example.")]
    def verdicts():
        return [server.rows("why", *words, "--as", "gss:DC1$@CORP.EXAMPLE")[0]["verdict"] for words in asked]
    assert "allowed" not in verdicts()
    commands = line["do"].removeprefix("after apply: ").split(" (see")[0].split("; ")
    assert len(commands) == 5
    for command in commands:
        program_word, *words = shlex.split(command)
        assert program_word == "tenurectl"
        # One of the two zones has no name of the controller's own.
        answer = server.ctl(*words)
        assert answer.code == 0 or words[:2] == ["owner", "transfer"] and "_msdcs" in command, (command, answer.err)
    assert verdicts() == ["allowed"] * 3


def test_controllers_are_known_by_their_group_their_account_or_an_srv(moved, tmp_path):
    def controllers(site):
        return [row["statement"] for row in site.lines("changed") if row.get("where") == "domain controller"]
    assert controllers(moved(parts=["forest"])) == ["gss:DC1$@REALM"]
    for number, has in enumerate(("primaryGroupID: 516", "userAccountControl: 532480", "primaryGroupID: 515")):
        more = tmp_path / f"more{number}.ldif"
        more.write_text("dn: CN=DC7,CN=Computers,DC=corp,DC=example\nobjectClass: computer\nobjectSid: "
                        f"S-1-5-21-1-2-3-1777\nsAMAccountName: DC7$\n{has}\n")
        site = migrate("samba", *FORMS["ldbsearch"], more, folder=tmp_path / f"dc{number}")
        assert controllers(site) == ["gss:DC1$@CORP.EXAMPLE"] + ["gss:DC7$@CORP.EXAMPLE"] * (number < 2), has


def test_static_records_can_be_the_machines(tmp_path):
    site = migrate("samba", *FORMS["ldbsearch"], "--static-owner", "node", folder=tmp_path / "site")
    assert found_zones(site) == expected_zones(static_owner="gss:web1$@CORP.EXAMPLE")
    assert not site.lines("changed", "web1 (owner")


def test_names_of_tombstones_can_be_reserved(tmp_path):
    site = migrate("samba", *FORMS["ldbsearch"], "--reserve-tombstones", folder=tmp_path / "site")
    (temp,) = EXPECTED["tombstones"]
    assert site.yaml.count("for: ") == 1
    assert re.search(r'- \{name: temp, for: "gss:web2\$@CORP.EXAMPLE"\}', site.yaml), site.yaml
    assert site.lines("changed", "temp", temp["entombed"])


def test_another_realm_can_be_said(tmp_path):
    site = migrate("samba", *FORMS["ldbsearch"], "--realm", "OTHER.EXAMPLE", folder=tmp_path / "site")
    assert site.zones["corp.example"][("web2", "A", "192.0.2.22")].owner == "gss:web2$@OTHER.EXAMPLE"


def test_a_plan_writes_nothing(tmp_path):
    before = {path: path.read_bytes() for path in FIXTURE.iterdir()}
    answer = run(program("tenure-migrate"), "samba", *FORMS["ldbsearch"], "--plan")
    assert answer.code == 0 and "web3 (owner Administrator)" in answer.out
    assert not list(tmp_path.iterdir())
    assert before == {path: path.read_bytes() for path in FIXTURE.iterdir()}


# --- what is wrong with the text

def entry(name, *lines, zone="corp.example"):
    return "\n".join([f"dn: DC={name},DC={zone},CN=MicrosoftDNS,DC=DomainDnsZones,DC=corp,DC=example",
                      "objectClass: dnsNode", f"name: {name}", *lines, "", ""])


def blob(type, data, hours=0, ttl=900, length=None):
    head = (len(data) if length is None else length).to_bytes(2, "little") + type.to_bytes(2, "little")
    return "dnsRecord:: " + base64.b64encode(
        head + bytes.fromhex("05f00000 6e000000") + ttl.to_bytes(4, "big") + bytes(4)
        + hours.to_bytes(4, "little") + data).decode()


A = blob(1, bytes([192, 0, 2, 99]))
DYNAMIC = blob(1, bytes([192, 0, 2, 99]), hours=3733466)
OWNED = "nTSecurityDescriptor: O:S-1-5-21-1574943003-2586774129-2863546587-%sG:DUD:%s"
LIKE_LDAP = re.compile(r"nTSecurityDescriptor: .*(\n .*)*\n")


@pytest.fixture
def moved(tmp_path):
    """Migrates the fixture with another text instead of domain.ldif, or behind it."""
    def move(more="", text=None, parts=PARTS[1:]):
        path = tmp_path / "domain.ldif"
        data = (FIXTURE / "domain.ldif").read_text() + more if text is None else text
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return migrate("samba", path, *(FIXTURE / f"{part}.ldif" for part in parts),
                       folder=tmp_path / f"site{len(list(tmp_path.iterdir()))}")
    return move


FAULTS = {
    "a blob that is cut off": (entry("bad", blob(1, b"\xc0\0\2", length=4)), "bad", "cut off"),
    "a blob that is too long": (entry("bad", blob(1, b"\xc0\0\2\1\1", length=4)), "bad", "more bytes"),
    "data of three bytes": (entry("bad", blob(1, b"\xc0\0\2")), "bad A", "not of its type"),
    "a name in the data that is none": (entry("bad", blob(5, b"\x05\x01\x03ab\0")), "bad CNAME", "none"),
    "a label of 64 bytes": (entry("x" * 64, A), "x" * 64, "label longer than 63"),
    "a name of 300 bytes": (entry(".".join(["y" * 60] * 5), A), "y" * 60, "longer than 255"),
    "an empty label": (entry("a..b", A), "a..b", "empty label"),
    "a conflict copy": (entry("web1\\0ACNF:6b102e2c-fda3-490d-8b97-6c75e67adfd6", A), "web1 CNF:",
                        "conflict of replication"),
    "a name twice": (entry("web1", A), "web1", "a second time"),
    "no base64": (entry("bad", "dnsRecord:: AQ!="), "bad", "no base64"),
    "a line that was cut": (entry("bad", A, "whenChan"), "DC=bad", "a line that is no value"),
    "a range of the values": (entry("bad", A.replace("Record:", "Record;range=0-1499:")), "bad",
                              "a part of the values"),
    "a value elsewhere": (entry("bad", "dnsRecord:< file:///etc/passwd"), "bad", "in another file"),
    "a change": (entry("bad", "changetype: delete"), "DC=bad", "a change, not an entry"),
    "no name": ("dn: nonsense\nname: x\n\n", "nonsense", "no distinguished name"),
    "an entry below a name": ("dn: DC=x,DC=web1,DC=corp.example,CN=MicrosoftDNS,DC=corp\nname: x\n\n",
                              "DC=x,DC=web1", "below a name"),
    "a WINS lookup": (entry("bad", blob(0xff01, bytes(20))), "bad WINS", "only Windows does"),
    "data of a type that is not known": (entry("bad", blob(6, b"short")), "bad SOA", "cut off"),
    "an owner that nobody knows": (entry("bad", DYNAMIC, OWNED % (9999, "(A;;RP;;;WD)")),
                                   "S-1-5-21-1574943003-2586774129-2863546587-9999", "anonymous"),
    "more writers": (entry("bad", DYNAMIC, OWNED % (1103, "(A;;WP;;;S-1-5-21-1574943003-2586774129-2863546587-1104)")),
                     "bad (owner web1$)", "more accounts may write it: gss:web2$@CORP.EXAMPLE"),
    "a descriptor that is none": (entry("bad", A, "nTSecurityDescriptor: nonsense"), "bad", "no SDDL"),
    "a descriptor that is cut off": (entry("bad", A, "nTSecurityDescriptor:: AQAEgA=="), "bad", "cut off"),
    "a name without a descriptor": (entry("bad", A), "corp.example", "1 name came without a descriptor: its owner is not known"),
    "a zone that no entry describes": (entry("x", A, zone="lost.example"), "lost.example",
                                       "its settings are not known"),
    "trust anchors": ("dn: DC=..TrustAnchors,CN=MicrosoftDNS,DC=ForestDnsZones,DC=corp,DC=example\n\n",
                      "..TrustAnchors", "trust anchors"),
    "a property of no number": ("dn: DC=new.example,CN=MicrosoftDNS,DC=DomainDnsZones,DC=corp,DC=example\n"
                                "dNSProperty:: AQ==\n\n" + entry("x", A, zone="new.example"),
                                "dNSProperty", "cut off"),
    "the zone in a second partition": ("dn: DC=corp.example,CN=MicrosoftDNS,CN=System,DC=corp,DC=example\n\n",
                                       "zone", "there is a zone of that name already"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_and_loses_nothing_else(fault, moved):
    more, statement, why = FAULTS[fault]
    site = moved("\n" + more)
    assert site.lines("lost", statement, why), (site.folder / "report.txt").read_text()
    place = site.lines("lost", statement, why)[0]
    assert place["file"].endswith("domain.ldif") and place["line"] > 0
    found = found_zones(site)
    for zone, records in expected_zones().items():
        assert {key: found[zone].get(key) for key in records} == records, zone


def test_open_names_and_future_types_are_changed_and_said(moved):
    site = moved("\n" + entry("open", DYNAMIC, OWNED % (1105, "(A;;RPWP;;;AU)"))
                 + entry("odd", blob(65000, b"\1\2\3"), OWNED % (500, "(A;;RP;;;WD)"))
                 + entry("long", blob(1, b"\xc0\0\2\1", ttl=0xffffffff), OWNED % (500, ""))
                 + entry("system", DYNAMIC, "nTSecurityDescriptor: O:SYG:DUD:(A;;RP;;;WD)"))
    zone = site.zones["corp.example"]
    assert zone[("open", "A", "192.0.2.99")].owner == "anonymous"
    assert zone[("odd", "TYPE65000", "\\# 3 010203")].owner == "local:migrate"
    assert zone[("long", "A", "192.0.2.1")].ttl == 0
    assert zone[("system", "A", "192.0.2.99")].owner == "local:migrate"
    for statement, why in (("open (owner dhcp-dns)", "all accounts may write it"), ("odd", "type 65000"),
                           ("long", "TTL"), ("system (owner S-1-5-18)", "of the administration")):
        assert site.lines("changed", statement, why), statement
    assert site.answer.code == 0




@pytest.mark.parametrize("wrote", [
    lambda text: b"\xef\xbb\xbf" + text.encode(),
    lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
    lambda text: b"\xfe\xff" + text.replace("\n", "\r\n").encode("utf-16-be"),
    lambda text: text.replace("\n", "\r\n").encode(),
    lambda text: b"version: 1\n\n" + text.encode(),
], ids=["mark", "utf-16", "utf-16-be-crlf", "crlf", "version"])
def test_what_editors_and_shells_do_to_the_text_does_not_matter(wrote, moved):
    site = moved(text=wrote((FIXTURE / "domain.ldif").read_text()))
    assert found_zones(site) == expected_zones() and site.answer.code == 0


@pytest.mark.parametrize("share", [0.31, 0.5, 0.77, 0.999])
def test_a_text_that_was_cut_says_so(share, moved):
    text = (FIXTURE / "domain.ldif").read_text()
    site = moved(text=text[:int(len(text) * share)])
    assert site.lines("lost", "the LDIF", "the text is cut off")


def test_a_search_that_ended_early_says_so(moved):
    text = (FIXTURE / "domain-ldap.ldif").read_text()
    site = moved(text=text + "\n# search result\nsearch: 2\nresult: 4 Size limit exceeded\n\n")
    assert site.lines("lost", "the LDIF", "the search did not end well")
    text = (FIXTURE / "domain.ldif").read_text()
    start = text.index("# record 20\n")
    site = moved(text=text[:start] + text[text.index("# record 21\n"):])
    assert site.lines("lost", "the LDIF", "fewer entries than it says")


def test_without_accounts_or_descriptors_what_is_dynamic_is_anonymous(moved, tmp_path):
    site = moved(parts=["forest"])
    dynamic = [r for zone in site.zones.values() for r in zone.values() if r.kind == "dynamic"]
    assert len(dynamic) == 11 and {r.owner for r in dynamic} == {"anonymous"}
    assert site.lines("lost", "accounts", "who owns a name is not known")
    text = LIKE_LDAP.sub("", (FIXTURE / "domain.ldif").read_text())
    site = moved(text=text)
    assert site.lines("lost", "corp.example", "came without a descriptor")[0]["do"].startswith(
        "search again with -E")
    assert site.zones["corp.example"][("web1", "A", "192.0.2.21")].owner == "anonymous"


def test_what_is_no_export_is_refused(tmp_path):
    def refused(*words):
        answer = run(program("tenure-migrate"), "samba", *words, "--plan")
        assert answer.code == 1 and not answer.out
        return answer.err
    assert "No such file" in refused(tmp_path / "none")
    assert "no names of zones" in refused(FIXTURE / "accounts.ldif")
    (tmp_path / "junk").write_bytes(bytes(range(256)) * 40)
    assert "no names of zones" in refused(tmp_path / "junk")
    (tmp_path / "empty").write_text("")
    assert "no names of zones" in refused(tmp_path / "empty")
    (tmp_path / "folder").mkdir()
    assert "sam.ldb" in refused(tmp_path / "folder")
    (tmp_path / "folder" / "sam.ldb").write_text("")
    assert "--no-tools" in refused(tmp_path / "folder", "--no-tools")
