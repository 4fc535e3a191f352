# SPDX-License-Identifier: BSD-2-Clause
"""owner transfer --file, record adopt: many records get their owners at once."""
import pytest

ZONE = "corp.example"
LAB = "lab.example"


def made(one):
    one.zone(ZONE, "ns A 10.0.0.53", *(f"h{n} A 10.0.0.{n}" for n in range(1, 6)),
             "h1 TXT kiosk", "_sip._tcp SRV 0 0 5060 h1", "* A 10.0.0.9", "wpad A 10.0.0.8",
             "alias CNAME h1", update="secure", aging="on")
    one.zone(LAB, "ns A 10.0.1.53", "x A 10.0.1.1", update="secure")
    one.dhcp1, one.dhcp2 = one.key("dhcp1"), one.key("dhcp2")
    return one


@pytest.fixture
def server(tenured):
    return made(tenured())


def listed(server, text, *words, plan=False):
    path = server.folder / "owners.csv"
    path.write_text(text)
    return server.ctl("owner", "transfer", "--file", str(path), *words,
                      *(["--plan", "--json"] if plan else []))


def state(server):
    return [server.rows("record", "list", zone) for zone in (ZONE, LAB)]


def owners(server, zone=ZONE):
    return {(row["name"].removesuffix(f".{zone}"), row["type"]): row["owner"]
            for row in server.rows("record", "list", zone)}


def planned(rows):
    return sorted((r["zone"], r["name"], r["type"], r["data"], r["new_owner"]) for r in rows)


def test_a_list_of_names_is_one_run_that_is_planned_and_undone(server):
    before = state(server)
    text = ("Zone,name,type,to\n"
            f"{ZONE},h1,A,key:dhcp1\n"
            f",h2.{ZONE}.,,key:dhcp1\n"
            f"{LAB},x,,\"'@dhcp\"\n"
            f"{ZONE},h1,TXT,key:dhcp2\n")
    server.ctl_ok("group", "create", "@dhcp", "--acting", "key:dhcp1")
    plan = listed(server, text, plan=True)
    assert plan.code == 0 and state(server) == before
    rows = [row for row in plan.rows() if "new_owner" in row]
    assert planned(rows) == [
        (ZONE, f"h1.{ZONE}", "A", "10.0.0.1", "key:dhcp1"),
        (ZONE, f"h1.{ZONE}", "TXT", '"kiosk"', "key:dhcp2"),
        (ZONE, f"h2.{ZONE}", "A", "10.0.0.2", "key:dhcp1"),
        (LAB, f"x.{LAB}", "A", "10.0.1.1", "@dhcp")]
    answer = listed(server, text)
    assert answer.code == 3 and "4 records at 3 names would get another owner: --yes" in answer.err
    assert state(server) == before
    done = listed(server, text, "--yes", "--json")
    assert done.code == 0, done
    result = done.rows()[-1]
    assert (result["records"], result["names"], result["zones"]) == (4, 3, 2)
    after = state(server)
    changed = [(r["zone"], r["name"], r["type"], r["data"], r["owner"])
               for was, now in zip(sum(before, []), sum(after, [])) for r in [now] if was != now]
    assert sorted(changed) == planned(rows), "what was planned, and nothing else"
    assert [{k: v for k, v in r.items() if k != "owner"} for r in sum(after, [])] == \
        [{k: v for k, v in r.items() if k != "owner"} for r in sum(before, [])]
    again = listed(server, text, "--yes")
    assert again.code == 6 and "its owner's already" in again.err
    server.ctl_ok("audit", "revert", "--run", str(result["run"]))
    assert state(server) == before


def test_a_list_of_owners_moves_all_that_they_have(server):
    for name, key in (("pc1", server.dhcp1), ("pc2", server.dhcp1), ("pc3", server.dhcp2)):
        update = server.update(ZONE, key)
        update.add(name, 300, "A", "10.0.0.7")
        assert server.ask(update).rcode() == 0
    server.key("new1")
    before = state(server)
    text = "from;to\nkey:dhcp1;key:new1\nkey:dhcp2;local:ann\n"
    plan = [r for r in listed(server, text, plan=True).rows() if "new_owner" in r]
    done = listed(server, text, "--yes", "--json").rows()[-1]
    assert (done["records"], len(plan)) == (3, 3)
    assert {name: owners(server)[(name, "A")] for name in ("pc1", "pc2", "pc3")} == {
        "pc1": "key:new1", "pc2": "key:new1", "pc3": "local:ann"}
    server.ctl_ok("audit", "revert", "--run", str(done["run"]))
    assert state(server) == before


FAULTS = [
    ("", 1, "the list is empty"),
    ("name,too\nh1,key:dhcp1\n", 1, "unknown column 'too'"),
    ("name,from\nh1,key:dhcp1\n", 1, "there is no 'to' among them"),
    ("zone,from,to\ncorp.example,key:dhcp1,key:dhcp2\n", 1, "of a list with the column 'name'"),
    ("name,to\nh1.corp.example,dhcp1\n", 2, "did you mean 'key:dhcp1'?"),
    ("name,to\nh1.corp.example\n", 2, "1 field, and the first line names 2 columns"),
    ("name,to\nh1.corp.example,\n", 2, "'to' is empty"),
    ("name,to\nh1.corp.exmaple,key:dhcp1\n", 2, "is in no zone of this server"),
    ("name,to\nh9.lab.example,key:dhcp1\n", 2, "no record at h9.lab.example"),
    ("name,type,to\nh1.corp.example,AAA,key:dhcp1\n", 2, "did you mean"),
    ("name,type,to\nh1.corp.example,AAAA,key:dhcp1\n", 2, "no AAAA at h1.corp.example"),
    ("name,from,to\nh1.corp.example,key:dhcp1,key:dhcp2\n", 2, "no record of key:dhcp1 at"),
    ("name,to\nh1.corp.example,@none\n", 2, "there is no group @none"),
    ("zone,name,to\nnosuch.example,h1,key:dhcp1\n", 2, "no zone 'nosuch.example' here"),
    ("name,to\nh1.corp.example,key:dhcp1\nH1.corp.example.,key:dhcp2\n", 3, "in line 2 already"),
    ("from,to\nkey:nobody,key:dhcp1\n", 2, "key:nobody owns nothing here"),
    ("from,to\nlocal:root,local:root\n", 2, "from and to are the same"),
    ('name,to\n"h1,key:dhcp1\n', 2, ""),
]


@pytest.mark.parametrize("text, line, said", FAULTS)
def test_each_wrong_line_is_named_and_nothing_is_changed(server, text, line, said):
    good = "name,to\nh2.corp.example,key:dhcp1\n"
    before, seq = state(server), server.last_change()
    for words in ((), ("--yes",), ("--plan",)):
        answer = listed(server, text, *words)
        assert answer.code == 2 and f"owners.csv:{line}: " in answer.err and said in answer.err, \
            answer
    assert state(server) == before and server.last_change() == seq
    assert listed(server, good, "--yes").code == 0


def test_all_wrong_lines_are_named_at_once(server):
    text = "name,to\n" + "".join(f"no{n}.corp.example,key:dhcp1\n" for n in range(1200))
    answer = listed(server, text, "--yes")
    assert answer.code == 2 and answer.err.count("owners.csv:") == 1000
    assert "1200 lines of the list are wrong (the first 1000 are named)" in answer.err


def test_wrong_lines_of_all_kinds_are_named_at_once_and_in_order(server):
    text = ("name,type,to\nh9.corp.example,A,key:dhcp1\nh1.corp.example,AAA,key:dhcp1\nh2.corp.example,A,@none\n"
            "h1.corp.exmaple,A,key:dhcp1\nh3.corp.example,A,key:dhcp1\nh3.corp.example,A,@none\nh4.corp.example\n"
            "h8.corp.example,A,@none\n")
    answer = listed(server, text, "--yes")
    assert answer.code == 2 and "7 lines of the list are wrong: nothing was changed" in answer.err
    said = [line.split("owners.csv:")[1] for line in answer.err.splitlines() if "owners.csv:" in line]
    assert [line.split(": ")[0] for line in said] == ["2", "3", "4", "5", "7", "7", "8", "9", "9"], answer.err
    for line, words in zip(said, ("no A at h9", "did you mean", "there is no group @none", "is in no zone",
                                  "there is no group @none", "in line 6 already", "1 field",
                                  "there is no group @none", "no A at h8")):
        assert words in line and ": line " not in line, answer.err


def test_a_chain_of_owners_is_refused(server):
    update = server.update(ZONE, server.dhcp1)
    update.add("pc1", 300, "A", "10.0.0.7")
    update2 = server.update(ZONE, server.dhcp2)
    update2.add("pc2", 300, "A", "10.0.0.7")
    assert server.ask(update).rcode() == server.ask(update2).rcode() == 0
    answer = listed(server, "from,to\nkey:dhcp1,key:dhcp2\nkey:dhcp2,local:ann\n", "--yes")
    assert answer.code == 2 and "key:dhcp2 gives away what it owns in line 3" in answer.err


def test_a_list_of_a_zone_keeps_to_it(server):
    answer = listed(server, f"zone,name,to\n{LAB},x,key:dhcp1\n", "--zone", ZONE, "--yes")
    assert answer.code == 2 and "it is of zone lab.example" in answer.err
    assert listed(server, "name,to\nh1,key:dhcp1\n", "--zone", ZONE, "--yes").code == 0
    assert owners(server)[("h1", "A")] == "key:dhcp1"
    assert listed(server, "name,to\n@,key:dhcp1\n", "--zone", ZONE).code == 3


# --- record adopt


def adopt(server, *words):
    return server.ctl("record", "adopt", ZONE, *words)


def test_hosts_adopt_what_an_import_left(tenured):
    server = made(tenured(clock="2026-01-05T09:00:00Z"))
    before = state(server)
    words = ["--realm", "CORP.EXAMPLE"]
    rows = [r for r in adopt(server, *words, "--plan", "--json").rows() if "data" in r]
    taken = {(r["name"], r["type"]): r["new_owner"] for r in rows if "new_owner" in r}
    left = {r["name"].split(".")[0]: r["why_left"] for r in rows if "why_left" in r}
    assert taken == {(f"h{n}.{ZONE}", "A"): f"gss:host/h{n}.{ZONE}@CORP.EXAMPLE"
                     for n in range(1, 6)}
    assert left == {"ns": "a name server", "*": "a reserved name", "wpad": "a reserved name"}
    assert state(server) == before
    answer = adopt(server, *words)
    assert answer.code == 3 and "5 records at 5 names would be dynamic and age" in answer.err
    assert state(server) == before
    server.ctl_ok("clock", "forward", "1h")
    done = adopt(server, *words, "--yes", "--json")
    assert done.code == 0, done
    result = done.rows()[-1]
    assert (result["records"], result["names"], result["left"]) == (5, 5, 3)
    now = server.rows("record", "list", ZONE)
    for row in now:
        if (row["name"], row["type"]) in taken:
            assert (row["owner"], row["class"], row["stamp"]) == (
                taken[(row["name"], row["type"])], "dynamic", "2026-01-05T10:00:00Z")
            assert row["stale_at"] == "2026-01-19T10:00:01Z"
    assert [r for r in now if r["class"] == "static"] == [
        r for r in before[0] if (r["name"], r["type"]) not in taken]
    server.ctl_ok("audit", "revert", "--run", str(result["run"]))
    assert state(server) == before


def test_machines_of_windows_and_one_owner(server):
    server.ctl_ok("record", "add", ZONE, "a-name-of-more-letters", "A", "10.0.0.10")
    rows = [r for r in adopt(server, "--realm", "CORP.EXAMPLE", "--machines", "--plan",
                             "--json").rows() if "data" in r]
    taken = {r["name"].split(".")[0]: r["new_owner"] for r in rows if "new_owner" in r}
    assert taken["h1"] == "gss:H1$@CORP.EXAMPLE" and "a-name-of-more-letters" not in taken
    elsewhere = adopt(server, "h1", "--realm", "OTHER.EXAMPLE", "--machines")
    assert elsewhere.code == 6 and "realm-suffix" in elsewhere.err
    assert adopt(server, "h1", "--owner", "key:dhcp1").code == 0, "one name needs no question"
    update = server.update(ZONE, server.dhcp1)
    update.delete("h1", "A")
    assert server.ask(update).rcode() == 0, "it is the owner's"
    assert owners(server)[("h1", "TXT")] == "local:root", "what no host registers stays"


def test_what_is_kept_for_another_is_left(server):
    server.ctl_ok("record", "add", ZONE, "kept", "A", "10.0.0.11", "--owner", "key:dhcp2")
    answer = adopt(server, "kept", "--owner", "key:dhcp1")
    assert answer.code == 6 and "it is kept for another" in answer.err
    assert adopt(server, "kept", "--owner", "key:dhcp2").code == 0


def test_a_reverse_zone_is_adopted_by_the_hosts_that_it_names(server):
    reverse = "0.0.10.in-addr.arpa"
    server.zone(reverse, f"1 PTR h1.{ZONE}.", f"2 PTR h2.{ZONE}.", update="secure")
    done = server.ctl("record", "adopt", reverse, "--realm", "CORP.EXAMPLE", "--yes")
    assert done.code == 0 and "2 records at 2 names are their hosts' own" in done.out
    assert owners(server, reverse)[("1", "PTR")] == f"gss:host/h1.{ZONE}@CORP.EXAMPLE"


def test_one_record_is_its_hosts(server):
    plan = adopt(server, "h1", "--realm", "CORP.EXAMPLE", "--plan")
    assert plan.code == 0 and "1 record at 1 name would be its host's own" in plan.out
    done = adopt(server, "h1", "--realm", "CORP.EXAMPLE")
    assert done.code == 0 and "1 record at 1 name is its host's own" in done.out


@pytest.mark.parametrize("words, code, said", [
    ([], 2, "--realm"),
    (["--realm", "CORP EXAMPLE"], 2, "is no realm"),
    (["--realm", "R", "--owner", "key:a"], 2, "owner is one for all"),
    (["h1", "--match", "h*", "--owner", "key:dhcp1"], 2, "exclude each other"),
    (["alias", "--owner", "key:dhcp1"], 4, "no static records of hosts"),
    (["--owner", "@none"], 4, "there is no group @none"),
])
def test_what_is_wrong_with_an_adoption_is_said(server, words, code, said):
    before = state(server)
    answer = adopt(server, *words, "--yes")
    assert answer.code == code and said in answer.err, answer
    assert state(server) == before
