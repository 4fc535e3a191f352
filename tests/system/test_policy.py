# SPDX-License-Identifier: BSD-2-Clause
"""Rules and groups, as an administrator sets them with tenurectl."""
import os
import socket
import time

import pytest

ZONE = "corp.example"
RULES = "# who may what\nallow @dhcp claim under lab types A(2)\ndeny authenticated claim\n"


@pytest.fixture
def server(tenured):
    server = tenured()
    server.zone(ZONE, "www A 10.0.0.1", update="secure")
    return server


def put(server, text, name="rules"):
    path = server.folder / name
    path.write_text(text)
    return str(path)


def add(server, name, key):
    return server.nsupdate(f"zone {ZONE}\nupdate add {name}.{ZONE} 300 A 10.0.0.9", key=key).code == 0


def test_rules_are_set_shown_and_obeyed(server):
    key = server.key("kea1")
    assert add(server, "a", key)
    server.ctl_ok("group", "create", "dhcp", "--acting", "key:kea1")
    server.ctl_ok("zone", "policy", "set", ZONE, put(server, RULES))
    shown = server.ctl_ok("zone", "policy", "show", ZONE)
    assert shown.startswith(RULES)
    assert "# preset windows: allow authenticated claim" in shown
    assert add(server, "b.lab", key)
    assert not add(server, "b", key)
    denied = server.rows("audit", "--denied")[-1]
    assert "line 3: deny authenticated claim" in denied["reason"]
    server.restart()
    assert add(server, "c.lab", key)
    assert not add(server, "c", key)
    server.ctl_ok("zone", "policy", "set", ZONE, "--yes", input="")
    assert add(server, "c", key)


def test_a_fault_is_named_with_file_line_and_column(server):
    path = put(server, "allow key:a claim\nallow key:a clam\n")
    for verb in ("set", "check"):
        answer = server.ctl("zone", "policy", verb, ZONE, path)
        assert answer.code == 1
        assert f"{path}:2:13: expected a right, found 'clam': did you mean 'claim'?" in answer.err
    assert "clam" not in server.ctl_ok("zone", "policy", "show", ZONE)


def test_check_warns_and_changes_nothing(server):
    path = put(server, "allow authenticated claim\nallow key:a claim self\nallow @no write types NS\n")
    answer = server.ctl("zone", "policy", "check", ZONE, path)
    assert f"{path}: line 2: warning: the rule of line 1 matches all of this" in answer.err
    assert f"{path}: line 3: warning: there is no group @no" in answer.err
    assert f"{path}: line 3: warning: this opens the apex" in answer.err
    assert f"{path}: line 2: warning: there is no key 'a' here" in answer.err
    assert "3 rules, 4 warnings" in answer.out
    assert server.ctl_ok("zone", "policy", "show", ZONE).startswith("# then")


def test_a_file_is_checked_when_no_server_answers(server):
    good = put(server, "allow @no claim\nallow authenticated claim\nallow key:a claim self\n", "g")
    bad = put(server, "allow key:a claim\nallow key:a clam\n", "b")
    for path, options in ((good, ()), (good, ("--json",)), (bad, ()), (bad, ("--json",))):
        with_server = server.ctl("zone", "policy", "check", ZONE, path, *options)
        server.stop()
        without = server.ctl("zone", "policy", "check", ZONE, path, *options)
        server.start()
        assert without.code == with_server.code
        group = "there is no group @no"
        is_json = options == ("--json",)
        assert group in (with_server.out if is_json else with_server.err) or path == bad
        seen = [line for line in (with_server.out + with_server.err).splitlines()
                if group not in line and "no key" not in line and "warnings" not in line]
        assert all(line in without.out + without.err for line in seen), (seen, without)
        if path == good:
            said = '"warnings":1,"groups":false' if is_json else "3 rules, 1 warning; no server"
            assert said in without.out
    server.stop()
    text = open(bad, encoding="ascii").read()
    piped = server.ctl("zone", "policy", "check", ZONE, "-", input=text)
    assert piped.code == 1 and "-:2:13: expected a right" in piped.err
    assert server.ctl("zone", "policy", "check", "a..b", good).code == 2
    assert server.ctl("zone", "policy", "check", ZONE, good, "--diff").code == 5
    assert server.ctl("zone", "policy", "check", ZONE).code == 5
    long = put(server, "# much\n" * 10000, "l")
    answer = server.ctl("zone", "policy", "check", ZONE, long)
    assert answer.code == 1 and "no rules" in answer.err
    server.start()


def test_a_file_is_compared_with_what_is_stored(server):
    server.ctl_ok("zone", "policy", "set", ZONE, put(server, RULES))
    path = put(server, "allow @dhcp   claim under lab types A(2)\nallow key:a join\n", "new")
    answer = server.ctl("zone", "policy", "check", ZONE, path, "--diff")
    assert answer.out.splitlines()[:2] == ["- deny authenticated claim", "+ allow key:a join"]
    assert "2 rules differ" in answer.out


def test_an_editor_changes_the_rules(server):
    server.ctl_ok("zone", "policy", "set", ZONE, put(server, RULES))
    script = put(server, "#!/bin/sh\nsed -i s/lab/den/ \"$1\"\n", "editor")
    os.chmod(script, 0o700)
    os.environ["VISUAL"] = script
    try:
        server.ctl_ok("zone", "policy", "edit", ZONE)
    finally:
        del os.environ["VISUAL"]
    assert "under den" in server.ctl_ok("zone", "policy", "show", ZONE)


def test_groups_are_kept_apart(server):
    server.ctl_ok("group", "create", "@dhcp", "--acting", "key:kea-*")
    answer = server.ctl("group", "create", "@other", "--acting", "key:*-1")
    assert answer.code == 1
    assert "key:*-1 is, or may be, in the acting group @dhcp already" in answer.err
    server.ctl_ok("group", "create", "@other", "key:*-1")
    assert server.ctl("group", "set", "@other", "acting=on").code == 1
    assert server.ctl("group", "add", "dhcp", "gss:DHCP/*@CORP.EXAMPLE").code == 3, "--yes is missing"
    server.ctl_ok("group", "add", "dhcp", "gss:DHCP/*@CORP.EXAMPLE", "--yes")
    server.ctl_ok("group", "remove", "dhcp", "key:kea-*")
    server.ctl_ok("group", "set", "@other", "acting=on")
    assert [row["member"] for row in server.rows("group", "show", "dhcp")] == \
        ["gss:DHCP/*@CORP.EXAMPLE"]
    assert {row["group"]: row["acting"] for row in server.rows("group", "list")} == \
        {"@dhcp": True, "@other": True}
    assert server.ctl("group", "show", "@nope").code == 4
    assert server.ctl("group", "add", "dhcp", "@other").code == 2


def test_a_group_that_rules_name_is_not_deleted_by_chance(server):
    server.ctl_ok("group", "create", "@dhcp", "key:a")
    server.ctl_ok("zone", "policy", "set", ZONE, put(server, RULES))
    assert server.ctl("group", "del", "@dhcp").code == 3
    server.ctl_ok("group", "del", "@dhcp", "--yes")
    events = [row["event"] for row in server.rows("audit")]
    assert {"group-create", "zone-policy", "group-delete"} <= set(events)


def test_updates_above_max_rate_wait_in_order_and_are_dropped_when_too_many_do(tenured):
    """Ten seconds' worth at once, two that wait, and nothing is refused; others do not wait."""
    server = tenured()
    server.zone(ZONE, "ns A 10.0.0.53", **{"update": "secure", "max-rate": "4"})
    fast, slow = server.key("fast"), server.key("slow")
    socket_ = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    socket_.settimeout(0.5)
    began = time.monotonic()
    for number in range(100):
        update = server.update(ZONE, fast)
        update.add(f"pc{number}", 300, "A", "10.0.0.1")
        socket_.sendto(update.to_wire(), ("127.0.0.1", server.port))
    update = server.update(ZONE, slow)
    update.add("mine", 300, "A", "10.0.0.2")
    assert server.ask(update).rcode() == 0
    assert time.monotonic() - began < 1.5, "another principal does not wait"
    answers = 0
    while time.monotonic() - began < 6:
        try:
            answer = socket_.recv(4096)
        except socket.timeout:
            continue
        answers += 1
        assert answer[3] & 15 == 0, "nothing is refused"
    assert 48 <= answers <= 56, answers
    names = [row["name"] for row in server.rows("record", "list", ZONE) if "pc" in row["name"]]
    assert len(names) == answers
    assert server.rows("audit", "--event", "update-dropped")[0]["reason"].startswith("dropped")
