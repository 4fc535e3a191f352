# SPDX-License-Identifier: BSD-2-Clause
"""Records by age, class and owner: listing, touching, turning, each with its plan."""
import pytest

ZONE = "corp.example"
FILE = """\
@ 3600 IN SOA ns1 hostmaster 7 900 300 86400 300
@ 3600 NS ns1
ns1 3600 A 10.0.0.53
old 1200 A 10.0.0.1 ; tenure owner=key:kea-1 stamp=2026-01-01T00:00:00Z class=dynamic
old 1200 TXT "x" ; tenure owner=key:kea-2 stamp=2026-01-14T00:00:00Z class=dynamic
new 1200 A 10.0.0.2 ; tenure owner=gss:NEW$@CORP.EXAMPLE stamp=2026-01-14T00:00:00Z class=dynamic
a.site 1200 A 10.0.0.3 ; tenure owner=@dhcp stamp=2025-12-01T00:00:00Z class=dynamic
b.site 1200 A 10.0.0.4 ; tenure owner=key:tf stamp=2025-12-01T00:00:00Z class=pinned
site 1200 A 10.0.0.5 ; tenure owner=local:root stamp=2025-12-01T00:00:00Z class=static
"""
OLD, OLD_TXT, NEW, A, B, SITE = "old A", "old TXT", "new A", "a.site A", "b.site A", "site A"


@pytest.fixture
def server(tenured):
    server = tenured(clock="2026-01-16T00:00:00Z")
    path = server.folder / "ages.zone"
    path.write_text(FILE)
    server.ctl_ok("zone", "add", ZONE, "--file", path, "update=nonsecure", "aging=on")
    return server


def shown(server, *words):
    return [f"{r['name'].removesuffix('.' + ZONE)} {r['type']}"
            for r in server.rows("record", "list", ZONE, *words)]


@pytest.mark.parametrize("words, names", [
    (["--stale"], [A, OLD]),
    (["--stale", "--owner", "key:kea-*"], [OLD]),
    (["--stale", "--type", "TXT"], []),
    (["--stale", "--under", "site"], [A]),
    (["--class", "dynamic"], [NEW, OLD, OLD_TXT, A]),
    (["--class", "pinned"], [B]),
    (["--static", "--under", "site"], [SITE]),
    (["--owner", "key:kea-*"], [OLD, OLD_TXT]),
    (["--owner", "key:kea-2"], [OLD_TXT]),
    (["--owner", "@dhcp"], [A]),
    (["--owner", "gss:*$@CORP.EXAMPLE"], [NEW]),
    (["--owner", "key:nobody"], []),
    (["--older-than", "30d"], [SITE, A, B]),
    (["--older-than", "2d", "--class", "dynamic"], [OLD, A]),
    (["--older-than", "47h", "--class", "dynamic"], [NEW, OLD, OLD_TXT, A]),
    (["--under", "site", "--type", "A"], [SITE, A, B]),
    (["old", "--type", "TXT"], [OLD_TXT]),
])
def test_a_list_shows_what_all_filters_let_through(server, words, names):
    assert sorted(shown(server, *words)) == sorted(names)


def test_the_stalest_come_first(server):
    assert shown(server, "--stale") == [A, OLD]


def test_the_list_of_what_is_stale_is_the_plan(server):
    plan = [(r["name"], r["type"], r["data"]) for r in server.rows("scavenge", "plan", ZONE)]
    assert plan == [(r["name"], r["type"], r["data"])
                    for r in server.rows("record", "list", ZONE, "--stale")]


@pytest.mark.parametrize("words, said", [
    (["--class", "stale"], "static, dynamic, pinned"), (["--owner", "web 7"], "owner"),
    (["--older-than", "long"], "not a duration"), (["--static", "--class", "static"], "--static"),
    (["new", "--under", "site"], "not both"), (["new", "--stale"], "--under"),
    (["--under", "elsewhere.net."], "outside of zone"),
])
def test_filters_that_make_no_sense_are_said(server, words, said):
    answer = server.ctl("record", "list", ZONE, *words)
    assert answer.code == 2 and said in answer.err, answer


def test_the_table_shows_the_age_in_its_largest_unit(server):
    lines = server.ctl_ok("record", "list", ZONE, "new").splitlines()
    assert lines[0].split() == ["NAME", "TTL", "TYPE", "DATA", "CLASS", "OWNER", "STAMP",
                                "(UTC)", "AGE", "STALE", "AT", "(UTC)"]
    assert "2026-01-14 00:00   2d  2026-01-28 00:00" in lines[1]
    assert "age" not in server.rows("record", "list", ZONE, "new")[0], "it changes while it is read"


def stamps(server):
    return {f"{r['name'].removesuffix('.' + ZONE)} {r['type']}": (r["class"], r["stamp"], r["owner"])
            for r in server.rows("record", "list", ZONE)}


def test_touch_stamps_dynamic_records_and_nothing_else(server):
    serial, before = server.rows("zone", "show", ZONE)[0]["serial"], stamps(server)
    plan = server.rows("record", "touch", ZONE, "site", "--recurse", "--plan")
    assert [(r["name"], r["new_stamp"]) for r in plan] == [(f"a.site.{ZONE}", "2026-01-16T00:00:00Z")]
    assert stamps(server) == before, "a plan changes nothing"
    said = server.ctl_ok("record", "touch", ZONE, "site", "--recurse")
    assert "1 dynamic record stamped now; static and pinned ones left alone" in said
    after = stamps(server)
    assert after.pop(A) == ("dynamic", "2026-01-16T00:00:00Z", "@dhcp")
    before.pop(A)
    assert after == before
    assert server.rows("zone", "show", ZONE)[0]["serial"] == serial
    entry, = server.rows("audit", "--event", "touch")
    assert entry["windows_id"] == 566 and entry["name"] == f"a.site.{ZONE}"
    assert "0 dynamic records" in server.ctl_ok("record", "touch", ZONE, "site", "--recurse")
    assert len(server.rows("audit", "--event", "touch")) == 1
    server.ctl_ok("audit", "verify")


def test_touch_is_of_the_name_alone_unless_told(server):
    server.ctl_ok("record", "touch", ZONE, "old")
    assert {r["stamp"] for r in server.rows("record", "list", ZONE, "old")} == {"2026-01-16T00:00:00Z"}
    assert shown(server, "--stale") == [A]


def test_touch_of_what_does_not_age_says_so(server):
    for word, code, said in [("site", 6, "set-class"), ("nobody", 4, "no records"),
                             ("b.site", 6, "no dynamic records")]:
        for plan in ([], ["--plan"]):
            answer = server.ctl("record", "touch", ZONE, word, *plan)
            assert answer.code == code and said in answer.err, answer


def test_set_class_begins_and_ends_ageing_in_one_step_with_a_plan(server):
    before = stamps(server)
    plan, = server.rows("record", "set-class", ZONE, "site", "A", "dynamic", "--plan")
    assert (plan["class"], plan["new_class"]) == ("static", "dynamic")
    assert plan["new_stamp"] == "2026-01-16T00:00:00Z" and stamps(server) == before
    serial = server.rows("zone", "show", ZONE)[0]["serial"]
    server.ctl_ok("record", "set-class", ZONE, "site", "A", "dynamic")
    assert stamps(server)[SITE] == ("dynamic", "2026-01-16T00:00:00Z", "local:root")
    entry, = server.rows("audit", "--event", "record-set-class")
    assert (entry["old"]["class"], entry["new"]["class"]) == ("static", "dynamic")
    assert server.rows("zone", "show", ZONE)[0]["serial"] == serial
    server.ctl_ok("record", "set-class", ZONE, "old", "ANY", "static")
    assert stamps(server)[OLD] == ("static", "2026-01-01T00:00:00Z", "key:kea-1")
    assert stamps(server)[OLD_TXT][0] == "static"
    assert "nothing changed" in server.ctl_ok("record", "set-class", ZONE, "old", "A", "static")
    for words, code in [(["old", "A", "stale"], 2), (["old", "ALPHA", "static"], 2),
                        (["old", "MX", "static"], 4), (["nobody", "A", "static"], 4)]:
        assert server.ctl("record", "set-class", ZONE, *words).code == code, words


@pytest.mark.parametrize("verb, name, member, value", [
    ("pin", "old", "new_class", "pinned"), ("unpin", "b.site", "new_class", "dynamic"),
    ("release", "old", "new_owner", "anonymous"),
])
def test_a_plan_shows_what_then_happens(server, verb, name, member, value):
    before = stamps(server)
    plan = server.rows("record", verb, ZONE, name, "--plan")
    assert plan and {row[member] for row in plan} == {value}
    assert stamps(server) == before
    assert "would be" in server.ctl_ok("record", verb, ZONE, name, "--plan")
    server.ctl_ok("record", verb, ZONE, name)
    after = stamps(server)
    for row in plan:
        assert after[f"{name} {row['type']}"] == (row["new_class"], row["new_stamp"],
                                                  row["new_owner"])
    assert server.ctl_ok("record", verb, ZONE, name, "--plan").strip().endswith("would change")
