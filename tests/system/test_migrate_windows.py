# SPDX-License-Identifier: BSD-2-Clause
"""Moving in from Windows: tests/migration/windows is a folder as contrib/windows/export-for-tenure.ps1
writes it, composed from documented shapes and the values of the domain in tests/migration/samba. No
Windows was at hand."""
import base64
import json
import pathlib
import shutil

import pytest

from migration import migrate
from tenure import program, run
from test_migrate_samba import expected_zones, found_zones

FIXTURE = pathlib.Path(__file__).resolve().parents[1] / "migration" / "windows"
REG = "Windows Registry Editor Version 5.00\r\n\r\n"
ZONES = "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\DNS Server\\Zones\\%s]\r\n"


@pytest.fixture
def export(tmp_path):
    """A copy of the export, to be changed."""
    folder = tmp_path / "export"
    shutil.copytree(FIXTURE, folder)
    return folder


def moved(folder, *words, name="site"):
    return migrate("windows", folder, *words, folder=folder.parent / name)


def change(path, **members):
    """Sets members of the first object of a list."""
    value = json.loads(path.read_text())
    (value[0] if isinstance(value, list) else value).update(members)
    path.write_text(json.dumps(value))


def test_each_record_stamp_and_owner_is_as_the_directory_has_it(export):
    site = moved(export)
    found, expected = found_zones(site), expected_zones()
    for zone in ("corp.example", "2.0.192.in-addr.arpa"):
        assert found[zone] == expected[zone], zone
    assert found["files.example"][("pc7", "A", "192.0.2.77")] == (
        1200, "anonymous", "2026-11-23T04:00:00Z", "dynamic")
    assert found.keys() == {"corp.example", "2.0.192.in-addr.arpa", "files.example"}


def test_settings_are_those_of_server_and_zones(export):
    site = moved(export)
    assert site.settings("corp.example") == {
        "update": "secure", "policy": "windows", "no-refresh": "3d", "refresh": "5d", "aging": "on",
        "transfer": "198.51.100.7", "notify": "198.51.100.7"}
    assert site.settings("files.example") == {
        "update": "nonsecure", "no-refresh": "7d", "refresh": "7d", "aging": "off",
        "transfer": "none", "notify": "none"}
    assert "server:\n  scavenge:\n    period: 7d\n" in site.yaml


def test_the_report_says_what_is_lost(export):
    (export / "failed.txt").write_bytes(b"old.example: export: Access denied\r\n\r\n")
    site = moved(export)
    assert [(row["statement"], row["why"].split(",")[0]) for row in site.lines("lost")] == [
        ("partner.example", "a secondary zone"),
        ("fwd.example", "a conditional forwarder"),
        ("old.example: export: Access denied", "the export said that it failed here"),
        ("IsWinsEnabled", "WINS lookups")]
    assert all(row["do"] for row in site.lines("lost"))
    assert site.lines("changed", "web9 (owner web9$)", "the account was deleted")
    assert site.lines("changed", "the zone file", "it lacks 33 records of the directory")
    assert site.lines("changed", "lists of access")


def test_a_zone_file_that_says_more_is_told(export):
    path = export / "zonefiles" / "corp.example.dns"
    text = path.read_bytes().replace(b"[AGE:3733366]", b"[AGE:3733400]")
    path.write_bytes(text + b"extra 900 A 192.0.2.200\r\n"
                     + b"".join(b"more%d 900 A 192.0.2.201\r\n" % i for i in range(30)))
    site = moved(export)
    assert found_zones(site)["corp.example"] == expected_zones()["corp.example"]
    (line,) = site.lines("lost", "extra.corp.example A 192.0.2.200", "not among the names")
    assert line["file"].endswith("corp.example.dns") and line["line"] == len(text.splitlines()) + 1
    assert site.lines("lost", "the zone file", "11 more records are in it")
    assert site.lines("changed", "the zone file", "1 record with another age")


def test_an_export_without_the_directory_has_ages_and_no_owners(export):
    shutil.rmtree(export / "nodes")
    (export / "accounts.json").unlink()
    site = moved(export)
    web1 = site.zones["corp.example"][("web1", "A", "192.0.2.21")]
    assert (web1.owner, web1.stamp, web1.kind) == ("anonymous", "2026-11-30T02:00:00Z", "dynamic")
    assert site.zones["corp.example"][("mail", "A", "192.0.2.25")].owner == "local:migrate"
    assert site.lines("lost", "owners", "were not exported")
    (line,) = site.lines("lost", "WINS", "only Windows does: names")[:1]
    wins = next(n for n, text in enumerate((export / "zonefiles/corp.example.dns").read_text().splitlines(), 1)
                if "WINS\t" in text)
    assert site.lines("lost", "WINS", "only Windows does")[-1]["line"] == wins and line
    assert site.lines("lost", "2.0.192.in-addr.arpa", "no file in the folder has its records")


def test_peers_are_those_that_windows_names(export):
    change(export / "zones.json", SecureSecondaries="TransferToZoneNameServer", Notify="Notify")
    site = moved(export)
    settings = site.settings("corp.example")
    assert (settings["transfer"], settings["notify"]) == ("192.0.2.10,192.0.2.11", "ns")
    assert site.lines("changed", "TransferToZoneNameServer", "192.0.2.10,192.0.2.11")
    change(export / "zones.json", SecureSecondaries="TransferAnyServer", Notify="NoNotify")
    settings = moved(export, name="any").settings("corp.example")
    assert (settings["transfer"], settings["notify"]) == ("0.0.0.0/0,::/0", "none")
    change(export / "zones.json", SecureSecondaries="TransferToSecureServers", Notify="NotifyServers",
           SecondaryServers=[f"192.0.2.{i}" for i in range(20)], NotifyServers=["2001:db8::1", "no"])
    site = moved(export, name="many")
    settings = site.settings("corp.example")
    assert len(settings["transfer"].split(",")) == 16 and settings["notify"] == "2001:db8::1"
    assert site.lines("lost", "SecondaryServers", "more addresses than")
    assert site.lines("lost", "NotifyServers no", "no address")
    change(export / "zones.json", SecureSecondaries="TransferToZoneNameServer")
    nodes = json.loads((export / "nodes/corp.example.json").read_text())
    nodes = [node for node in nodes if node["name"] != "dc1"]
    (export / "nodes/corp.example.json").write_text(json.dumps(nodes))
    site = moved(export, name="gone")
    assert site.settings("corp.example")["transfer"] == "none"
    assert site.lines("lost", "TransferToZoneNameServer", "dc1.corp.example is in none")


def test_other_states_of_zones_are_told(export):
    change(export / "zones.json", IsSigned=True, IsPaused=True, ScavengeServers=["192.0.2.1"],
           DynamicUpdate="None")
    site = moved(export)
    for statement in ("IsSigned", "IsPaused", "ScavengeServers"):
        assert site.lines("lost", statement), statement
    assert site.settings("corp.example")["update"] == "none"
    change(export / "zones.json", DynamicUpdate="Sometimes", ZoneType="Odd")
    assert moved(export, name="odd").lines("lost", "corp.example", "type that is not known")
    change(export / "zones.json", ZoneType="Primary")
    site = moved(export, name="some")
    assert site.lines("lost", "DynamicUpdate Sometimes", "strictest")
    assert site.settings("corp.example")["update"] == "none"


@pytest.mark.parametrize("encode", [
    lambda text: b"\xef\xbb\xbf" + text.encode(),
    lambda text: b"\xff\xfe" + text.replace("\n", "\r\n").encode("utf-16-le")], ids=["mark", "utf-16"])
def test_powershells_encodings_do_not_matter(encode, export):
    for path in export.rglob("*.*"):
        path.write_bytes(encode(path.read_text()))
    site = moved(export)
    for zone in ("corp.example", "2.0.192.in-addr.arpa"):
        assert found_zones(site)[zone] == expected_zones()[zone]


def test_a_list_of_one_may_be_the_one(export):
    (zone,) = [z for z in json.loads((export / "zones.json").read_text()) if z["ZoneName"] == "files.example"]
    (export / "zones.json").write_text(json.dumps(zone))
    (export / "zonefiles" / "corp.example.dns").unlink()
    assert moved(export).zones.keys() == {"files.example"}


BROKEN = {
    "a blob that is cut off": ({"dnsRecord": [base64.b64encode(b"\x04\0\1\0").decode()]}, "cut off"),
    "no base64": ({"dnsRecord": ["@"]}, "no base64"),
    "a number for a blob": ({"dnsRecord": [7]}, "no base64"),
    "no name": ({"name": None}, "no name"),
    "a conflict copy": ({"name": "@\nCNF:1"}, "conflict of replication"),
    "a second time": ({"name": "mail"}, "a second time"),
    "an owner that is no SID": ({"owner": "CORP\\web1$"}, "1 name came without a descriptor"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_name_is_told_and_loses_nothing_else(fault, export):
    members, why = BROKEN[fault]
    nodes = json.loads((export / "nodes/corp.example.json").read_text())
    good = {node["name"] for node in nodes}
    nodes.append({**nodes[-1], "name": "bad", "writers": [], **members})
    (export / "nodes/corp.example.json").write_text(json.dumps(nodes))
    site = moved(export)
    assert site.lines("lost", why=why), (site.folder / "report.txt").read_text()
    expected = expected_zones()["corp.example"]
    found = found_zones(site)["corp.example"]
    assert {key: found.get(key) for key in expected} == expected and good


def test_a_file_that_cannot_be_read_is_named(export, tmp_path):
    def refused():
        answer = run(program("tenure-migrate"), "windows", export, "--plan")
        assert answer.code == 1 and not answer.out
        return answer.err
    text = (export / "zones.json").read_text()
    (export / "zones.json").write_text(text[:900])
    assert "zones.json:" in refused()
    (export / "zones.json").write_text(text)
    (export / "server.json").write_text('{"Format": "tenure-export 2"}')
    assert "server.json: its Format is not 'tenure-export 1'" in refused()
    (export / "server.json").unlink()
    (export / "nodes/corp.example.json").write_text('[{"name": "a"')
    (export / "zonefiles/files.example.dns").write_text("@ SOA\r\n")
    answer = moved(export, "--realm", "CORP.EXAMPLE")
    assert answer.lines("lost", "nodes", "corp.example.json:1:")
    assert answer.lines("lost", "the zone file", "files.example.dns:1:")
    empty = tmp_path / "empty"
    empty.mkdir()
    answer = run(program("tenure-migrate"), "windows", empty, "--plan")
    assert answer.code == 1 and "has no zones" in answer.err
    answer = run(program("tenure-migrate"), "windows", empty / "none", "--plan")
    assert answer.code == 1 and "No such file" in answer.err


# --- folders that no script wrote

def test_the_registry_describes_zones_in_files(tmp_path):
    folder = tmp_path / "export"
    folder.mkdir()
    reg = (REG + ZONES % "files.example" + '"Type"=dword:00000001\r\n"AllowUpdate"=dword:00000001\r\n'
           '"Aging"=dword:00000001\r\n"NoRefreshInterval"=dword:00000048\r\n"RefreshInterval"=dword:00000078\r\n'
           '"SecureSecondaries"=dword:00000002\r\n"DatabaseFile"="files.dns"\r\n'
           '"SecondaryServers"=hex(7):31,00,39,00,32,00,2e,00,30,00,2e,00,32,00,2e,00,37,\\\r\n'
           '  00,00,00,31,00,39,00,32,00,2e,00,30,00,2e,00,32,00,2e,00,38,00,00,00,00,00\r\n'
           '"NotifyLevel"=dword:00000002\r\n"NotifyServers"="192.0.2.7 2001:db8::8"\r\n\r\n'
           + ZONES % "partner.example" + '"Type"=dword:00000002\r\n'
           + ZONES % "none.example" + '"Type"=dword:00000001\r\n"NotifyServers"=hex:01\r\n')
    (folder / "dns.reg").write_bytes(b"\xff\xfe" + reg.encode("utf-16-le"))
    shutil.copy(FIXTURE / "zonefiles/files.example.dns", folder / "files.dns")
    site = moved(folder)
    assert site.settings("files.example") == {
        "update": "nonsecure", "no-refresh": "3d", "refresh": "5d", "aging": "on",
        "transfer": "192.0.2.7,192.0.2.8", "notify": "192.0.2.7,2001:db8::8"}
    assert ("pc7", "A", "192.0.2.77") in site.zones["files.example"]
    assert site.lines("lost", "partner.example", "a secondary zone")
    assert site.lines("lost", "none.example", "no file in the folder has its records")
    assert site.lines("lost", "NotifyServers", "a kind of value that is not read")


def test_zone_files_and_tables_alone_are_taken(tmp_path):
    folder = tmp_path / "export"
    folder.mkdir()
    shutil.copy(FIXTURE / "zonefiles/corp.example.dns", folder)
    (folder / "table.example.csv").write_text(
        "HostName,RecordType,TimeToLive,Timestamp,RecordData\r\n"
        "@,SOA,3600,,ns.table.example. host.table.example. 7 900 600 86400 300\r\n@,NS,3600,,ns.table.example.\r\n"
        "@,WINS,0,,192.0.2.9\r\nns,A,3600,,192.0.2.1\r\npc1,A,1200,2026-11-30T02:00:00Z,192.0.2.2\r\n")
    site = moved(folder)
    pc1 = site.zones["table.example"][("pc1", "A", "192.0.2.2")]
    assert (pc1.owner, pc1.stamp, pc1.kind) == ("anonymous", "2026-11-30T02:00:00Z", "dynamic")
    assert site.settings("corp.example")["update"] == "none"
    for zone in ("corp.example", "table.example"):
        assert site.lines("lost", zone, "its settings are not known")
    assert len(site.lines("lost", "WINS")) == 2


def test_a_file_of_the_registry_that_is_none_is_refused(tmp_path):
    (tmp_path / "dns.reg").write_text("[HKEY]\r\n")
    answer = run(program("tenure-migrate"), "windows", tmp_path, "--plan")
    assert answer.code == 1 and "dns.reg:1: no file of the registry" in answer.err
