# SPDX-License-Identifier: BSD-2-Clause
"""tenurectl record and owner: single records, by the administrator's hand."""
import pytest

ZONE = "corp.example"


@pytest.fixture
def server(tenured):
    one = tenured()
    one.zone(ZONE, "ns A 10.0.0.53", "www A 10.0.0.1", "alias CNAME www", update="secure")
    return one


def answer(server, name, type):
    return sorted(str(data) for rrset in server.query(name, type).answer for data in rrset)


def test_a_record_is_served_as_soon_as_it_is_added(tenured):
    server = tenured(clock="2026-01-05T09:00:00Z")
    server.zone(ZONE, "ns A 10.0.0.53")
    server.ctl_ok("record", "add", ZONE, "new", "5m", "A", "10.0.0.9")
    reply = server.query(f"new.{ZONE}", "A")
    assert str(reply.answer[0][0]) == "10.0.0.9" and reply.answer[0].ttl == 300
    row = server.rows("record", "list", ZONE, "new")[0]
    assert row == {"zone": ZONE, "name": f"new.{ZONE}", "ttl": 300, "type": "A",
                   "data": "10.0.0.9", "class": "static", "owner": "local:root",
                   "stamp": "2026-01-05T09:00:00Z", "refreshable_at": None, "stale_at": None}


@pytest.mark.parametrize("words, type, data", [
    (["A", "10.0.0.9"], "A", ["10.0.0.9"]),
    (["MX", "10", "www"], "MX", ["10 www.corp.example."]),
    (["MX", "10 www.example.net."], "MX", ["10 www.example.net."]),
    (["TXT", "v=spf1 mx -all"], "TXT", ['"v=spf1 mx -all"']),
    (["TXT", "a;b", "c"], "TXT", ['"a;b" "c"']),
    (["SRV", "0", "1", "389", "www"], "SRV", ["0 1 389 www.corp.example."]),
    (["TYPE65280", r"\#", "2", "0a0b"], "TYPE65280", [r"\# 2 0a0b"]),
])
def test_data_is_written_as_in_a_zone_file(server, words, type, data):
    server.ctl_ok("record", "add", ZONE, "new", *words)
    assert answer(server, f"new.{ZONE}", type) == data
    server.ctl_ok("record", "del", ZONE, "new", *words)
    assert server.query(f"new.{ZONE}", type).rcode() == 3


@pytest.mark.parametrize("word, lengths", [
    ("k" * 255, [255]),
    ("k" * 256, [255, 1]),
    ("v=DKIM1; p=" + "k" * 1000, [255, 255, 255, 246]),
    ('"' + "q" * 300 + '"', [255, 45]),
    ('"' + "q" * 300 + '" "' + "r" * 255 + '"', [255, 45, 255]),
    ("\\065" * 300, [255, 45]),
    ("ü" * 128, [254, 2]),
    ('a"' * 200, [255, 145]),
])
def test_a_long_text_becomes_several_strings(server, word, lengths):
    for command in ("add", "set"):
        got = server.ctl("record", command, ZONE, "new", "TXT", word)
        assert got.code == 0, got
        strings = server.query(f"new.{ZONE}", "TXT", tcp=True).answer[0][0].strings
        assert [len(one) for one in strings] == lengths
    server.ctl_ok("record", "del", ZONE, "new", "TXT", word)


@pytest.mark.parametrize("words, type, data", [
    (["A", "10.0.0.9", "10.0.0.8"], "A", ["10.0.0.8", "10.0.0.9"]),
    (["A", "10.0.0.9", ",", "10.0.0.8", ","], None, "','"),
    (["MX", "10", "www", ",", "20 mail"], "MX", ["10 www.corp.example.", "20 mail.corp.example."]),
    (["TXT", "a", "b", ",", "c"], "TXT", ['"a" "b"', '"c"']),
    (["TXT", '","'], "TXT", ['","']),
    (["TYPE65280", r"\#", "1", "0a", ",", r"\#", "1", "0b"], "TYPE65280",
     [r"\# 1 0a", r"\# 1 0b"]),
    (["A", r"\#", "4", "0a000009"], "A", ["10.0.0.9"]),
])
def test_a_set_is_several_records(server, words, type, data):
    got = server.ctl("record", "set", ZONE, "new", *words)
    if type is None:
        assert got.code == 2 and data in got.err, got
        return
    assert got.code == 0 and answer(server, f"new.{ZONE}", type) == data, got


@pytest.mark.parametrize("name", ["new", "new.corp.example", "new.corp.example.", "NEW"])
def test_a_name_may_be_relative_or_written_out(server, name):
    server.ctl_ok("record", "add", ZONE, name, "A", "10.0.0.9")
    assert answer(server, f"new.{ZONE}", "A") == ["10.0.0.9"]


@pytest.mark.parametrize("words, code, said", [
    (["www", "CNAME", "x"], 1, "CNAME cannot stand beside"),
    (["alias", "A", "10.0.0.9"], 1, "is a CNAME"),
    (["new", "A", "10.0.0.300"], 2, "10.0.0.300"),
    (["new", "AA", "10.0.0.3"], 2, "not a record type"),
    (["new", "ANY", "10.0.0.3"], 2, "cannot be stored"),
    (["new.example.net.", "A", "10.0.0.3"], 2, "outside of zone"),
    (["a..b", "A", "10.0.0.3"], 2, "not a name"),
    (["new", "A", "10.0.0.3", "--class", "dynamick"], 2, "dynamic"),
    (["new", "A", "10.0.0.3", "--owner", "web 7"], 2, "is no principal"),
    (["new", "A"], 2, "TYPE DATA"),
    (["new", "5m", "A"], 2, "TYPE and DATA"),
    (["new", "99999999999", "A", "10.0.0.3"], 2, "'99999999999' is not a TTL"),
    (["new", "3000000000", "A", "10.0.0.3"], 2, "'3000000000' is not a TTL"),
])
def test_what_cannot_be_added_changes_nothing(server, words, code, said):
    before = server.ctl_ok("zone", "export", ZONE)
    got = server.ctl("record", "add", ZONE, *words)
    assert got.code == code and said in got.err, got
    assert server.ctl_ok("zone", "export", ZONE) == before


def test_the_zone_keeps_its_soa_and_a_name_server(server):
    for words in (["@"], ["@", "SOA"], ["@", "NS"], ["@", "NS", "ns"]):
        assert server.ctl("record", "del", ZONE, *words, "--yes").code == 1, words
    server.ctl_ok("record", "add", ZONE, "@", "NS", "ns2.example.net.")
    server.ctl_ok("record", "del", ZONE, "@", "NS", "ns")
    assert answer(server, ZONE, "NS") == ["ns2.example.net."]


def test_adding_again_changes_nothing(tenured):
    server = tenured(clock="2026-01-05T09:00:00Z")
    server.zone(ZONE, "ns A 10.0.0.53", "www A 10.0.0.1")
    server.ctl_ok("clock", "set", "2026-01-05T09:00:05Z")
    serial = server.query(ZONE, "SOA").answer[0][0].serial
    said = server.ctl_ok("record", "add", ZONE, "www", "A", "10.0.0.1")
    assert "nothing changed" in said
    assert server.query(ZONE, "SOA").answer[0][0].serial == serial


def test_a_record_can_be_kept_for_somebody(server):
    key = server.key("web7")
    server.ctl_ok("record", "add", ZONE, "web7", "A", "10.0.7.7", "--owner", "key:web7")
    update = server.update(ZONE, key)
    update.replace("web7", 1200, "A", "10.0.7.8")
    assert server.ask(update).rcode() == 0
    assert answer(server, f"web7.{ZONE}", "A") == ["10.0.7.8"]


def test_a_list_can_be_narrowed(server):
    assert {row["type"] for row in server.rows("record", "list", ZONE, "--type", "A")} == {"A"}
    assert server.ctl("record", "list", ZONE, "nobody").code == 4
    assert server.ctl("record", "list", ZONE, "www", "--type", "MX").code == 4
    table = server.ctl_ok("record", "list", ZONE)
    assert table.splitlines()[0].split() == ["NAME", "TTL", "TYPE", "DATA", "CLASS", "OWNER",
                                             "STAMP", "(UTC)", "AGE", "STALE", "AT"]


def test_owner_show_says_whose_a_name_is_and_how_it_ages(tenured):
    server = tenured(clock="2026-01-05T09:00:00Z")
    server.zone(ZONE, "ns A 10.0.0.53", update="nonsecure", aging="on")
    update = server.update(ZONE)
    update.add("web7", 1200, "A", "10.0.7.7")
    assert server.ask(update).rcode() == 0
    row = server.rows("owner", "show", f"web7.{ZONE}")[0]
    assert row["owner"] == "anonymous" and row["class"] == "dynamic"
    assert row["refreshable_at"] == "2026-01-12T09:00:01Z"
    assert row["stale_at"] == "2026-01-19T09:00:01Z"
    assert server.rows("owner", "show", "web7", "--zone", ZONE)[0] == row
    assert server.ctl("owner", "show", f"nobody.{ZONE}").code == 4
    assert server.ctl("owner", "show", "www.example.net").code == 4


def test_each_change_is_in_the_log(server):
    server.ctl_ok("record", "add", ZONE, "new", "A", "10.0.0.9")
    server.ctl_ok("record", "del", ZONE, "new")
    rows = server.rows("audit", "--name", f"new.{ZONE}")
    assert [row["event"] for row in rows] == ["record-create", "name-delete"]
    assert {row["principal"] for row in rows} == {"local:root"}


def test_the_zone_of_a_name_is_said_in_three_ways(tenured):
    server = tenured()
    server.zone("corp.example", "ns A 10.0.0.53", update="secure")
    server.zone("sub.corp.example", "ns A 10.0.0.53", update="secure")

    def held(name, zone="corp.example"):
        return sorted(r["data"] for r in server.rows("record", "list", zone, name))

    server.ctl_ok("record", "add", "corp.example", "a", "A", "10.0.0.1")
    server.ctl_ok("record", "add", "a", "A", "10.0.0.2", "--zone", "corp.example")
    server.ctl_ok("record", "add", "a.corp.example", "A", "10.0.0.3")
    server.ctl_ok("record", "add", "a.corp.example.", "1h", "A", "10.0.0.4")
    assert held("a") == [f"10.0.0.{n}" for n in (1, 2, 3, 4)]
    server.ctl_ok("record", "add", "x.sub.corp.example", "A", "10.0.0.5")
    assert held("x", "sub.corp.example") == ["10.0.0.5"], "the closest zone"
    server.ctl_ok("record", "set", "a.corp.example", "A", "10.0.0.6", "10.0.0.7")
    assert held("a") == ["10.0.0.6", "10.0.0.7"]
    for words in (["pin", "a.corp.example", "A"], ["unpin", "a.corp.example"],
                  ["touch", "a.corp.example"], ["set-class", "a.corp.example", "A", "static"],
                  ["release", "a.corp.example"], ["note", "a.corp.example", "kiosk"],
                  ["note", "a.corp.example", "--remove"],
                  ["note", "--zone", "corp.example", "a", "kiosk"],
                  ["touch", "--zone", "corp.example", "a"],
                  ["del", "a.corp.example", "A", "10.0.0.6"], ["del", "a.corp.example"]):
        answer = server.ctl("record", *words, "--yes") if words[0] in (
            "del", "pin", "unpin", "touch", "set-class", "release") else server.ctl("record", *words)
        assert answer.code in (0, 6), (words, answer)
    assert server.ctl("record", "list", "--zone", "corp.example", "a").code == 4
    # A name that is spelled as a type, and a number in front of a type, are names in a zone.
    server.ctl_ok("record", "add", "corp.example", "a", "A", "10.0.0.1")
    server.ctl_ok("record", "add", "corp.example", "1", "A", "10.0.0.1")
    assert held("1") == held("a") == ["10.0.0.1"]


@pytest.mark.parametrize("words, code, said", [
    (["del", "corp.example"], 2, "too few words"),
    (["touch", "www.elsewhere.example"], 2, "too few words"),
    (["add", "www.elsewhere.example", "A", "10.0.0.1"], 2, "too few words"),
    (["add", "--zone", "nosuch.example", "a", "A", "10.0.0.1"], 4, "no zone 'nosuch.example' here"),
    (["add", "--zone", "corp.example", "corp.example", "a", "A", "10.0.0.1"], 2, "not an IPv4"),
])
def test_a_zone_is_not_guessed(tenured, words, code, said):
    server = tenured()
    server.zone("corp.example", "ns A 10.0.0.53")
    answer = server.ctl("record", *words)
    assert answer.code == code and said in answer.err, answer
