# SPDX-License-Identifier: BSD-2-Clause
"""What `restore --log-of` lost when settings were words in the log: each loss has a test by its name.

A backup is made, something is decided, the store is lost but for its log; the log goes on from the
backup, and what was decided holds again.
"""
import json

import dns.rcode
import pytest

from test_backup import offline, update

ZONE = "corp.example"


@pytest.fixture
def server(tenured):
    one = tenured()
    one.zone(ZONE, "ns A 10.0.0.1", "www A 10.0.0.2", update="secure", policy="windows")
    one.mine, one.stranger = one.key("mine"), one.key("stranger")
    one.file = one.folder / "backup"
    one.ctl_ok("backup", one.file, "--with-store-key")
    return one


def gone_on(server, made):
    """The store of the backup, continued from the log of the broken one; both are of one state."""
    digest = server.ctl_ok("digest")
    server.stop()
    other = made()
    answer = offline("restore", other.data, server.file, "--log-of", server.data)
    assert answer.code == 0 and " done again" in answer.out, answer.err
    other.start()
    assert other.ctl_ok("digest") == digest
    assert other.ctl("audit", "verify").code == 0
    return other


def rcode(server, key, *change, zone=ZONE):
    request = server.update(zone, key)
    what, *rest = change
    getattr(request, what)(*rest)
    return server.ask(request).rcode()


def test_a_freeze(server, made):
    server.ctl_ok("zone", "freeze", ZONE)
    other = gone_on(server, made)
    assert other.rows("zone", "show", ZONE)[0]["frozen"] is True
    assert rcode(other, server.mine, "add", "pc1", 60, "A", "10.1.0.1") == dns.rcode.REFUSED
    other.ctl_ok("zone", "thaw", ZONE)
    assert rcode(other, server.mine, "add", "pc1", 60, "A", "10.1.0.1") == dns.rcode.NOERROR


def test_the_end_of_a_freeze(server, made):
    server.ctl_ok("zone", "freeze", ZONE)
    server.ctl_ok("backup", server.file, "--with-store-key")
    server.ctl_ok("zone", "thaw", ZONE)
    other = gone_on(server, made)
    assert other.rows("zone", "show", ZONE)[0]["frozen"] is False
    assert rcode(other, server.mine, "add", "pc1", 60, "A", "10.1.0.1") == dns.rcode.NOERROR


def test_a_reservation_whose_name_a_stranger_may_not_claim(server, made):
    server.ctl_ok("owner", "reserve", f"boss.{ZONE}", "--for", "key:mine")
    other = gone_on(server, made)
    assert rcode(other, server.stranger, "add", "boss", 60, "A", "10.6.6.6") == dns.rcode.REFUSED
    assert rcode(other, server.mine, "add", "boss", 60, "A", "10.1.0.1") == dns.rcode.NOERROR


def test_the_end_of_a_reservation(server, made):
    server.ctl_ok("owner", "reserve", f"boss.{ZONE}", "--for", "key:mine")
    server.ctl_ok("backup", server.file, "--with-store-key")
    server.ctl_ok("owner", "release", f"boss.{ZONE}")
    other = gone_on(server, made)
    assert rcode(other, server.stranger, "add", "boss", 60, "A", "10.6.6.6") == dns.rcode.NOERROR


def test_an_acting_group_owns_what_its_members_register(server, made):
    server.ctl_ok("group", "create", "@dhcp", "key:mine", "key:stranger", "--acting")
    update(server, server.mine, ("add", "pc1", 60, "A", "10.1.0.1"))
    other = gone_on(server, made)
    rows = other.rows("record", "show", f"pc1.{ZONE}")
    assert rows[0]["owner"] == "@dhcp"
    assert [row["member"] for row in other.rows("group", "show", "@dhcp")] == [
        "key:mine", "key:stranger"]
    assert rcode(other, server.stranger, "delete", "pc1") == dns.rcode.NOERROR, "a fellow may"


def test_a_key_that_was_made_rotated_disabled_or_deleted(server, made):
    late = server.key("late")
    server.ctl_ok("key", "disable", "mine")
    server.ctl_ok("key", "del", "stranger")
    rotated = server.ctl_ok("key", "rotate", "late", "--for", "30d")
    other = gone_on(server, made)
    keys = {key["name"]: key for key in other.rows("key", "list")}
    assert set(keys) == {"late", "mine"} and keys["mine"]["disabled"] is True
    # The old secret verifies as long as it was given, and the new one is what the rotation printed.
    assert rcode(other, late, "add", "pc1", 60, "A", "10.1.0.1") == dns.rcode.NOERROR
    assert other.ctl_ok("key", "show", "late") == rotated


def test_the_key_of_a_setting_notify(server, made):
    server.ctl_ok("zone", "set", ZONE, "notify=127.0.0.9@5399 key mine,ns")
    notify = server.rows("zone", "show", ZONE)[0]["notify"]
    assert notify == ["127.0.0.9@5399 key mine", "ns@53"]
    other = gone_on(server, made)
    assert other.rows("zone", "show", ZONE)[0]["notify"] == notify
    targets = {row["target"]: row["key"] for row in other.rows("notify", "status")}
    assert targets["127.0.0.9@5399"] == "mine"


def test_rules(server, made):
    rules = "# who may what\nallow key:stranger write at www\n"
    server.ctl_ok("zone", "policy", "set", ZONE, input=rules)
    other = gone_on(server, made)
    shown = json.loads(other.ctl_ok("zone", "policy", "show", ZONE, "--json"))
    assert shown["text"] == rules


def test_the_number_of_dynamic_records_is_exact(server, made):
    """By it the brake judges: it is counted once for each record, by the log and by the tables."""
    for i in range(10):
        update(server, server.mine, ("add", f"pc{i}", 60, "A", f"10.1.0.{i}"))
    for i in range(4):
        update(server, server.mine, ("delete", f"pc{i}"))
    server.ctl_ok("record", "set-class", ZONE, "pc9", "A", "static")
    other = gone_on(server, made)

    def dynamic(one):
        return len([row for row in one.rows("record", "list", ZONE) if row["class"] == "dynamic"])
    assert dynamic(other) == 5
    other.stop()
    # check compares the number that is kept with the records.
    answer = offline("check", other.data)
    assert answer.code == 0 and "all good" in answer.out, answer.out
