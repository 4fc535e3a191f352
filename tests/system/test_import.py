# SPDX-License-Identifier: BSD-2-Clause
"""Ages that come with a zone: our own exports, zone files of Windows, tables, plain files."""
import json
import shutil
import subprocess

import pytest

ZONE = "corp.example"
NOW = "2026-01-12T12:00:00Z"
SOA = "@ 3600 IN SOA ns1 hostmaster 7 900 300 86400 300\n@ 3600 NS ns1\nns1 3600 A 10.0.0.53\n"

# As dnscmd /zoneexport writes it: 3725745 is 2026-01-12 09:00 in hours since 1601.
WINDOWS = """\
;
;  Database file corp.example.txt for Default zone scope in zone corp.example.
;      Zone version:  26
;

@                       IN  SOA dc1.corp.example. hostmaster.corp.example. (
                        		26           ; serial number
                        		900          ; refresh
                        		600          ; retry
                        		86400        ; expire
                        		3600       ) ; default TTL

;
;  Zone NS records
;

@                       NS	dc1.corp.example.

;
;  Zone records
;

@                       [AGE:3725745]	600	A	10.0.0.4
_ldap._tcp              [AGE:3725700]	600	SRV	0 100 389	dc1.corp.example.
                        [AGE:3725745]	600	SRV	0 100 389	dc2.corp.example.
dc1                     A	10.0.0.4
dc2                     A	10.0.0.5
pc1                     [AGE:3725000]	1200	A	10.0.0.15
""".replace("\n", "\r\n")

TABLE = """\
"HostName","RecordType","Timestamp","TimeToLive","RecordData"
"@","SOA","","3600","dc1.corp.example. hostmaster.corp.example. 26 900 600 86400 3600"
"@","NS","","3600","dc1.corp.example."
"dc1","A","","3600","10.0.0.4"
"pc1","A","2026-01-12T09:00:00Z","1200","10.0.0.15"
"pc1","TXT","2026-01-12T09:00:00Z","1200","a ""b"" c"
""".replace("\n", "\r\n")


def write(server, content, name="some.zone"):
    path = server.folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def rows(server, *words):
    return {(r["name"].removesuffix(ZONE).rstrip("."), r["type"], r["data"]): r
            for r in server.rows("record", "list", ZONE, *words)}


def ages(server):
    return {key: (row["class"], row["stamp"]) for key, row in rows(server).items()}


@pytest.fixture
def server(tenured):
    return tenured(clock=NOW)


def lively_zone(server):
    """Records of each class and several owners, among them those of a group."""
    server.ctl_ok("zone", "add", ZONE, "--file", write(server, SOA), "update=nonsecure", "aging=on")
    server.ctl_ok("record", "add", ZONE, "web", "A", "10.0.0.80", "--owner", "key:web",
                  "--class", "pinned")
    server.ctl_ok("group", "create", "@dhcp", "key:dhcp1", "--acting")
    server.ctl_ok("record", "add", ZONE, "dhcp1", "A", "10.0.1.1", "--owner", "@dhcp",
                  "--class", "dynamic")
    server.ctl_ok("record", "add", ZONE, "x", "TXT", 'semi;colon "quoted"', "--owner",
                  "gss:host/x.corp.example@CORP.EXAMPLE", "--class", "dynamic")
    update = server.update(ZONE)
    update.add("pc1", 1200, "A", "10.0.0.7")
    update.add("pc1", 1200, "A", "10.0.0.8")
    assert server.ask(update).rcode() == 0


def test_an_export_read_into_an_empty_zone_exports_the_same_bytes(server):
    lively_zone(server)
    path = server.folder / "out.zone"
    server.ctl_ok("zone", "export", ZONE, path)
    before = path.read_bytes().split(b"\n", 1)[1]
    assert b"owner=@dhcp" in before and b"class=pinned" in before and b"class=dynamic" in before
    server.ctl_ok("zone", "del", ZONE, "--yes")
    server.ctl_ok("zone", "add", ZONE, "--file", path)
    server.ctl_ok("zone", "export", ZONE, path)
    assert path.read_bytes().split(b"\n", 1)[1] == before


def test_an_export_read_into_a_zone_just_made_carries_all_but_the_serial(server):
    lively_zone(server)
    path = server.folder / "out.zone"
    server.ctl_ok("zone", "export", ZONE, path)
    before = ages(server)
    owners = {key: row["owner"] for key, row in rows(server).items()}
    server.ctl_ok("zone", "del", ZONE, "--yes")
    server.ctl_ok("zone", "add", ZONE)
    server.ctl_ok("zone", "import", ZONE, path)
    assert {k: v for k, v in ages(server).items() if k[1] != "SOA"} \
        == {k: v for k, v in before.items() if k[1] != "SOA"}
    assert {k: r["owner"] for k, r in rows(server).items() if k[1] != "SOA"} \
        == {k: v for k, v in owners.items() if k[1] != "SOA"}


def test_a_plan_counts_what_the_import_does(server):
    """A later stamp of the file's is a change, of a static record too, in the plan and when it is made."""
    rows = TABLE.replace("\r\n", "\n")
    server.ctl_ok("zone", "add", ZONE, "--file", write(server, rows.encode(), "some.csv"), "--format", "csv")
    path = server.folder / "out.zone"
    server.ctl_ok("zone", "export", ZONE, path)
    text = path.read_text()
    later = "\n".join(line for line in text.replace("T09:00:00Z", "T10:00:00Z").splitlines()
                      if "tenure export" not in line) + "\n"
    assert later != text
    path.write_text(later)
    plan, said = (json.loads(server.ctl_ok("--json", "zone", "import", ZONE, path, "--replace", *words)
                             .splitlines()[-1]) for words in (["--plan"], []))
    assert plan["altered"] == said["altered"] == 2, (plan, said)
    assert [plan[name] for name in ("added", "removed")] == [said[name] for name in ("added", "removed")]
    again = server.ctl_ok("zone", "import", ZONE, path, "--replace")
    assert "0 added, 0 removed, 0 altered" in again


@pytest.mark.parametrize("checker", ["named-checkzone", "kzonecheck"])
def test_other_servers_read_our_exports(server, checker):
    if not shutil.which(checker):
        pytest.skip(f"{checker} is not here")
    lively_zone(server)
    path = server.folder / "out.zone"
    server.ctl_ok("zone", "export", ZONE, path)
    words = [checker, ZONE, path] if checker == "named-checkzone" else [checker, "-o", ZONE, path]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_second_import_of_the_same_changes_nothing(server):
    path = write(server, WINDOWS)
    server.ctl_ok("zone", "add", ZONE, "--file", path)
    assert "0 added, 0 removed, 0 altered" in server.ctl_ok("zone", "import", ZONE, path)


def test_an_import_never_sets_a_stamp_back(server):
    """Who refreshed after the file was written stays fresh."""
    server.ctl_ok("zone", "add", ZONE, "--file", write(server, WINDOWS))
    newer = WINDOWS.replace("[AGE:3725000]", "[AGE:3725747]")
    server.ctl_ok("zone", "import", ZONE, write(server, newer))
    assert ages(server)["pc1", "A", "10.0.0.15"] == ("dynamic", "2026-01-12T11:00:00Z")
    said = server.ctl_ok("zone", "import", ZONE, write(server, WINDOWS))
    assert "0 added, 0 removed, 0 altered" in said
    assert ages(server)["pc1", "A", "10.0.0.15"] == ("dynamic", "2026-01-12T11:00:00Z")


@pytest.mark.parametrize("encode", [
    lambda text: text.encode(), lambda text: b"\xef\xbb\xbf" + text.encode(),
    lambda text: text.replace("\r\n", "\n").encode(),
    lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
    lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
], ids=["utf-8", "utf-8 with a mark", "unix lines", "utf-16le", "utf-16be"])
@pytest.mark.parametrize("format", ["auto", "windows"])
def test_a_zone_file_of_windows_brings_its_ages(server, encode, format):
    path = write(server, encode(WINDOWS))
    server.ctl_ok("zone", "add", ZONE, "--file", path, "--format", format)
    got = ages(server)
    assert got["", "A", "10.0.0.4"] == ("dynamic", "2026-01-12T09:00:00Z")
    assert got["_ldap._tcp", "SRV", f"0 100 389 dc1.{ZONE}."] == ("dynamic", "2026-01-10T12:00:00Z")
    assert got["_ldap._tcp", "SRV", f"0 100 389 dc2.{ZONE}."] == ("dynamic", "2026-01-12T09:00:00Z")
    assert got["pc1", "A", "10.0.0.15"] == ("dynamic", "2025-12-12T08:00:00Z")
    assert got["dc1", "A", "10.0.0.4"][0] == "static"
    assert {row["owner"] for row in rows(server).values() if row["class"] == "dynamic"} \
        == {"anonymous"}


def test_owners_of_what_has_none_can_be_chosen(server):
    path = write(server, WINDOWS)
    server.ctl_ok("zone", "add", ZONE, "--file", path, "--owner", "@dhcp")
    assert {row["owner"] for row in rows(server).values() if row["class"] == "dynamic"} == {"@dhcp"}
    answer = server.ctl("zone", "import", ZONE, path, "--owner", "web 7")
    assert answer.code == 2 and "is no principal" in answer.err


@pytest.mark.parametrize("encode", [
    lambda text: text.encode(), lambda text: b"\xef\xbb\xbf" + text.encode(),
    lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
    lambda text: b"#TYPE Selected.System.Object\r\n" + text.encode(),
], ids=["utf-8", "utf-8 with a mark", "utf-16le", "with #TYPE"])
def test_a_table_brings_its_ages(server, encode):
    server.ctl_ok("zone", "add", ZONE, "--file", write(server, encode(TABLE), "zone.csv"))
    got = ages(server)
    assert got["pc1", "A", "10.0.0.15"] == ("dynamic", "2026-01-12T09:00:00Z")
    assert got["pc1", "TXT", '"a \\"b\\" c"'] == ("dynamic", "2026-01-12T09:00:00Z")
    assert got["dc1", "A", "10.0.0.4"][0] == "static"


def test_a_plain_file_is_static_or_dynamic_since_a_chosen_time(server):
    path = write(server, SOA + "pc1 A 10.0.0.7\nsub NS ns.sub\nns.sub A 10.0.0.9\n")
    server.ctl_ok("zone", "add", ZONE, "--file", path)
    assert {row["class"] for row in rows(server).values()} == {"static"}
    server.ctl_ok("zone", "del", ZONE, "--yes")
    server.ctl_ok("zone", "add", ZONE, "--file", path, "--dynamic", "--stamp", "2026-01-05")
    got = ages(server)
    assert got["pc1", "A", "10.0.0.7"] == ("dynamic", "2026-01-05T00:00:00Z")
    assert {klass for (_, kind, _), (klass, _) in got.items() if kind in ("SOA", "NS")} == {"static"}


@pytest.mark.parametrize("line, said", [
    ("pc1 [AGE:12] A 10.0.0.7", "some.zone:4:5: [AGE:] of a time before 1970"),
    ("pc1 [AGE:x] A 10.0.0.7", "some.zone:4:5: [AGE:] wants whole hours"),
    ("pc1 [AGE:3725745] [AGE:3725745] A 10.0.0.7", "some.zone:4:19: a second age"),
    ("pc1 WINS LOCAL L5 C900 ( 10.0.0.1 )", "a WINS lookup"),
    ("pc1 A 10.0.0.7 ; tenure owner=key:a stamp=never class=static", "some.zone:4:43: stamp= "),
    ("pc1 A 10.0.0.7 ; tenure owner=web7 stamp=2026-01-05T09:00:00Z class=static",
     "some.zone:4: "),
    ("pc1 A 10.0.0.7 ; tenure owner=key:a..b stamp=2026-01-05T09:00:00Z class=static",
     "some.zone:4: "),
])
def test_a_file_is_not_trusted(server, line, said):
    answer = server.ctl("zone", "add", ZONE, "--file", write(server, SOA + line + "\n"))
    assert answer.code == 1 and said in answer.err, answer
    assert server.rows("zone", "list") == []


def test_a_format_that_was_said_holds(server):
    path = write(server, WINDOWS)
    answer = server.ctl("zone", "add", ZONE, "--file", path, "--format", "zone")
    assert answer.code == 1 and "said to be plain" in answer.err
    answer = server.ctl("zone", "add", ZONE, "--file", path, "--format", "csv")
    assert answer.code == 1 and "HostName" in answer.err
    for words, said in [(["--format", "bind"], "auto, zone, windows, csv"),
                        (["--stamp", "7d"], "--dynamic"),
                        (["--dynamic", "--stamp", "soon"], "not a time")]:
        answer = server.ctl("zone", "add", ZONE, "--file", path, *words)
        assert answer.code == 2 and said in answer.err, answer


def test_a_stamp_in_the_future_counts_as_now_and_is_said(server):
    text = SOA + "pc1 60 A 10.0.0.7 ; tenure owner=key:a stamp=2030-01-01T00:00:00Z class=dynamic\n"
    answer = server.ctl("zone", "add", ZONE, "--file", write(server, text))
    assert answer.code == 0 and "some.zone:4: warning: 1 record is stamped in the future" \
        in answer.err
    assert ages(server)["pc1", "A", "10.0.0.7"] == ("dynamic", NOW)


def test_an_import_says_what_the_next_run_would_take(server):
    server.ctl_ok("zone", "add", ZONE, "aging=on")
    answer = server.ctl("zone", "import", ZONE, write(server, WINDOWS))
    assert answer.code == 0 and "1 record is stale by now" in answer.err
    assert [r["name"] for r in server.rows("scavenge", "plan", ZONE)] == [f"pc1.{ZONE}"]


def test_a_check_reads_what_an_import_would(server):
    path = write(server, WINDOWS)
    assert "8 records can be imported" in server.ctl_ok("zone", "check", "--file", path,
                                                        "--origin", ZONE)
    answer = server.ctl("zone", "check", "--file", path, "--origin", ZONE, "--format", "csv")
    assert answer.code == 1
