# SPDX-License-Identifier: BSD-2-Clause
"""tenurectl why: what an update would meet, and why one was refused."""
import socket
import time

import dns.exception
import dns.message
import dns.name
import pytest

from tenure import wait_until

ZONE = "corp.example"


@pytest.fixture
def server(tenured):
    """pc1 is key:kea1's, www is static, shared is key:kea1's and key:web's, old is anonymous."""
    one = tenured()
    one.zone(ZONE, "ns A 10.0.0.53", "www A 10.0.0.80", update="nonsecure")
    one.kea1, one.web = one.key("kea1"), one.key("web")
    assert add(one, None, "old", "10.0.0.7") == 0
    one.ctl_ok("zone", "set", ZONE, "update=secure")
    assert add(one, one.kea1, "pc1", "10.0.0.1") == 0
    return one


def add(server, key, name, data, type="A", zone=ZONE, **options):
    update = server.update(zone, key)
    update.add(name, 300, type, data)
    return server.ask(update, **options).rcode()


def why(server, name, *words):
    return server.rows("why", f"{name}.{ZONE}", *words)


@pytest.mark.parametrize("name, words, verdict, reason", [
    ("new", ["A", "--as", "key:web"], "allowed", "claim"),
    ("new", ["A", "--as", "anonymous"], "refused", "unsigned"),
    ("new", ["A", "--as", "local:root"], "allowed", "not-bound"),
    ("pc1", ["A", "--as", "key:kea1"], "allowed", "own-name"),
    ("pc1", ["A", "--as", "key:kea1", "--delete"], "allowed", "own"),
    ("pc1", ["A", "10.0.0.1", "--as", "key:web"], "allowed", "no-change"),
    ("pc1", ["A", "10.0.0.1", "--as", "key:web", "--delete"], "refused", "foreign"),
    ("pc1", ["A", "--as", "key:web", "--delete"], "refused", "foreign"),
    ("pc1", ["A", "--as", "key:web"], "refused", "taken"),
    ("www", ["A", "--as", "key:web", "--delete"], "refused", "static"),
    ("old", ["A", "--as", "key:old.corp.example", "--delete"], "allowed", "self"),
    ("old", ["A", "--as", "key:web", "--delete"], "refused", "foreign"),
    ("wpad", ["A", "--as", "key:web"], "refused", "reserved"),
    ("ns", ["A", "10.0.0.53", "--as", "key:web", "--delete"], "refused", "static"),
])
def test_the_verdict_is_that_of_an_update(server, name, words, verdict, reason):
    before = server.rows("record", "list", ZONE), len(server.rows("audit"))
    rows = why(server, name, *words)
    assert [(row["verdict"], row["code"]) for row in rows] == [(verdict, reason)], rows
    assert (server.rows("record", "list", ZONE), len(server.rows("audit"))) == before
    principal = words[words.index("--as") + 1]
    if words[0] != "A" or "--delete" in words or principal == "local:root":
        return
    keys = {"key:web": server.web, "key:kea1": server.kea1, "anonymous": None}
    data = words[1] if words[1] != "--as" else "10.1.2.3"
    assert add(server, keys[principal], name, data) == (0 if verdict == "allowed" else 5)


def test_the_apex_and_closed_zones_have_their_reasons(server):
    assert server.rows("why", ZONE, "NS", "--as", "key:web")[0]["code"] == "apex"
    server.ctl_ok("zone", "set", ZONE, "policy=closed")
    row = why(server, "new", "A", "--as", "key:kea1")[0]
    assert row["code"] == "no-rule" and "allow key:kea1 claim at new" in row["remedy"]
    server.ctl_ok("zone", "set", ZONE, "update=none")
    row = why(server, "new", "A", "--as", "key:web")[0]
    assert row["code"] == "mode-none"
    assert row["remedy"] == "tenurectl zone set corp.example update=secure"


def test_the_command_that_would_change_it_does(server):
    row = why(server, "pc1", "A", "--as", "key:web", "--delete")[0]
    assert row["owner"] == "key:kea1" and row["reason"] == "owned by key:kea1"
    command = row["remedy"].split(": tenurectl ")[1].split()
    assert command == ["owner", "transfer", "--from", "key:kea1", "--to", "key:web", "--zone",
                       ZONE, "--match", f"pc1.{ZONE}"]
    server.ctl_ok(*command)
    assert why(server, "pc1", "A", "--as", "key:web", "--delete")[0]["verdict"] == "allowed"
    assert add(server, server.web, "pc1", "10.0.0.2") == 0


@pytest.mark.parametrize("rules, name, type, data", [
    ("", "new", "NS", "ns.corp.example."),
    ("", "_acme-challenge.pc1", "TXT", "x"),
    ("allow key:web claim types AAAA\ndeny authenticated join\n", "wpad", "A", "10.0.0.3"),
])
def test_the_rule_that_would_allow_it_does(server, rules, name, type, data):
    server.ctl_ok("zone", "policy", "set", ZONE, input=rules)
    row = why(server, name, type, "--as", "key:web")[0]
    assert row["verdict"] == "refused"
    rule = row["remedy"].split("'")[1]
    server.ctl_ok("zone", "policy", "set", ZONE, input=f"{rules}{rule}\n")
    assert why(server, name, type, "--as", "key:web")[0]["verdict"] == "allowed"
    assert add(server, server.web, name, data, type) == 0


def test_a_clause_that_binds_an_owner_is_said(server):
    server.ctl_ok("zone", "set", ZONE, "policy=closed")
    rule = "allow key:web claim at acme types TXT"
    server.ctl_ok("zone", "policy", "set", ZONE, input=f"{rule}\n")
    assert add(server, server.web, "acme", "x", "TXT") == 0
    row = why(server, "acme", "A", "--as", "key:web")[0]
    assert (row["verdict"], row["code"], row["rule_line"]) == ("refused", "clause", 1)
    assert row["reason"].startswith("line 1 lets key:web add TXT here, not A")
    assert "allow key:web claim at acme.corp.example. types A" in row["remedy"]


def test_people_read_it_as_lines(server):
    said = server.ctl_ok("why", f"pc1.{ZONE}", "A", "--as", "key:web")
    assert "refused" in said and "name holds records of others" in said
    assert "tenurectl owner transfer --from key:kea1 --to key:web" in said
    assert "changes nothing" in server.ctl_ok("why", f"new.{ZONE}", "A", "--as", "key:web",
                                              "--delete")


def test_a_refusal_that_was_is_explained(server):
    assert add(server, server.web, "pc1", "10.0.0.9") == 5
    row = server.rows("why", "--last", f"pc1.{ZONE}")[-1]
    assert row["principal"] == "key:web" and row["key"] == "web" and row["subject"] == \
        "pc1.corp.example A"
    assert row["source"].startswith("127.0.0.1@")
    assert row["code"] == "taken" and row["reason"] == "name holds records of others"
    assert "owner transfer --from key:kea1 --to key:web" in row["remedy"]
    assert "allow key:web join at pc1.corp.example" in row["remedy"]
    assert row["right"] == "join" and row["owner"] == "key:kea1" and row["rule"] is None
    assert server.rows("why", "--seq", f"r{row['seq']}") == [row]
    time.sleep(1.1)  # one a second of each source and principal is written at once
    update = server.update(ZONE, server.web)
    update.delete("pc1")
    assert server.ask(update).rcode() == 5
    row = server.rows("why", "--last", f"pc1.{ZONE}")[-1]
    assert "owner transfer --from key:kea1 --to key:web" in row["remedy"]
    assert row["owner"] == "key:kea1" and row["right"] == "write"
    assert "owner transfer" in server.ctl_ok("why", "--last", f"pc1.{ZONE}")


def refused(server, key, name, change):
    """Whether an update of one change is refused; what `why --last` says of the name then."""
    update = server.update(ZONE, key)
    change(update, name)
    rcode = server.ask(update).rcode()
    time.sleep(1.1)  # one a second of each source and principal is written at once
    return rcode, server.rows("why", "--last", f"{name}.{ZONE}")[-1]


@pytest.mark.parametrize("name, type, setting, reason, right, remedy", [
    ("www", "A", "", "static", "write", "owner transfer --from local:root --to key:web"),
    ("pc1", "A", "", "foreign", "write", "owner transfer --from key:kea1 --to key:web"),
    ("wpad", "A", "", "reserved", "claim", "allow key:web claim at wpad.corp.example. types A"),
    ("new", "NS", "", "structure", "claim",
     "allow key:web claim,join at new.corp.example. types NS"),
    ("mine", "NS", "", "structure", "claim",
     "allow key:web claim,join at mine.corp.example. types NS"),
    ("_acme-challenge.pc1", "TXT", "", "speaks-for", "claim",
     "allow key:web claim at _acme-challenge.pc1.corp.example. types TXT"),
    ("_kerberos._tcp", "TXT", "", "reserved", "claim",
     "allow key:web claim at _kerberos._tcp.corp.example. types TXT"),
    ("new", "A", "policy=closed", "no-rule", "claim", "allow key:web claim at new.corp.example."),
    ("new", "A", "max-names=1", "many-names", "claim", "zone set corp.example max-names="),
    ("mine", "A", "max-records=1", "many-records", "claim", "zone set corp.example max-records="),
    ("new", "A", "update=none", "mode-none", "nothing", "zone set corp.example update=secure"),
])
def test_each_refusal_is_explained_alike_before_and_after(server, name, type, setting, reason,
                                                          right, remedy):
    assert add(server, server.web, "mine", "10.0.0.2") == 0
    if setting:
        server.ctl_ok("zone", "set", ZONE, setting)
    is_delete = name in ("www", "pc1")
    data = {"A": "10.0.0.3", "NS": "ns.corp.example.", "TXT": "x"}[type]
    words = [type, "--as", "key:web"] + (["--delete"] if is_delete else [])
    before = why(server, name, *words)[0]
    rcode, after = refused(server, server.web, name,
                           (lambda u, n: u.delete(n, type)) if is_delete else
                           (lambda u, n: u.add(n, 300, type, data)))
    assert rcode == 5
    assert remedy in after["remedy"] and (after["code"], after["right"]) == (reason, right), after
    members = ["verdict", "zone", "name", "type", "principal", "code", "reason", "owner", "remedy"]
    assert {m: before[m] for m in members} == {m: after[m] for m in members}


def test_a_frozen_zone_is_explained_too(server):
    server.ctl_ok("zone", "freeze", ZONE)
    before = why(server, "new", "A", "--as", "key:web")[0]
    rcode, after = refused(server, server.web, "new", lambda u, n: u.add(n, 300, "A", "10.0.0.3"))
    assert rcode == 5 and before["code"] == after["code"] == "frozen"
    assert before["remedy"] == after["remedy"] == "tenurectl zone thaw corp.example"


def test_the_rule_that_decided_is_shown_with_its_line(server):
    server.ctl_ok("zone", "policy", "set", ZONE,
                  input="# nobody\ndeny key:web claim,join\nallow key:kea1 claim,join at shared\n")
    before = why(server, "new", "A", "--as", "key:web")[0]
    rcode, after = refused(server, server.web, "new", lambda u, n: u.add(n, 300, "A", "10.0.0.3"))
    assert rcode == 5 and before["code"] == after["code"] == "denied"
    assert before["rule"] == after["rule"] == "deny key:web claim,join"
    assert before["rule_line"] == after["rule_line"] == 2
    assert after["right"] == "claim,join" and "zone policy add" in after["remedy"]
    assert add(server, server.kea1, "shared", "10.0.0.4") == 0
    seq = server.rows("audit")[-1]["seq"]
    row = server.rows("why", "--seq", str(seq))[0]
    assert (row["verdict"], row["code"], row["rule_line"]) == ("allowed", "claim", 3)
    assert row["rule"].startswith("allow key:kea1 claim,join at shared")


def test_questions_and_transfers_have_their_reasons(server):
    server.ctl_ok("zone", "policy", "set", ZONE, input="allow key:kea1 query,transfer\n")
    rows = why(server, "new", "A", "--as", "key:web")
    assert [(r["change"], r["verdict"], r["right"]) for r in rows] == \
        [("add", "allowed", "claim"), ("query", "refused", "query")]
    assert "'allow key:web query'" in rows[1]["remedy"]
    for key, verdict in (("key:kea1", "allowed"), ("key:web", "refused")):
        row = server.rows("why", ZONE, "AXFR", "--as", key)[0]
        assert (row["change"], row["verdict"], row["right"]) == ("transfer", verdict, "transfer")


def test_the_right_zone_is_named(server):
    server.zone("sub.corp.example", "ns A 10.0.0.53", update="secure")
    answer = server.ctl("why", "x.sub.corp.example.", "A", "--as", "key:web", "--zone", ZONE)
    assert "did you mean --zone sub.corp.example?" in answer.err
    assert add(server, server.web, f"x.{ZONE}.", "10.0.0.1", zone="sub.corp.example") == 10
    row = server.rows("why", "--last", f"x.{ZONE}")[-1]
    assert row["code"] == "not-zone" and "did you mean corp.example?" in row["reason"]
    assert "`zone corp.example`" in row["remedy"]


@pytest.mark.parametrize("words, code, said", [
    ([], 2, "is needed"),
    (["x.corp.example"], 2, "--as"),
    (["x.corp.example", "--as", "key:web"], 2, "type is needed"),
    (["x.corp.example", "A"], 2, "--as"),
    (["x.corp.example", "AA", "--as", "key:web"], 2, "not a record type"),
    (["x.corp.example", "ANY", "--as", "key:web"], 2, "cannot be stored"),
    (["x.corp.example", "A", "1.2.3", "--as", "key:web"], 2, "1.2.3"),
    (["x.corp.example", "A", "--as", "web"], 2, "is no principal"),
    (["x.corp.example", "A", "--as", "@dhcp"], 2, "not a principal"),
    (["x.corp.example", "A", "--as", "key:a..b"], 2, "not a principal"),
    (["x.corp.example", "A", "--as", "key:web", "--from", "10.0.0"], 2, "not an address"),
    (["x.example.net", "A", "--as", "key:web"], 4, "no zone"),
    (["a..b", "A", "--as", "key:web"], 2, "not a name"),
    (["x", "A", "--as", "key:web", "--zone", "corq.example"], 4, "did you mean"),
    (["x.example.net.", "A", "--as", "key:web", "--zone", ZONE], 2, "outside"),
    (["--last", "quiet.corp.example"], 4, "no refusal"),
    (["--last", "a..b"], 2, "not a name"),
    (["--seq", "0"], 2, "--seq"),
    (["--seq", "-1"], 2, "--seq"),
    (["--seq", "x"], 2, "--seq"),
    (["--seq", "99999999999999999999"], 2, "--seq"),
    (["--seq", "4711"], 4, "no entry 4711"),
    (["--seq", "1"], 1, "no refusal"),
    (["--seq", "1", "--last", ZONE], 2, "exclude"),
    (["x", "A", "--last", ZONE], 2, "exclude"),
    (["--seq", "1", "--as", "key:web"], 2, "--as"),
    (["--last", ZONE, "--delete"], 2, "--delete"),
])
def test_what_makes_no_sense_is_said(server, words, code, said):
    answer = server.ctl("why", *words)
    assert answer.code == code and said in answer.err, answer


def test_a_key_that_is_not_here_is_said(server):
    answer = server.ctl("why", f"new.{ZONE}", "A", "--as", "key:nobody")
    assert answer.code == 0 and "no key 'nobody'" in answer.err


def test_what_was_folded_is_written_when_no_other_comes(tenured):
    server = tenured()
    server.zone(ZONE, "ns A 10.0.0.53", update="none")
    for number in range(20):
        assert add(server, None, f"pc{number}", "10.0.0.1") == 5

    def told():
        return sum(1 + row.get("folded", 0) for row in server.rows("audit", "--denied"))
    wait_until(lambda: told() == 20, "all 20 refusals are told of")
    server.ctl_ok("zone", "set", ZONE, "update=secure")
    for number in range(5):
        assert add(server, None, f"x{number}", "10.0.0.1") == 5
    assert told() == 20, "a signed update may follow for a minute"
    server.restart()
    assert told() == 25, "a stop loses none"


def test_all_names_that_are_refused_at_once_are_found_at_once(server):
    for number in range(20):
        assert add(server, None, f"pc{number}x", "10.0.0.1") == 5
        row = server.rows("why", "--last", f"pc{number}x.{ZONE}")[-1]
        assert row["code"] == "unsigned"
    assert server.ctl("why", "--last", f"pc99x.{ZONE}").code == 4


def test_a_signed_question_that_does_not_verify_is_found(server):
    question = dns.message.make_query(ZONE, "SOA")
    question.use_tsig({dns.name.from_text("nobody."): b"0123456789abcdef"}, "nobody.")
    try:
        server.ask(question)
    except dns.exception.DNSException:
        pass
    row = server.rows("why", "--last", ZONE)[-1]
    assert row["code"] == "badkey" and row["event"] == "query-denied"


def test_a_flood_of_unsigned_refusals_hides_no_signed_one(server):
    updates = []
    for number in range(300):
        update = server.update(ZONE, None)
        update.add(f"f{number}", 300, "A", "10.0.0.1")
        updates.append(update.to_wire())
    for last in range(2, 42):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.bind((f"127.0.1.{last}", 0))
            for wire in updates:
                udp.sendto(wire, (server.address, server.port))
    assert add(server, server.web, "pc1", "10.0.0.9") == 5
    row = server.rows("why", "--last", f"pc1.{ZONE}")[-1]
    assert row["principal"] == "key:web" and row["code"] == "taken"
    begun = time.monotonic()
    server.stop()
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("script, key, said", [
    (f"zone {ZONE}\nupdate add n.{ZONE} 60 A 10.0.0.1", None, "REFUSED"),
    (f"zone {ZONE}\nupdate delete pc1.{ZONE}", "web", "REFUSED"),
    (f"zone {ZONE}\nupdate add n.{ZONE} 60 A 10.0.0.1", "unknown", "NOTAUTH(BADKEY)"),
    (f"zone {ZONE}\nupdate add n.{ZONE} 60 A 10.0.0.1", "kea1", "NOTAUTH(BADSIG)"),
    (f"zone pc1.{ZONE}\nupdate add pc1.{ZONE} 60 A 10.0.0.1", "web", "NOTAUTH"),
    (f"zone {ZONE}\nupdate add n.example.net 60 A 10.0.0.1", "web", "NOTZONE"),
    (f"zone {ZONE}\nprereq nxdomain pc1.{ZONE}\nupdate add pc1.{ZONE} 60 A 10.0.0.1", "web",
     "YXDOMAIN"),
])
def test_nsupdate_says_what_the_guide_says(server, script, key, said):
    options = []
    if key:
        secret = server.web.secret  # which is not that of kea1
        options = ["-y", f"hmac-sha256:{key}:{secret}"]
    answer = server.nsupdate(script, *options)
    assert answer.code != 0 and said in answer.err + answer.out, answer
