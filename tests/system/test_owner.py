# SPDX-License-Identifier: BSD-2-Clause
"""tenurectl owner, record pin: whose records are, and how that changes."""
import pytest

ZONE = "corp.example"


@pytest.fixture
def server(tenured):
    """pc1 and pc2 are key:dhcp1's, web is key:web's, www is static."""
    one = tenured()
    one.zone(ZONE, "ns A 10.0.0.53", "www A 10.0.0.80", update="secure")
    one.dhcp1, one.dhcp2, one.web = one.key("dhcp1"), one.key("dhcp2"), one.key("web")
    for name, data, key in [("pc1", "10.0.0.1", one.dhcp1), ("pc2", "10.0.0.2", one.dhcp1),
                            ("web", "10.0.0.3", one.web)]:
        assert add(one, key, name, data) == 0
    return one


def add(server, key, name, data, type="A"):
    update = server.update(ZONE, key)
    update.add(name, 300, type, data)
    return server.ask(update).rcode()


def delete(server, key, name):
    update = server.update(ZONE, key)
    update.delete(name)
    return server.ask(update).rcode()


def owners(server, *words):
    return {row["name"].split(".")[0]: row["owner"]
            for row in server.rows("record", "list", ZONE, *words) if row["type"] == "A"}


def state(server):
    return server.rows("record", "list", ZONE)


def test_the_records_of_an_owner_are_listed(server):
    rows = server.rows("owner", "list", "key:dhcp1")
    assert [row["name"] for row in rows] == ["pc1.corp.example", "pc2.corp.example"]
    assert rows == server.rows("owner", "list", "key:DHCP1", "--zone", ZONE)
    assert "pc2" in server.ctl_ok("owner", "list", "key:dhcp1")


def test_a_transfer_is_shown_before_it_is_done(server):
    before = state(server)
    words = ["owner", "transfer", "--from", "key:dhcp1", "--to", "key:dhcp2"]
    rows = server.rows(*words, "--plan")
    assert [(row["name"], row["owner"], row["new_owner"]) for row in rows] == [
        ("pc1.corp.example", "key:dhcp1", "key:dhcp2"),
        ("pc2.corp.example", "key:dhcp1", "key:dhcp2")]
    assert "2 records at 2 names in 1 zone would go to key:dhcp2" in \
        server.ctl_ok(*words, "--plan")
    assert state(server) == before, "a plan changes nothing"


def test_a_transfer_gives_names_to_another_and_the_reverse_gives_them_back(server):
    before = state(server)
    serial = server.rows("zone", "show", ZONE)[0]["serial"]
    server.ctl_ok("owner", "transfer", "--from", "key:dhcp1", "--to", "key:dhcp2", "--yes")
    assert owners(server) == {"ns": "local:root", "www": "local:root", "web": "key:web",
                              "pc1": "key:dhcp2", "pc2": "key:dhcp2"}
    assert server.rows("zone", "show", ZONE)[0]["serial"] == serial, "the data is as it was"
    assert delete(server, server.dhcp1, "pc1") == 5
    server.ctl_ok("owner", "transfer", "--from", "key:dhcp2", "--to", "key:dhcp1", "--yes")
    assert state(server) == before, "stamps and classes too"
    assert delete(server, server.dhcp1, "pc1") == 0


def test_the_log_knows_both_owners_of_each_record(server):
    server.ctl_ok("owner", "transfer", "--from", "key:dhcp1", "--to", "key:dhcp2", "--zone", ZONE,
                  "--yes")
    rows = server.rows("audit", "--event", "owner-transfer")
    assert [(r["name"], r["old"]["owner"], r["new"]["owner"], r["principal"], r["reason"])
            for r in rows] == [
        ("pc1.corp.example", "key:dhcp1", "key:dhcp2", "local:root", "key:dhcp1 -> key:dhcp2"),
        ("pc2.corp.example", "key:dhcp1", "key:dhcp2", "local:root", "key:dhcp1 -> key:dhcp2")]
    assert len({row["seq"] for row in rows}) == 1
    server.ctl_ok("audit", "verify")


@pytest.mark.parametrize("glob, moved", [
    ("pc1", {"pc1"}), ("pc*", {"pc1", "pc2"}), ("*.corp.example", {"pc1", "pc2"}),
    ("pc2.corp.example.", {"pc2"}), ("*2", {"pc2"}), ("PC1", {"pc1"}),
])
def test_a_pattern_chooses_names(server, glob, moved):
    server.ctl_ok("owner", "transfer", "--from", "key:dhcp1", "--to", "key:dhcp2", "--match", glob,
                  "--yes")
    assert {name for name, owner in owners(server).items() if owner == "key:dhcp2"} == moved


@pytest.mark.parametrize("words, code, said", [
    (["list", "key:nobody"], 4, "owns nothing"),
    (["list", "dhcp1"], 2, "is no principal"),
    (["list", "key:dhcp1", "--zone", "corq.example"], 4, "did you mean"),
    (["transfer", "--from", "key:dhcp1"], 2, "--to"),
    (["transfer", "--from", "key:nobody", "--to", "key:web"], 4, "owns no such records"),
    (["transfer", "--from", "key:dhcp1", "--to", "key:dhcp1"], 2, "the same"),
    (["transfer", "--from", "key:DHCP1.", "--to", "key:dhcp1"], 2, "the same"),
    (["transfer", "--from", "key:dhcp1", "--to", "dhcp2"], 2, "is no principal"),
    (["transfer", "--from", "key:dhcp1", "--to", "@nobody"], 4, "no group"),
    (["transfer", "--from", "key:dhcp1", "--to", "@"], 2, "not a principal"),
    (["transfer", "--from", "key:dhcp1", "--to", "key:web", "--match", "a..b"], 2, "not a name"),
    (["transfer", "--from", "key:dhcp1", "--to", "key:web", "--match", ""], 2, "not a name"),
    (["transfer", "--from", "key:dhcp1", "--to", "key:web", "--match", "x*"], 4, "no such"),
    (["transfer", "--from", "key:dhcp1", "--to", "key:web", "--zone", "no.example"], 4, "no zone"),
    (["transfer", "--from", "key:dhcp1", "--to", "key:web", "extra"], 2, "too many"),
    (["release", "nothing.corp.example"], 4, "nothing stands"),
    (["release", "pc1.corp.example", "nothing.corp.example"], 4, "nothing stands"),
    (["release", "pc1.example.net"], 4, "in no zone"),
    (["release", "a..b"], 2, "not a name"),
    (["release"], 2, "too few"),
])
def test_what_makes_no_sense_changes_nothing(server, words, code, said):
    before = state(server)
    for plan in [[], ["--plan"]] if words[0] != "list" else [[]]:
        answer = server.ctl("owner", *words, *plan)
        assert answer.code == code and said in answer.err, answer
    assert state(server) == before


def test_an_heir_that_is_not_there_yet_is_told(server):
    answer = server.ctl("owner", "transfer", "--from", "key:dhcp1", "--to", "key:dhcp3", "--yes")
    assert answer.code == 0 and "no key 'dhcp3' here yet" in answer.err
    assert delete(server, server.key("dhcp3"), "pc1") == 0


def test_a_released_name_goes_to_whose_own_it_is_alone(server):
    before = owners(server)
    assert "would be" in server.ctl_ok("owner", "release", "pc1.corp.example", "--plan")
    assert owners(server) == before
    asked = server.ctl("owner", "release", "pc1", "pc2", "--zone", ZONE)
    assert (asked.code, "2 records would be owned by nobody" in asked.err) == (3, True), asked
    server.ctl_ok("owner", "release", "pc1", "pc2", "--zone", ZONE, "--yes")
    assert owners(server)["pc1"] == owners(server)["pc2"] == "anonymous"
    assert add(server, server.dhcp1, "pc1", "10.0.0.1") == 0
    assert owners(server)["pc1"] == "anonymous", "naming it again is not enough"
    assert delete(server, server.dhcp1, "pc1") == 5
    assert add(server, server.key("pc1.corp.example"), "pc1", "10.0.0.1") == 0
    assert owners(server)["pc1"] == "key:pc1.corp.example"
    assert [row["name"] for row in server.rows("audit", "--event", "owner-release")] == [
        "pc1.corp.example", "pc2.corp.example"]


def test_a_reserved_name_is_changed_by_its_owner_alone(server):
    server.ctl_ok("record", "add", ZONE, "new", "A", "10.0.0.99", "--owner", "key:new")
    assert add(server, server.web, "new", "10.0.0.9") == 5
    key = server.key("new")
    assert add(server, key, "new", "10.0.0.98") == 0
    assert delete(server, key, "new") == 0


def classes(server, name):
    return {(row["type"], row["data"]): row["class"]
            for row in server.rows("record", "list", ZONE, name)}


def test_a_pinned_record_stays_its_owners(server):
    assert add(server, server.dhcp1, "pc1", '"x"', "TXT") == 0
    server.ctl_ok("record", "pin", ZONE, "pc1", "A")
    assert classes(server, "pc1") == {("A", "10.0.0.1"): "pinned", ("TXT", '"x"'): "dynamic"}
    server.ctl_ok("record", "pin", ZONE, "pc1")
    assert set(classes(server, "pc1").values()) == {"pinned"}
    server.ctl_ok("record", "unpin", ZONE, "pc1", "TXT", "x")
    assert classes(server, "pc1") == {("A", "10.0.0.1"): "pinned", ("TXT", '"x"'): "dynamic"}
    assert owners(server)["pc1"] == "key:dhcp1"
    assert delete(server, server.dhcp1, "pc1") == 0
    assert {row["event"] for row in server.rows("audit", "--name", f"pc1.{ZONE}")} >= {
        "record-pin", "record-unpin"}


def test_a_record_can_be_released(server):
    server.ctl_ok("record", "release", ZONE, "pc1", "A", "10.0.0.1")
    assert owners(server)["pc1"] == "anonymous"
    assert "nothing changed" in server.ctl_ok("record", "release", ZONE, "pc1")


@pytest.mark.parametrize("verb", ["pin", "unpin", "release"])
@pytest.mark.parametrize("words, code, said", [
    ([ZONE, "nothing"], 4, "no such record"),
    ([ZONE, "pc1", "TXT"], 4, "no such record"),
    ([ZONE, "pc1", "A", "10.9.9.9"], 4, "no such record"),
    ([ZONE, "pc1", "A", "10.9.9.900"], 2, "10.9.9.900"),
    ([ZONE, "pc1", "AA"], 2, "not a record type"),
    ([ZONE, "pc1.example.net."], 2, "outside"),
    (["no.example", "pc1"], 4, "no zone"),
    ([ZONE], 2, "too few"),
])
def test_what_is_not_there_is_not_pinned(server, verb, words, code, said):
    answer = server.ctl("record", verb, *words)
    assert answer.code == code and said in answer.err, answer


def test_what_anonymous_left_is_shown_before_a_zone_becomes_secure(tenured):
    server = tenured()
    server.zone(ZONE, "ns A 10.0.0.53", "www A 10.0.0.80", update="nonsecure")
    server.ctl_ok("zone", "set", ZONE, "protect-static=off")  # it would protect wpad
    for name in ("old", "web.lab", "wpad"):
        assert add(server, None, name, "10.0.0.7") == 0
    assert add(server, server.key("kea"), "pc1", "10.0.0.1") == 0
    before = server.rows("zone", "show", ZONE), state(server), len(server.rows("audit"))
    rows = server.rows("zone", "set", ZONE, "update=secure", "--plan")
    assert {row["name"]: row["claimable_by"] for row in rows} == {
        f"old.{ZONE}": [f"key:old.{ZONE}", f"gss:host/old.{ZONE}@REALM", "gss:OLD$@CORP.EXAMPLE"],
        f"web.lab.{ZONE}": [f"key:web.lab.{ZONE}", f"gss:host/web.lab.{ZONE}@REALM",
                            "gss:WEB$@LAB.CORP.EXAMPLE"],
        f"wpad.{ZONE}": []}, "a reserved name is nobody's to claim"
    said = server.ctl_ok("zone", "set", ZONE, "update=secure", "--plan")
    assert "3 anonymous records at 3 names, 3 that nobody with a key" in said
    assert (server.rows("zone", "show", ZONE), state(server), len(server.rows("audit"))) == before
    server.ctl_ok("zone", "set", ZONE, "update=secure")
    assert add(server, server.key(f"old.{ZONE}"), "old", "10.0.0.7") == 0
    assert owners(server)["old"] == f"key:old.{ZONE}"


def test_a_takeover_rule_lets_others_claim(tenured):
    server = tenured()
    server.zone(ZONE, "ns A 10.0.0.53", update="nonsecure")
    assert add(server, None, "old", "10.0.0.7") == 0
    rules = server.folder / "rules"
    rules.write_text("allow key:kea1 takeover over anonymous\n"
                     "allow key:kea takeover under corp.example over anonymous\n"
                     "allow key:d2-* takeover over anonymous\n"
                     "allow key:other takeover over key:kea\n")
    server.ctl_ok("zone", "policy", "set", ZONE, rules)
    row = server.rows("zone", "set", ZONE, "update=secure", "--plan")[0]
    assert row["claimable_by"] == \
        [f"key:old.{ZONE}", f"gss:host/old.{ZONE}@REALM", "gss:OLD$@CORP.EXAMPLE",
         "key:kea1", "key:kea", "key:d2-*"]


@pytest.mark.parametrize("words, code, said", [
    (["update=secur", "--plan"], 2, "update"),
    (["--plan"], 2, "few"),
])
def test_a_plan_is_about_secure_updates(tenured, words, code, said):
    server = tenured()
    server.zone(ZONE, "ns A 10.0.0.53", update="none")
    answer = server.ctl("zone", "set", ZONE, *words)
    assert answer.code == code and said in answer.err, answer


def test_a_name_is_kept_for_somebody_before_it_exists(server):
    said = server.ctl_ok("owner", "reserve", f"new.{ZONE}", "--for", "key:web")
    assert "new.corp.example is kept for key:web" in said
    assert server.ctl("record", "list", ZONE, "new").code == 4, "no record stands for it"
    row = server.rows("owner", "show", f"new.{ZONE}")[0]
    assert (row["class"], row["owner"]) == ("kept", "key:web")
    assert "kept" in server.ctl_ok("owner", "show", f"new.{ZONE}")
    assert f"new.{ZONE}" in [r["name"] for r in server.rows("owner", "list", "key:web")]
    event = server.rows("audit", "--event", "owner-reserve")[-1]
    assert (event["subject"], event["reason"]) == (f"new.{ZONE}", "kept for key:web")
    why = server.rows("why", f"new.{ZONE}", "A", "--as", "key:dhcp1")[0]
    assert (why["code"], why["owner"]) == ("kept-for", "key:web")
    assert add(server, server.dhcp1, "new", "10.0.0.9") == 5
    past = server.rows("why", "--last", f"new.{ZONE}")[0]
    members = ["code", "owner", "right", "remedy", "reason"]
    assert {m: past[m] for m in members} == {m: why[m] for m in members}
    assert "owner reserve new.corp.example --for key:dhcp1" in past["remedy"]
    server.ctl_ok("zone", "set", ZONE, "policy=closed")
    server.restart()
    assert add(server, server.web, "new", "10.0.0.9") == 0
    assert owners(server)["new"] == "key:web"
    assert server.ctl("owner", "reserve", f"new.{ZONE}", "--for", "key:dhcp1").code == 1


def test_a_name_is_kept_no_longer(server):
    server.ctl_ok("owner", "reserve", f"new.{ZONE}", "--for", "key:web")
    server.ctl_ok("owner", "reserve", f"new.{ZONE}", "--for", "key:dhcp1")
    assert server.rows("owner", "show", f"new.{ZONE}")[0]["owner"] == "key:dhcp1"
    assert "would be kept for nobody" in server.ctl_ok("owner", "release", f"new.{ZONE}", "--plan")
    assert add(server, server.web, "new", "10.0.0.9") == 5
    assert "now kept for nobody" in server.ctl_ok("owner", "release", f"new.{ZONE}")
    assert server.ctl("owner", "show", f"new.{ZONE}").code == 4
    assert add(server, server.web, "new", "10.0.0.9") == 0


@pytest.mark.parametrize("words, code, said", [
    (["new"], 2, "--for is needed"),
    (["new", "--for", "web", "--zone", ZONE], 2, "is no principal"),
    (["new", "--for", "anonymous", "--zone", ZONE], 2, "anonymous"),
    (["new", "--for", "@none", "--zone", ZONE], 4, "no group"),
    (["@", "--for", "key:web", "--zone", ZONE], 2, "the zone itself"),
    (["pc1", "--for", "key:web", "--zone", ZONE], 1, "holds records already"),
    (["new.example.net", "--for", "key:web"], 4, "no zone"),
])
def test_what_cannot_be_kept_is_said(server, words, code, said):
    answer = server.ctl("owner", "reserve", *words)
    assert answer.code == code and said in answer.err, answer
