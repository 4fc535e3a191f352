# SPDX-License-Identifier: BSD-2-Clause
"""tenurectl zone: zones come, go, are set, imported, exported and checked."""
import re

import pytest

from tenure import SOURCE
from test_backup import offline

EXAMPLE = SOURCE / "contrib/examples/corp.example.zone"
HEAD = "$ORIGIN corp.example.\n$TTL 1h\n@ SOA ns1 hostmaster 7 3600 600 86400 300\n@ NS ns1\n"
WHOLE = HEAD + "ns1 A 10.0.0.53\n"


def write(server, text, name="some.zone"):
    path = server.folder / name
    path.write_text(text)
    return path


def lines_of(text):
    """An export without what our store adds to it."""
    return sorted(line.split("; tenure ")[0].rstrip() for line in text.splitlines())


def test_a_zone_from_a_file_is_served(tenured):
    server = tenured()
    said = server.ctl_ok("zone", "add", "corp.example", "--file", EXAMPLE, "update=secure")
    assert "32 records" in said and "2026010501" in said
    assert server.query("www.corp.example", "A").rcode() == 0
    assert server.rows("zone", "list")[0]["update"] == "secure"
    assert server.ctl_ok("zone", "show", "corp.example").startswith("update ")


def test_a_zone_without_a_file_has_what_it_needs(tenured):
    server = tenured()
    answer = server.ctl("zone", "add", "corp.example", "--ns", "ns1.corp.example,ns.example.net",
                        "--mbox", "dns.example.net")
    assert answer.code == 0
    assert "ns1.corp.example" in answer.err and "address" in answer.err
    soa = server.query("corp.example", "SOA").answer[0][0]
    assert str(soa.mname) == "ns1.corp.example." and str(soa.rname) == "dns.example.net."
    assert len(server.query("corp.example", "NS").answer[0]) == 2


@pytest.mark.parametrize("prefix, zone", [("10.0.0.0/8", "10.in-addr.arpa"),
                                          ("10.1.0.0/16", "1.10.in-addr.arpa"),
                                          ("fd00:1::/32", "1.0.0.0.0.0.d.f.ip6.arpa")])
def test_a_prefix_makes_its_reverse_zone(tenured, prefix, zone):
    server = tenured()
    server.ctl_ok("zone", "add", "--reverse", prefix)
    assert server.query(zone, "SOA").answer


def test_a_prefix_between_labels_is_asked_about_and_divided(tenured):
    server = tenured()
    answer = server.ctl("zone", "add", "--reverse", "10.1.16.0/20")
    assert answer.code == 3
    assert "16 zones" in answer.err and "16.1.10.in-addr.arpa" in answer.err
    assert server.rows("zone", "list") == []
    server.ctl_ok("zone", "add", "--reverse", "10.1.16.0/20", "--yes")
    assert [row["zone"] for row in server.rows("zone", "list")] == [
        f"{i}.1.10.in-addr.arpa" for i in sorted(range(16, 32), key=str)]


@pytest.mark.parametrize("broken, place", [
    ("www A 10.0.0.300\n", r"some\.zone:6:7: "),
    ("www A\n", r"some\.zone:6"),
    ("www CNAME ns1\nwww A 10.0.0.1\n", r"some\.zone:[67]: "),
    ("www.example.net. A 10.0.0.1\n", r"some\.zone:6:"),
    ("@ SOA ns1 h 8 1 1 1 1\n", r"some\.zone:[36]: "),
    ("www A 10.0.0.1 (\n", r"some\.zone:\d+:"),
    ("$INCLUDE nowhere.zone\n", r"some\.zone:6:.*nowhere\.zone"),
])
def test_a_broken_file_changes_nothing_and_names_its_line(tenured, broken, place):
    server = tenured()
    server.ctl_ok("zone", "add", "corp.example", "--file", EXAMPLE)
    before = server.ctl_ok("zone", "export", "corp.example")
    entries = server.rows("status")[0]["log_last_seq"]
    answer = server.ctl("zone", "import", "corp.example", write(server, WHOLE + broken))
    assert answer.code == 1
    assert re.search(place, answer.err), answer.err
    assert server.ctl_ok("zone", "export", "corp.example") == before
    assert server.rows("status")[0]["log_last_seq"] == entries


def test_an_import_replaces_everything_in_one_step(tenured):
    server = tenured()
    server.ctl_ok("zone", "add", "corp.example", "--file", EXAMPLE)
    server.ctl_ok("zone", "import", "corp.example", write(server, WHOLE + "new A 10.0.0.9\n"))
    assert server.query("www.corp.example", "A").rcode() == 3
    assert server.query("new.corp.example", "A").rcode() == 0
    serial = server.query("corp.example", "SOA").answer[0][0].serial
    assert serial == 2026010502, "the file's serial is behind: the present plus one"
    said = server.ctl_ok("zone", "import", "corp.example",
                         write(server, WHOLE + "new A 10.0.0.9\n"))
    assert "0 added, 0 removed" in said
    assert server.query("corp.example", "SOA").answer[0][0].serial == serial


def test_an_import_keeps_owners_of_what_stays(tenured):
    server = tenured()
    server.ctl_ok("zone", "add", "corp.example", "--file", EXAMPLE)
    server.ctl_ok("record", "add", "corp.example", "new", "1h", "A", "10.0.0.9", "--owner",
                  "key:web7", "--class", "dynamic")
    server.ctl_ok("zone", "import", "corp.example", write(server, WHOLE + "new A 10.0.0.9\n"))
    row = server.rows("record", "list", "corp.example", "new")[0]
    assert (row["owner"], row["class"]) == ("key:web7", "dynamic")


def test_an_included_file_is_read_and_its_faults_are_its_own(tenured):
    server = tenured()
    server.ctl_ok("zone", "add", "corp.example")
    write(server, "inner A 10.0.0.7\n", "inner.zone")
    outer = write(server, WHOLE + "$INCLUDE inner.zone\n")
    server.ctl_ok("zone", "import", "corp.example", outer)
    assert server.query("inner.corp.example", "A").rcode() == 0
    write(server, "\ninner A 10.0.0.7\ninner CNAME x\n", "inner.zone")
    answer = server.ctl("zone", "import", "corp.example", outer)
    assert answer.code == 1
    assert re.search(r"inner\.zone:[23]: ", answer.err), answer.err


def test_standard_input_is_a_file_that_includes_nothing(tenured):
    server = tenured()
    server.ctl_ok("zone", "add", "corp.example", "--file", "-", input=WHOLE)
    assert server.query("ns1.corp.example", "A").rcode() == 0
    inner = write(server, "inner A 10.0.0.7\n", "inner.zone")
    answer = server.ctl("zone", "import", "corp.example", "-", input=f"{WHOLE}$INCLUDE {inner}\n")
    assert answer.code == 1 and "(stdin):6:" in answer.err


def test_an_import_into_no_zone_is_about_the_zone_not_about_the_file(tenured):
    server = tenured()
    server.ctl_ok("zone", "add", "corp.example")
    for path in (write(server, "broken ("), server.folder / "no.zone"):
        answer = server.ctl("zone", "import", "crop.example", path)
        assert answer.code == 4 and "did you mean 'corp.example'?" in answer.err, answer
        answer = server.ctl("zone", "import", "corp.example", path)
        assert answer.code == 1 and path.name in answer.err, answer


def test_what_is_exported_can_be_imported(tenured):
    server = tenured()
    server.ctl_ok("zone", "add", "corp.example", "--file", EXAMPLE)
    path = server.folder / "out.zone"
    server.ctl_ok("zone", "export", "corp.example", path)
    assert path.read_text().splitlines()[1].split()[3] == "SOA"
    assert "; tenure owner=local:root stamp=" in path.read_text()
    before = server.ctl_ok("zone", "export", "corp.example")
    said = server.ctl_ok("zone", "import", "corp.example", path)
    assert "0 added, 0 removed, 0 altered" in said
    assert server.ctl_ok("zone", "export", "corp.example") == before
    server.ctl_ok("zone", "del", "corp.example", "--yes")
    server.ctl_ok("zone", "add", "corp.example", "--file", path)
    assert lines_of(server.ctl_ok("zone", "export", "corp.example")) == lines_of(before)


def test_an_export_that_cannot_be_written_leaves_the_old_file(tenured):
    server = tenured()
    path = write(server, "old\n")
    answer = server.ctl("zone", "export", "corp.exampl", path)
    assert answer.code == 4
    assert path.read_text() == "old\n"
    assert [p.name for p in server.folder.glob("some.zone*")] == ["some.zone"]
    answer = server.ctl("zone", "export", "corp.example", server.folder / "no/where")
    assert answer.code == 1


def test_settings_are_set_together_or_not_at_all(tenured):
    server = tenured()
    server.ctl_ok("zone", "add", "corp.example", "update=none")
    server.ctl_ok("zone", "set", "corp.example", "update=secure", "aging=on", "refresh=3d")
    row = server.rows("zone", "show", "corp.example")[0]
    assert (row["update"], row["aging"], row["refresh"]) == ("secure", True, 3 * 86400)
    reasons = [e["reason"] for e in server.rows("audit", "--event", "zone-setting")]
    assert "update: none -> secure" in reasons and len(reasons) == 3
    for words, said in [(["updaet=none"], "did you mean 'update'?"),
                        (["update=secur"], "secure"),
                        (["aging=off", "refresh=soon"], "refresh"),
                        (["colour=blue"], "it is one of update, policy, aging, no-refresh"),
                        (["update"], "SETTING=VALUE"),
                        (["update=none", "update=secure"], "twice")]:
        answer = server.ctl("zone", "set", "corp.example", *words)
        assert answer.code == 2 and said in answer.err, (words, answer)
    assert server.rows("zone", "show", "corp.example")[0] == row
    assert row["no_refresh"] == 7 * 86400 and not [member for member in row if "-" in member]
    server.ctl_ok("zone", "set", "corp.example", "update=secure")
    assert len(server.rows("audit", "--event", "zone-setting")) == 3, "nothing changed"


def test_deleting_a_zone_wants_to_be_meant(tenured):
    server = tenured()
    server.ctl_ok("zone", "add", "corp.example", "--file", EXAMPLE)
    answer = server.ctl("zone", "del", "corp.example")
    assert answer.code == 3 and "32 records" in answer.err and "--yes" in answer.err
    assert server.query("www.corp.example", "A").rcode() == 0
    server.ctl_ok("zone", "del", "corp.example", "--yes")
    assert server.query("www.corp.example", "A").rcode() == 5
    assert server.ctl("zone", "del", "corp.example", "--yes").code == 4
    assert server.rows("audit", "--event", "zone-delete")[0]["zone"] == "corp.example"


def test_a_deleted_zone_s_records_are_in_the_log_with_all_they_carried(tenured):
    server = tenured()
    text = WHOLE + "".join(f"h{i} TXT {'x' * 100}\n" for i in range(4000))
    server.ctl_ok("zone", "add", "corp.example", "--file", write(server, text))
    held = {(r["name"], r["type"], r["data"]) for r in server.rows("record", "list", "corp.example")}
    server.ctl_ok("zone", "del", "corp.example", "--yes")
    gone = server.rows("audit", "--event", "record-delete")
    assert len(gone) == len(held) and len({row["seq"] for row in gone}) > 1
    assert len({row["run"] for row in gone}) == 1
    assert {row["old"]["owner"] for row in gone} == {"local:root"}
    assert {row["type"] for row in gone} == {kind for _, kind, _ in held}
    server.ctl_ok("audit", "verify")


def test_a_zone_that_is_not_here_gets_the_nearest(tenured):
    server = tenured()
    server.ctl_ok("zone", "add", "corp.example")
    answer = server.ctl("zone", "show", "crop.example")
    assert answer.code == 4 and "did you mean 'corp.example'?" in answer.err


def test_check_finds_what_leads_nowhere(tenured):
    server = tenured()
    text = WHOLE + "www CNAME nobody\nsub NS ns.sub\nmail MX 5 nohost\nok CNAME ns1\n@ NS ns2\n"
    server.ctl("zone", "add", "corp.example", "--file", write(server, text))
    rows = server.rows("zone", "check", "corp.example")
    assert {row["name"] for row in rows} == {"www.corp.example", "sub.corp.example",
                                             "mail.corp.example", "corp.example"}
    assert any("glue" in row["text"] for row in rows)


def test_check_of_a_file_imports_nothing(tenured):
    server = tenured()
    well = server.ctl("zone", "check", "--file", EXAMPLE, "--origin", "corp.example")
    assert well.code == 0 and "32 records" in well.out
    uneven = write(server, WHOLE + "a 60 A 10.0.0.1\na 90 A 10.0.0.2\n")
    warned = server.ctl("zone", "check", "--file", uneven, "--origin", "corp.example")
    assert warned.code == 0 and re.search(r"some\.zone:[67]: warning: ", warned.out), warned
    broken = write(server, WHOLE + "a A\n")
    assert server.ctl("zone", "check", "--file", broken, "--origin", "corp.example").code == 1
    assert server.rows("zone", "list") == []


def test_names_of_the_zone_above_move_into_a_new_zone_and_back(tenured):
    """The log makes the same state again: the server's end looks."""
    server = tenured()
    hosts = [f"pc{i}.lab A 10.0.{i // 250}.{i % 250}" for i in range(3000)]
    server.zone("corp.example", *hosts, "lab NS ns.lab", "ns.lab A 10.1.0.1", update="secure")
    server.ctl_ok("owner", "reserve", "boss.lab.corp.example", "--for", "key:c")
    asked = server.ctl("zone", "add", "lab.corp.example", "--ns", "ns.other.example.")
    assert asked.code == 3 and "(3000 records, 1 reserved)" in asked.err
    assert asked.err.count("warning: pc") == 100 and "last sent by local:" in asked.err
    server.ctl_ok("zone", "add", "lab.corp.example", "--ns", "ns.other.example.", "--move-names")
    assert server.query("pc2999.lab.corp.example", "A").answer
    assert len(server.rows("record", "list", "lab.corp.example")) == 3002
    left = {(row["name"], row["type"]) for row in server.rows("record", "list", "corp.example")}
    assert {name for name, _ in left} == {"corp.example", "lab.corp.example", "ns.lab.corp.example"}
    run = max(row["run"] for row in server.rows("audit", "--zone", "lab.corp.example", "--limit", 5)
              if row.get("run"))
    server.ctl_ok("audit", "revert", "--run", run)
    assert len(server.rows("record", "list", "corp.example")) == 3004
    server.ctl_ok("audit", "verify")
    server.stop()
    assert "all good" in offline("check", server.data).out
