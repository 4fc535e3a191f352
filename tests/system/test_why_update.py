# SPDX-License-Identifier: BSD-2-Clause
"""why --update: whole messages are judged, and the commands that it names let them pass."""
import os
import subprocess

import pytest

from tenure import program

ZONE = "corp.example"


@pytest.fixture
def server(tenured):
    """pc1 is key:kea1's, www is static, old is anonymous, mine is key:kea2's."""
    one = tenured()
    one.zone(ZONE, "ns A 10.0.0.53", "www A 10.0.0.80", update="nonsecure")
    one.kea1, one.kea2, one.web = one.key("kea1"), one.key("kea2"), one.key("web")
    assert add(one, None, "old", "10.0.0.7") == 0
    one.ctl_ok("zone", "set", ZONE, "update=secure")
    for number in range(1, 4):
        assert add(one, one.kea1, f"pc{number}", f"10.0.0.{number}") == 0
    assert add(one, one.kea2, "mine", "10.0.0.20") == 0
    return one


def add(server, key, name, data, type="A", zone=ZONE):
    update = server.update(zone, key)
    update.add(name, 300, type, data)
    return server.ask(update).rcode()


def judge(server, script, *words):
    """The rows, and the closing one."""
    answer = server.ctl("why", "--update", "-", "--json", *words, input=script + "\n")
    assert answer.code == 0, answer
    rows = answer.rows()
    assert "commands" in rows[-1], rows
    return rows[:-1], rows[-1]


def type_in(server, commands):
    """As an administrator would: pasted into a shell."""
    folder = server.folder / "typed"
    folder.mkdir(exist_ok=True)
    env = dict(os.environ, TENURE_SOCKET=str(server.socket),
               PATH=f"{os.path.dirname(program('tenurectl'))}:{os.environ['PATH']}")
    for command in commands:
        done = subprocess.run(["sh", "-ec", command], cwd=folder, env=env, capture_output=True,
                              text=True, timeout=20, check=False)
        assert done.returncode == 0, (command, done.stdout, done.stderr)


def send(server, script, key):
    return server.nsupdate(script + "\n", *(["-k", str(key.path)] if key else []))


HEAL = {
    # name: (settings, rules, script, principal, code of the first row)
    "apex-mx": ([], "", "add corp.example 60 MX 10 www.corp.example", "web", "taken"),
    "apex-a": ([], "", "add corp.example 60 A 10.0.0.9", "web", "taken"),
    "apex-ns": ([], "", "add corp.example 60 NS ns2.corp.example", "web", "apex"),
    "static-delete": ([], "", "del www.corp.example A", "web", "static"),
    "static-replace": ([], "", "del www.corp.example A\nadd www.corp.example 60 A 10.0.0.9",
                       "web", "taken"),
    "foreign": ([], "", "del pc1.corp.example", "web", "foreign"),
    "foreign-anonymous": ([], "", "del old.corp.example", "web", "foreign"),
    "taken": ([], "", "add pc1.corp.example 60 A 10.0.0.9", "web", "taken"),
    "structure": ([], "", "add sub.corp.example 60 NS ns.sub.corp.example", "web", "structure"),
    "structure-at-anothers": ([], "", "add pc1.corp.example 60 NS ns.corp.example", "web",
                              "taken"),
    "dname-at-own": ([], "", "add mine.corp.example 60 DNAME example.net", "kea2", "structure"),
    "speaks-for": ([], "", "add _443._tcp.pc1.corp.example 60 TXT x", "web", "speaks-for"),
    "reserved": ([], "", "add wpad.corp.example 60 A 10.0.0.9", "web", "reserved"),
    "wildcard": ([], "", "add *.corp.example 60 A 10.0.0.9", "web", "reserved"),
    "clause": (["policy=closed"], "allow key:web claim at acme types TXT",
               "add acme.corp.example 60 A 10.0.0.9\nadd acme.corp.example 60 TXT x", "web",
               "clause"),
    "capped": ([], "allow key:web claim under @ types A(1)",
               "add n.corp.example 60 A 10.0.0.8\nadd n.corp.example 60 A 10.0.0.9", "web",
               "capped"),
    "denied": ([], "deny key:web claim,join,write,takeover",
               "add n.corp.example 60 A 10.0.0.9\nadd m.corp.example 60 TXT x", "web", "denied"),
    "no-rule": (["policy=closed"], "", "add n.corp.example 60 A 10.0.0.9", "web", "no-rule"),
    "no-rule-of-several": (["policy=closed"], "allow key:web claim at a",
                           "add n.corp.example 60 A 10.0.0.9\nadd m.corp.example 60 TXT x\n"
                           "add a.corp.example 60 AAAA 2001:db8::1", "web", "no-rule"),
    "kept-for": ([], "", "add kept.corp.example 60 A 10.0.0.9", "web", "kept-for"),
    "many-names": (["max-names=1"], "", "\n".join(
        f"add n{i}.corp.example 60 A 10.0.0.{i}" for i in range(9)), "kea2", "many-names"),
    "many-records": (["max-records=2"], "", "\n".join(
        f"add n.corp.example 60 A 10.0.0.{i}" for i in range(9)), "web", "many-records"),
    "many-types": (["max-types=2"], "", "\n".join(
        f"add n.corp.example 60 {type} {data}" for type, data in (
            ("A", "10.0.0.1"), ("AAAA", "2001:db8::1"), ("TXT", "x"), ("HINFO", "a b"),
            ("MX", "10 www.corp.example"))), "web", "many-types"),
    "many-bytes": (["max-name-bytes=300"], "", "\n".join(
        f"add n.corp.example 60 TXT {letter * 200}" for letter in "abcdefgh"), "web",
        "many-bytes"),
    "mode-none": (["update=none"], "", "add pc1.corp.example 60 TXT x", "web", "mode-none"),
    "frozen": (["frozen"], "", "add n.corp.example 60 A 10.0.0.9", "web", "frozen"),
    "in-use": ([], "", "prereq nxdomain pc1.corp.example\nadd pc1.corp.example 60 A 10.0.0.9",
               "web", "in-use"),
    "in-use-static": ([], "", "prereq nxrrset www.corp.example A\n"
                      "add www.corp.example 60 A 10.0.0.9", "web", "in-use"),
    "in-use-of-several": ([], "", "prereq nxdomain pc1.corp.example\nprereq nxrrset "
                          "both.corp.example A\nadd both.corp.example 60 A 10.0.0.9\n"
                          "add pc1.corp.example 60 CNAME www.corp.example\n"
                          "add pc2.corp.example 60 A 10.0.0.9", "web", "in-use"),
    "in-use-in-a-closed-zone": (["policy=closed"], "", "prereq nxdomain pc1.corp.example\n"
                                "add pc1.corp.example 60 A 10.0.0.9", "web", "no-rule"),
    "all-at-once": (["max-records=1", "frozen"], "deny key:web claim at n\n",
                    "add n.corp.example 60 A 10.0.0.1\nadd pc1.corp.example 60 A 10.0.0.9\n"
                    "del www.corp.example\nadd corp.example 60 TXT x\nadd wpad.corp.example 60 A "
                    "10.0.0.1\nadd m.corp.example 60 A 10.0.0.1\nadd m.corp.example 60 A 10.0.0.2\n"
                    "del pc2.corp.example A\nadd x.corp.example 60 NS ns.corp.example", "web",
                    "frozen"),
    "unsigned-by-rule": ([], "allow anonymous claim at guest from 127.0.0.0/8",
                         "add n.corp.example 60 A 10.0.0.9", None, "no-rule"),
    "unsigned-static": (["update=nonsecure"], "", "add www.corp.example 60 A 10.0.0.9", None,
                        "static-beside"),
    "glue": ([], "", "add host.lab.corp.example 60 A 10.0.0.9", "web", "cut"),
    "glue-of-anothers": ([], "", "add host.hers.corp.example 60 A 10.0.0.9", "web", "cut"),
    "disabled-key": (["disabled"], "", "add n.corp.example 60 A 10.0.0.9", "web", "badkey"),
}


@pytest.mark.parametrize("case", list(HEAL))
def test_the_commands_let_it_pass(server, case):
    settings, rules, script, who, code = HEAL[case]
    key = getattr(server, who) if who else None
    if case.startswith("glue"):
        server.ctl_ok("record", "add", ZONE, "lab", "NS", "ns.example.net.")
        server.ctl_ok("record", "add", ZONE, "hers", "NS", "ns.example.net.", "--owner",
                      "key:kea1")
    server.ctl_ok("owner", "reserve", f"kept.{ZONE}", "--for", "key:kea1", "--zone", ZONE)
    if case == "in-use-of-several":
        assert add(server, server.kea1, "both", "10.0.0.5") == 0
        server.ctl_ok("record", "add", ZONE, "both", "TXT", "x", "--owner", "key:kea2")
    if case == "clause":
        assert add(server, server.web, "acme", "y", "TXT") == 0
    if rules:
        server.ctl_ok("zone", "policy", "set", ZONE, input=rules + "\n")
    plain = [word for word in settings if "=" in word]
    if plain:
        server.ctl_ok("zone", "set", ZONE, *plain)
    if "frozen" in settings:
        server.ctl_ok("zone", "freeze", ZONE)
    if "disabled" in settings:
        server.ctl_ok("key", "disable", who)
    script = f"server 127.0.0.1 {server.port}\nzone {ZONE}\n{script}\nsend"
    words = ["--as", f"key:{who}" if who else "anonymous", "--from", "127.0.0.1"]
    before = server.rows("record", "list", ZONE), len(server.rows("audit"))
    rows, last = judge(server, script, *words)
    assert (server.rows("record", "list", ZONE), len(server.rows("audit"))) == before
    refused = [row for row in rows if row["verdict"] == "refused"]
    assert refused[0]["code"] == code, rows
    assert last["verdict"] == "refused" and last["suffices"] and last["commands"], last
    assert send(server, script, key).code != 0
    type_in(server, last["commands"])
    again, then = judge(server, script, *words)
    assert then["verdict"] == "allowed" and then["rcode"] == "NOERROR", (last, again, then)
    answer = send(server, script, key)
    assert answer.code == 0, (last, answer)


def test_all_that_stands_in_the_way_is_named_with_its_line(server):
    script = (f"zone {ZONE}\nupdate add new.{ZONE} 60 A 10.0.0.9\nupdate add pc1.{ZONE} 60 A "
              f"10.0.0.9\n\nupdate delete www.{ZONE} A\nprereq yxdomain no.{ZONE}\nupdate add "
              f"new2.{ZONE} 60 A 10.0.0.9\nsend\nupdate add free.{ZONE} 60 A 10.0.0.9\nsend\n")
    answer = server.ctl("why", "--update", "-", "--as", "key:web", "--json", input=script)
    rows = answer.rows()
    assert [(r["message"], f'{r["file"]}:{r["line"]}', r["verdict"], r.get("code")) for r in rows] == [
        (1, "(stdin):3", "refused", "taken"), (1, "(stdin):2", "refused", None),
        (2, "(stdin):6", "refused", "not-there"), (2, "(stdin):5", "refused", "static"),
        (2, "(stdin):5", "refused", None), (3, "(stdin):9", "allowed", None)], rows
    assert rows[1]["rcode"] == "REFUSED" and rows[4]["rcode"] == "NXDOMAIN"
    assert rows[1]["suffices"] and not rows[4]["suffices"]
    assert rows[5]["counts"]["added"] == 1
    said = server.ctl("why", "--update", "-", "--as", "key:web", input=script).out
    assert "(stdin):3: refused: add pc1.corp.example A 10.0.0.9: name holds records of others" \
        in said
    assert "message 3 (stdin:9)" in said.replace("(stdin)", "stdin")
    assert "these commands together let it pass:\n    tenurectl owner transfer" in said


@pytest.mark.parametrize("script", [
    f"update delete {ZONE} NS\nupdate add www.{ZONE} 300 A 10.1.1.5",
    f"update add www.{ZONE} 300 A 10.1.1.5\nupdate delete {ZONE} SOA",
    f"update delete {ZONE} MX\nupdate delete pc1.{ZONE} A\nupdate delete old2.{ZONE}",
    f"update add {ZONE} 60 TXT x\nupdate add www.{ZONE} 300 A 10.1.1.5",
])
def test_the_zones_own_name_is_never_given_away(server, script):
    server.ctl_ok("record", "add", ZONE, "@", "MX", "10 www", "--owner", "key:kea1")
    server.ctl_ok("record", "add", ZONE, "@", "MX", "20 www")
    rows, last = judge(server, f"zone {ZONE}\n{script}\nsend", "--as", "key:web")
    assert last["verdict"] == "refused" and last["suffices"], last
    said = last["commands"] + [row.get("remedy", "") for row in rows]
    assert not any(f"--match {ZONE}" in text for text in said), said
    assert len([text for text in last["commands"] if "owner transfer" in text]) == 1, last
    type_in(server, last["commands"])
    script = f"server 127.0.0.1 {server.port}\nzone {ZONE}\n{script}\nsend"
    assert send(server, script, server.web).code == 0


def test_a_failover_pair_is_offered_a_group_first(server):
    script = f"zone {ZONE}\n" + "".join(
        f"update delete pc{i}.{ZONE} A\nupdate add pc{i}.{ZONE} 60 A 10.0.1.{i}\n"
        for i in range(1, 4)) + "send"
    rows, last = judge(server, script, "--as", "key:kea2")
    assert last["commands"] == [
        "tenurectl group create @kea --acting key:kea1 key:kea2",
        "tenurectl owner transfer --from key:kea1 --to @kea --yes",
        "tenurectl owner transfer --from key:kea2 --to @kea --yes"]
    refused = [row for row in rows if row["verdict"] == "refused"]
    assert (rows[0]["file"], rows[0]["line"]) == ("(stdin)", 3)
    assert {row["name"] for row in refused} == {f"pc{i}.{ZONE}" for i in range(1, 4)}
    assert all("group create @kea" in row["remedy"].split(";")[0] for row in refused)
    type_in(server, last["commands"])
    assert judge(server, script, "--as", "key:kea2")[1]["verdict"] == "allowed"
    script = f"server 127.0.0.1 {server.port}\n{script}"
    assert send(server, script, server.kea2).code == 0
    assert send(server, script.replace("10.0.1.", "10.0.2."), server.kea1).code == 0
    server.key("kea3")
    rows, last = judge(server, script, "--as", "key:kea3")
    assert last["commands"][0] == "tenurectl group add @kea key:kea3"


def test_a_stranger_is_not_offered_the_owners_group(server):
    server.ctl_ok("group", "create", "@kea", "--acting", "key:kea1", "key:kea2")
    server.ctl_ok("owner", "transfer", "--from", "key:kea1", "--to", "@kea", "--yes")
    rows, last = judge(server, f"zone {ZONE}\ndel pc1.{ZONE}", "--as", "key:web")
    assert "group" not in rows[0]["remedy"] and "group add" not in " ".join(last["commands"])


def test_who_asks_is_the_files_key_and_address(server):
    script = f"key hmac-sha256:kea1 c2VjcmV0\nlocal 192.0.2.7\nzone {ZONE}\nadd pc1.{ZONE} 60 TXT x"
    rows, last = judge(server, script)
    assert last["principal"] == "key:kea1" and last["verdict"] == "allowed"
    server.ctl_ok("zone", "policy", "set", ZONE, input="allow anonymous claim from 192.0.2.0/24\n")
    script = f"local 192.0.2.7\nadd new.{ZONE} 60 A 10.0.0.1\nsend"
    assert judge(server, script, "--as", "anonymous")[1]["verdict"] == "allowed"
    assert judge(server, script, "--as", "anonymous", "--from", "198.51.100.1")[1]["verdict"] == \
        "refused"


def test_what_nsupdate_would_not_send_is_said(server):
    answer = server.ctl("why", "--update", "-", "--as", "key:web",
                        input=f"add new.{ZONE} 60 A 10.0.0.1\n")
    assert answer.code == 0 and "no `send` follows" in answer.err


@pytest.mark.parametrize("script, words, code, said", [
    ("add x.corp.example A 10.0.0.1", ["--as", "key:web"], 1, "(stdin):1:20: a TTL"),
    ("add x.corp.example 60 A 10.0.0", ["--as", "key:web"], 1, "(stdin):1:"),
    ("upd add x.corp.example 60 A 10.0.0.1", ["--as", "key:web"], 1, "no command of nsupdate"),
    ("zone corp.example\nsend", ["--as", "key:web"], 1, "no update in it"),
    ("add x.corp.example 60 A 10.0.0.1", [], 2, "--as PRINCIPAL is needed"),
    ("add x.corp.example 60 A 10.0.0.1", ["--as", "web"], 2, "did you mean 'key:web'?"),
    ("add x.corp.example 60 A 10.0.0.1", ["--as", "key:web", "--last", "x"], 2, "excludes"),
    ("add x.example.net 60 A 10.0.0.1", ["--as", "key:web"], 4, "no zone here holds"),
])
def test_what_makes_no_sense_in_a_file_is_said(server, script, words, code, said):
    answer = server.ctl("why", "--update", "-", *words, input=script + "\n")
    assert answer.code == code and said in answer.err, answer


@pytest.mark.parametrize("script, code, rcode, remedy", [
    ("zone corp.exmaple\nadd x.corp.exmaple 60 A 10.0.0.1", "wrong-zone", "NOTAUTH",
     "`zone corp.example`"),
    ("zone example.net\nadd x.example.net 60 A 10.0.0.1", "wrong-zone", "NOTAUTH",
     "tenurectl zone add example.net update=secure"),
    ("zone corp.example\nadd x.example.net 60 A 10.0.0.1", "not-zone", "NOTZONE", "`zone`"),
    ("zone corp.example\nadd x.sub.corp.example 60 A 10.0.0.1", "not-zone", "NOTZONE",
     "`zone sub.corp.example`"),
])
def test_the_right_zone_is_advised(server, script, code, rcode, remedy):
    server.zone("sub.corp.example", "ns A 10.0.0.53", update="secure")
    rows, last = judge(server, script, "--as", "key:web")
    assert rows[0]["code"] == code and last["rcode"] == rcode
    assert remedy in rows[0]["remedy"], rows
    script = f"server 127.0.0.1 {server.port}\n{script}\nsend"
    assert rcode in send(server, script, server.web).err
    name = script.split("add ")[1].split()[0]
    past = server.rows("why", "--last", name)[-1]
    assert past["code"] == code and remedy in past["remedy"], past


def test_a_zone_that_is_not_here_is_made(server):
    script = f"server 127.0.0.1 {server.port}\nzone example.net\nadd x.example.net 60 A 10.0.0.1\n" \
        "send"
    _, last = judge(server, script, "--as", "key:web")
    type_in(server, last["commands"])
    assert send(server, script, server.web).code == 0


def test_a_missing_key_is_made_or_brought(server):
    script = f"zone {ZONE}\nadd new.{ZONE} 60 A 10.0.0.1\nsend"
    rows, last = judge(server, script, "--as", "key:fresh")
    assert (rows[0]["code"], last["rcode"]) == ("badkey", "NOTAUTH")
    assert "key import fresh.key" in rows[0]["remedy"]
    type_in(server, last["commands"])
    path = server.folder / "typed" / "fresh.key"
    assert server.nsupdate(f"server 127.0.0.1 {server.port}\n{script}\n", "-k", str(path)).code == 0


def test_another_secret_is_mended_by_the_right_one(server):
    script = f"server 127.0.0.1 {server.port}\nzone {ZONE}\nadd new.{ZONE} 60 A 10.0.0.1\nsend\n"
    wrong = f"hmac-sha256:web:{server.kea1.secret}"
    assert "BADSIG" in server.nsupdate(script, "-y", wrong).err
    row = server.rows("why", "--last", f"new.{ZONE}")[-1]
    assert row["code"] == "badsig"
    type_in(server, row["commands"])
    path = server.folder / "typed" / "web.key"
    assert server.nsupdate(script, "-k", str(path)).code == 0


def test_an_unsigned_update_is_told_to_sign(server):
    script = f"server 127.0.0.1 {server.port}\nzone {ZONE}\nadd new.{ZONE} 60 A 10.0.0.1\nsend\n"
    rows, last = judge(server, script, "--as", "anonymous")
    assert rows[0]["code"] == "unsigned" and not last["suffices"]
    type_in(server, last["commands"])
    path = server.folder / "typed" / f"new.{ZONE}.key"
    assert server.nsupdate(script, "-k", str(path)).code == 0


def test_what_is_freed_is_not_given_away_before(server):
    """It comes back to whom it was taken from, and nothing else is asked for."""
    script = f"zone {ZONE}\nprereq nxdomain pc1.{ZONE}\nadd pc1.{ZONE} 60 A 10.0.0.9"
    _, last = judge(server, script, "--as", "key:web")
    assert last["commands"] == [f"tenurectl record del {ZONE} pc1.{ZONE}"] and last["suffices"]
    script = f"zone {ZONE}\nprereq nxrrset pc1.{ZONE} AAAA\nprereq nxrrset pc1.{ZONE} A\n" \
        f"add pc1.{ZONE} 60 A 10.0.0.9"
    _, last = judge(server, script, "--as", "key:web")
    assert last["commands"] == [f"tenurectl record del {ZONE} pc1.{ZONE} A"], last
    type_in(server, last["commands"])
    server.ctl_ok("record", "restore", f"pc1.{ZONE}")
    assert server.rows("record", "show", f"pc1.{ZONE}")[0]["owner"] == "key:kea1"


@pytest.mark.parametrize("prerequisite", [f"nxdomain pc1.{ZONE}", f"nxrrset pc1.{ZONE} A"])
def test_who_meets_its_own_name_is_not_told_to_delete_it(server, prerequisite):
    """A DHCP server asks for a free name first, and renews by its next message."""
    script = f"zone {ZONE}\nprereq {prerequisite}\nadd pc1.{ZONE} 60 A 10.0.0.1"
    rows, last = judge(server, script, "--as", "key:kea1")
    assert rows[0]["code"] == "in-use" and last["rcode"] in ("YXDOMAIN", "YXRRSET")
    assert last["commands"] == [] and not last["suffices"], last
    assert "key:kea1 has it itself" in rows[0]["remedy"] and "commands" not in rows[0], rows


def test_the_owner_of_the_type_that_is_meant_is_named(server):
    server.ctl_ok("record", "add", ZONE, "pc1", "TXT", "x", "--owner", "key:kea2")
    for kind, owner in (("A", "key:kea1"), ("TXT", "key:kea2")):
        script = f"zone {ZONE}\nprereq nxrrset pc1.{ZONE} {kind}\nadd new.{ZONE} 60 A 10.0.0.9"
        rows, last = judge(server, script, "--as", "key:web")
        assert rows[0]["owner"] == owner and f"held by {owner}" in rows[0]["reason"], rows
        assert last["commands"] == [f"tenurectl record del {ZONE} pc1.{ZONE} {kind}"]
    rows, last = judge(server, f"zone {ZONE}\nprereq nxrrset pc1.{ZONE} A\n"
                       f"add new.{ZONE} 60 A 10.0.0.9", "--as", "key:kea2")
    assert last["commands"] == [f"tenurectl record del {ZONE} pc1.{ZONE} A"], last


@pytest.mark.parametrize("settings, name, change", [
    ([], "pc1", "add pc1.corp.example 60 A 10.0.0.9"),
    ([], "both", "add both.corp.example 60 TXT x\ndel both.corp.example A"),
    ([], "www", "del www.corp.example A\nadd www.corp.example 60 A 10.0.0.9"),
    (["policy=closed"], "pc1", "add pc1.corp.example 60 A 10.0.0.9"),
    (["policy=self"], "both", "del both.corp.example\nadd mine.corp.example 60 A 10.0.0.9"),
    ([], "wpad", "add wpad.corp.example 60 A 10.0.0.9"),
    ([], "web", "add web.corp.example 60 NS ns.corp.example"),
    (["max-records=1"], "pc1", "add pc1.corp.example 60 A 10.0.0.9"),
])
def test_who_signs_as_it_is_told_is_not_refused_again(server, settings, name, change):
    """Of a message, and of each question about one record."""
    assert add(server, server.kea1, "both", "10.0.0.5") == 0
    server.ctl_ok("record", "add", ZONE, "both", "TXT", "x", "--owner", "key:kea2")
    server.key(f"wpad.{ZONE}") # a key of the name may be there
    if settings:
        server.ctl_ok("zone", "set", ZONE, *settings)
    script = f"server 127.0.0.1 {server.port}\nzone {ZONE}\n{change}\nsend"
    rows, last = judge(server, script, "--as", "anonymous", "--from", "127.0.0.1")
    assert rows[0]["code"] == "unsigned" and last["commands"] and not last["suffices"]
    type_in(server, last["commands"])
    path = server.folder / "typed" / f"{name}.{ZONE}.key"
    answer = server.nsupdate(script + "\n", "-k", str(path))
    assert answer.code == 0, (last, answer)


@pytest.mark.parametrize("settings", [[], ["policy=closed"], ["policy=self"]])
def test_the_remedy_of_one_unsigned_record_suffices(server, settings):
    if settings:
        server.ctl_ok("zone", "set", ZONE, *settings)
    row = server.rows("why", f"pc1.{ZONE}", "A", "10.0.0.9", "--as", "anonymous")[0]
    assert row["code"] == "unsigned" and "which has the name" in row["remedy"], row
    assert add(server, None, "pc1", "10.0.0.9") == 5
    past = server.rows("why", "--last", f"pc1.{ZONE}")[-1]
    assert past["commands"] == row["commands"], past
    type_in(server, row["commands"])
    script = f"server 127.0.0.1 {server.port}\nzone {ZONE}\nadd pc1.{ZONE} 60 A 10.0.0.9\nsend\n"
    path = server.folder / "typed" / f"pc1.{ZONE}.key"
    assert server.nsupdate(script, "-k", str(path)).code == 0


def test_each_name_of_a_refused_message_names_what_stood_in_the_way(server):
    update = server.update(ZONE, server.web)
    for number in range(50):
        update.add(f"n{number}", 60, "TXT", "x")
        if number == 30:
            update.add("pc1", 60, "A", "10.0.0.9")
    assert server.ask(update).rcode() == 5
    for name in [f"n{number}" for number in range(50)] + ["pc1"]:
        row = server.rows("why", "--last", f"{name}.{ZONE}")[-1]
        assert row["subject"] == f"pc1.{ZONE} A" and row["code"] == "taken", (name, row)
        assert row["owner"] == "key:kea1" and row["log"] == "refusals-signed"
    said = server.ctl_ok("why", "--last", f"n49.{ZONE}")
    assert said.startswith("entry") and f"r{row['seq']}" in said.splitlines()[0]


def test_why_and_audit_show_use_the_same_words(server):
    assert add(server, server.web, "pc1", "10.0.0.9") == 5
    row = server.rows("why", "--last", f"pc1.{ZONE}")[-1]
    entry = server.rows("audit", "show", f"r{row['seq']}")[0]
    for member in ("code", "reason", "principal", "owner", "subject", "source", "rcode"):
        assert row[member] == entry[member], member

    def words(text):
        return dict(line.split(None, 1) for line in text.splitlines() if len(line.split(None, 1)) > 1)
    why = words(server.ctl_ok("why", "--last", f"pc1.{ZONE}"))
    show = words(server.ctl_ok("audit", "show", f"r{row['seq']}"))
    shared = ("entry", "event", "kind", "zone", "principal", "key", "from", "transport",
              "message-id", "answer", "code", "reason", "owner", "subject", "log-was-at")
    assert {w: why[w] for w in shared} == {w: show[w] for w in shared}


def test_a_remedy_stays_one_word_a_word_in_a_shell(tenured):
    server = tenured()
    server.zone("a\\(b.example", "ns A 10.0.0.53", update="secure")
    server.key("web")
    server.ctl_ok("zone", "set", "a\\(b.example", "max-records=1")
    script = "zone a\\(b.example\nadd n.a\\(b.example 60 A 10.0.0.1\nadd n.a\\(b.example 60 A " \
        "10.0.0.2\nadd wpad.a\\(b.example 60 A 10.0.0.1"
    _, last = judge(server, script, "--as", "key:web")
    type_in(server, last["commands"])
    assert judge(server, script, "--as", "key:web")[1]["verdict"] == "allowed"
