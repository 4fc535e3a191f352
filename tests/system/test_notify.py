# SPDX-License-Identifier: BSD-2-Clause
"""NOTIFY (RFC 1996): who is told of which change, when, how often, and what is made of the answers."""
import time

import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import dns.rdatatype
import pytest

from secondary import Secondary
from tenure import wait_until

ZONE = "corp.example"


@pytest.fixture
def secondary():
    """Makes secondaries; ends them."""
    made = []

    def make(*words, **options):
        made.append(Secondary(*words, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def serial_of(server, zone=ZONE):
    return server.query(zone, "SOA").answer[0][0].serial


def change(server, name="a", address="10.0.0.1", zone=ZONE, key=None):
    update = server.update(zone, key)
    update.replace(name, 300, "A", address)
    assert server.ask(update).rcode() == dns.rcode.NOERROR
    return serial_of(server, zone)


def notify_row(server, target=None, zone=ZONE):
    rows = [r for r in server.rows("notify", "status", zone) if target in (None, r["target"])]
    assert len(rows) == 1, rows
    return rows[0]


def wait_for_state(server, target, **wanted):
    def look():
        row = notify_row(server, target)
        return row if all(row[name] == value for name, value in wanted.items()) else None
    return wait_until(look, f"{wanted}: {notify_row(server, target)}", 150)


def stats(server):
    return {row["name"]: row["value"] for row in server.rows("stats")}


def test_an_address_is_told_of_a_change_with_the_new_soa(tenured, secondary):
    server, peer = tenured(), secondary()
    server.zone(ZONE, update="nonsecure", notify=peer.place)
    peer.wait_for(ZONE, serial_of(server))
    serial = change(server)
    peer.wait_for(ZONE, serial)
    heard = [h for h in peer.heard if h.serial == serial][0]
    message = heard.message
    assert message.opcode() == dns.opcode.NOTIFY
    assert message.flags & (dns.flags.QR | dns.flags.AA | dns.flags.TC) == dns.flags.AA
    assert [len(s) for s in message.sections] == [1, 1, 0, 0]
    assert message.question[0].rdtype == dns.rdatatype.SOA
    assert message.answer[0] == server.query(ZONE, "SOA").answer[0]
    # From where it answers, so that a secondary knows its primary; by a port that nobody knows.
    assert heard.source[0] == server.address and heard.source[1] != server.port
    wait_for_state(server, peer.place, state="acknowledged", acknowledged=serial, sent=serial, answer="NOERROR",
                   problem=None, failures=0)


def test_nobody_is_told_by_default(tenured, secondary):
    server, peer = tenured(), secondary(port=0)
    server.zone(ZONE, "ns2 A 127.0.0.1", update="nonsecure")
    assert server.rows("zone", "show", ZONE)[0]["notify"] == []
    change(server)
    assert server.rows("notify", "status") == []
    assert "nobody is notified" in server.ctl_ok("notify", "status")
    answer = server.ctl("zone", "notify", ZONE)
    assert answer.code == 6 and "has nobody to notify" in answer.err
    assert not peer.heard and stats(server)["notifies-sent"] == 0


def test_a_burst_is_one_at_once_and_then_one_a_second(tenured, secondary):
    server, peer = tenured(), secondary()
    server.zone(ZONE, update="nonsecure", notify=peer.place)
    peer.wait_for(ZONE, serial_of(server))
    wait_for_state(server, peer.place, state="acknowledged")
    time.sleep(1.1)
    before, began = len(peer.heard), time.monotonic()
    while time.monotonic() - began < 3:
        serial = change(server, address=f"10.0.{int(time.monotonic() * 1000) // 256 % 256}."
                                        f"{int(time.monotonic() * 1000) % 256}")
    peer.wait_for(ZONE, serial)
    heard = peer.heard[before:]
    assert heard[0].at - began < 0.9, "the first change is told at once"
    gaps = [b.at - a.at for a, b in zip(heard, heard[1:])]
    assert all(gap > 0.95 for gap in gaps), gaps
    assert 3 <= len(heard) <= 6
    assert heard[-1].serial == serial


def test_a_refresh_and_a_refusal_are_told_to_nobody(tenured, secondary):
    server = tenured(clock="2026-01-05T09:00:00Z")
    peer = secondary()
    server.zone(ZONE, update="nonsecure", notify=peer.place, aging="on", no_refresh="0s")
    serial = change(server)
    peer.wait_for(ZONE, serial)
    wait_for_state(server, peer.place, state="acknowledged", acknowledged=serial)
    count = len(peer.heard)
    server.ctl_ok("clock", "forward", "1d")
    assert change(server) == serial
    assert server.rows("stats") and stats(server)["updates-refreshed"] == 1
    refused = server.update(ZONE)
    refused.present("nobody")
    refused.add("b", 300, "A", "10.0.0.2")
    assert server.ask(refused).rcode() == dns.rcode.NXDOMAIN
    server.ctl_ok("zone", "set", ZONE, "max-rate=100")
    time.sleep(1.5)
    assert len(peer.heard) == count


def test_each_zone_is_told_once_after_a_restart(tenured, secondary):
    server, peer = tenured(), secondary()
    for zone in ("a.example", "b.example"):
        server.zone(zone, notify=peer.place)
        peer.wait_for(zone, serial_of(server, zone))
    count = len(peer.heard)
    server.restart()
    wait_until(lambda: len(peer.heard) >= count + 2, "both zones")
    time.sleep(1.5)
    assert sorted(h.zone for h in peer.heard[count:]) == ["a.example", "b.example"]


def test_a_target_is_told_when_it_is_new_and_not_when_it_is_gone(tenured, secondary):
    server, first, second = tenured(), secondary(), secondary()
    server.zone(ZONE, update="nonsecure", notify=first.place)
    first.wait_for(ZONE, serial_of(server))
    count = len(first.heard)
    server.ctl_ok("zone", "set", ZONE, f"notify={first.place},{second.place}")
    second.wait_for(ZONE, serial_of(server))
    assert len(first.heard) == count
    server.ctl_ok("zone", "set", ZONE, f"notify={second.place}")
    serial = change(server)
    second.wait_for(ZONE, serial)
    assert len(first.heard) == count
    assert [r["target"] for r in server.rows("notify", "status")] == [second.place]
    server.ctl_ok("zone", "del", ZONE, "--yes")
    assert server.rows("notify", "status") == []


def test_lost_packets_are_sent_again_with_other_ids_and_ports(tenured, secondary):
    server = tenured()
    peer = secondary(answer=lambda m, before: None if before < 3 else dns.message.make_response(m))
    server.zone(ZONE, notify=peer.place)
    serial = serial_of(server)
    row = wait_for_state(server, peer.place, state="acknowledged")
    assert (row["acknowledged"], row["tries"], row["failures"]) == (serial, 0, 0)
    assert len({h.message.id for h in peer.heard}) > 1
    assert len({h.source[1] for h in peer.heard}) > 1
    gaps = [b.at - a.at for a, b in zip(peer.heard, peer.heard[1:])]
    assert len(gaps) == 3 and 1.9 < gaps[0] < 3.5 and 3.9 < gaps[1] < 5.5 and 7.9 < gaps[2] < 10, gaps


def test_who_does_not_answer_is_told_the_newest_serial_in_the_end(tenured, secondary):
    server = tenured()
    peer = secondary(answer=lambda m, before: None)
    server.zone(ZONE, update="nonsecure", notify=peer.place)
    wait_for_state(server, peer.place, state="asked-again", problem="no answer", acknowledged=None)
    # What changes meanwhile is told by the next try, not by more of them.
    for i in range(20):
        serial = change(server, address=f"10.0.0.{i}")
    assert len(peer.heard) <= 3
    peer.answer = lambda m, before: dns.message.make_response(m)
    peer.wait_for(ZONE, serial)
    wait_for_state(server, peer.place, state="acknowledged", acknowledged=serial, problem=None)


@pytest.mark.parametrize("rcode", [dns.rcode.REFUSED, dns.rcode.NOTAUTH, dns.rcode.NOTIMP, dns.rcode.FORMERR])
def test_a_refusal_ends_the_tries_and_is_shown(tenured, secondary, rcode):
    def refuse(message, before):
        answer = dns.message.make_response(message)
        answer.set_rcode(rcode)
        return answer
    server, peer = tenured(), secondary(answer=refuse)
    server.zone(ZONE, notify=peer.place)
    word = dns.rcode.to_text(rcode)
    wait_for_state(server, peer.place, state="failing", answer=word, problem=f"answered {word}", failures=1)
    time.sleep(3)
    assert len(peer.heard) == 1
    counted = stats(server)
    assert (counted["notifies-refused"], counted["notify-failing"], counted["notify-targets"]) == (1, 1, 1)
    assert server.log().count("secondary is not notified") == 1
    # The next change waits a minute, but an administrator does not.
    peer.answer = lambda m, before: dns.message.make_response(m)
    server.ctl_ok("zone", "notify", ZONE)
    wait_for_state(server, peer.place, state="acknowledged", problem=None, failures=0)
    wait_until(lambda: "secondary answers notifies again" in server.log(), "the line")
    assert stats(server)["notify-failing"] == 0


def test_a_secondary_that_is_not_ready_is_asked_again(tenured, secondary):
    def start_slowly(message, before):
        answer = dns.message.make_response(message)
        answer.set_rcode(dns.rcode.SERVFAIL if before == 0 else dns.rcode.NOERROR)
        return answer
    server, peer = tenured(), secondary(answer=start_slowly)
    server.zone(ZONE, notify=peer.place)
    wait_for_state(server, peer.place, state="acknowledged")
    assert len(peer.heard) == 2


def wrong_id(message):
    answer = dns.message.make_response(message)
    answer.id ^= 1
    return answer


def wrong_opcode(message):
    answer = dns.message.make_response(message)
    answer.set_opcode(dns.opcode.QUERY)
    return answer


def wrong_zone(message):
    answer = dns.message.make_response(message)
    answer.question = dns.message.make_query("other.example", "SOA").question
    return answer


def no_answer(message):
    return message


def half(message):
    return dns.message.make_response(message).to_wire()[:-3]


@pytest.mark.parametrize("wrong", [wrong_id, wrong_opcode, wrong_zone, no_answer, half])
def test_what_is_not_its_answer_is_not_taken(tenured, secondary, wrong):
    # One that is wrong, then a right one in the same turn: that one counts.
    server = tenured()
    peer = secondary(answer=lambda m, before: wrong(m) if before == 0 else [wrong(m), dns.message.make_response(m)])
    server.zone(ZONE, notify=peer.place)
    wait_until(lambda: peer.heard, "the first")
    time.sleep(0.5)
    assert notify_row(server)["acknowledged"] is None
    wait_for_state(server, peer.place, state="acknowledged")
    assert len(peer.heard) == 2


def test_an_answer_from_another_address_is_not_taken(tenured, secondary):
    server, peer, other = tenured(), secondary(answer=lambda m, before: None), secondary()
    heard = []

    def by_the_other(message, before):
        heard.append(message)
        other.socket.sendto(dns.message.make_response(message).to_wire(), peer.heard[-1].source)
    peer.answer = by_the_other
    server.zone(ZONE, notify=peer.place)
    wait_until(lambda: heard, "the first")
    time.sleep(0.5)
    assert notify_row(server)["acknowledged"] is None


def test_a_key_signs_and_the_answer_must_be_signed(tenured, secondary):
    server = tenured()
    key = server.key("transfer.key", "hmac-sha512")
    peer = secondary(key=key)

    def answer(message, before):
        if before == 0:
            plain = dns.message.Message(id=message.id)
            plain.flags |= dns.flags.QR
            plain.set_opcode(dns.opcode.NOTIFY)
            plain.question = message.question
            return plain
        return dns.message.make_response(message)
    peer.answer = answer
    server.zone(ZONE, update="nonsecure", notify=f"{peer.place} key transfer.key")
    wait_until(lambda: peer.heard, "the first")
    wait_until(lambda: notify_row(server)["problem"], "a problem")
    row = notify_row(server, peer.place)
    assert (row["acknowledged"], row["problem"], row["key"]) == (None, "the answer is not signed", "transfer.key")
    wait_for_state(server, peer.place, state="acknowledged", problem=None)
    assert all(h.message.had_tsig and h.message.keyname.to_text() == "transfer.key." for h in peer.heard)
    peer.wait_for(ZONE, change(server))


def test_another_key_is_tried_at_once(tenured, secondary):
    def refuse_unsigned(message, before):
        answer = dns.message.make_response(message)
        answer.set_rcode(dns.rcode.NOERROR if message.had_tsig else dns.rcode.REFUSED)
        return answer
    server = tenured()
    peer = secondary(key=server.key("some.key"), answer=refuse_unsigned)
    server.zone(ZONE, notify=peer.place)
    wait_for_state(server, peer.place, state="failing", key=None)
    server.ctl_ok("zone", "set", ZONE, f"notify={peer.place} key some.key")
    wait_until(lambda: notify_row(server)["state"] == "acknowledged", "no minute's wait", 10)
    assert len(peer.heard) == 2


def test_the_key_must_be_here(tenured, secondary):
    server = tenured()
    key = server.key("some.key")
    peer = secondary(key=key)
    server.zone(ZONE)
    answer = server.ctl("zone", "set", ZONE, f"notify={peer.place} key nobody.key")
    assert answer.code == 4 and "no key 'nobody.key' here" in answer.err
    assert server.rows("zone", "show", ZONE)[0]["notify"] == []
    server.ctl_ok("zone", "set", ZONE, f"notify={peer.place} key some.key")
    wait_for_state(server, peer.place, state="acknowledged")
    answer = server.ctl("key", "del", "some.key")
    assert answer.code == 0 and f"zone {ZONE} signs notifies with it" in answer.err
    server.ctl_ok("zone", "notify", ZONE)
    wait_for_state(server, peer.place, problem="there is no such key here")


def test_name_servers_are_told_but_not_the_primary_and_not_ourselves(tenured, secondary):
    server, peer = tenured(), secondary("127.0.0.2")
    lines = ["@ NS ns2", "@ NS ns3", "@ NS ns.elsewhere.example.", "ns A 127.0.0.9", "ns2 A 127.0.0.2",
             f"ns3 A {server.address}"]
    server.zone(ZONE, *lines, update="nonsecure")
    # `ns` is the MNAME; ns3 is this very server when the port is ours.
    server.ctl_ok("zone", "set", ZONE, f"notify=ns@{peer.port}")
    peer.wait_for(ZONE, serial_of(server))
    rows = {r["target"]: r for r in server.rows("notify", "status")}
    assert set(rows) == {f"127.0.0.2@{peer.port}", f"{server.address}@{peer.port}", "ns.elsewhere.example"}
    assert rows[f"127.0.0.2@{peer.port}"]["ns"] == "ns2.corp.example"
    assert rows["ns.elsewhere.example"]["state"] == "no-address"
    server.ctl_ok("zone", "set", ZONE, f"notify=ns@{server.port}")
    assert {r["target"] for r in server.rows("notify", "status")} == {f"127.0.0.2@{server.port}",
                                                                      "ns.elsewhere.example"}


def test_a_name_server_that_is_added_is_told(tenured, secondary):
    server, peer = tenured(), secondary("127.0.0.2")
    server.zone(ZONE, update="nonsecure", notify=f"ns@{peer.port}")
    assert server.rows("notify", "status") == []
    server.ctl_ok("record", "add", ZONE, "ns2", "A", "127.0.0.2")
    server.ctl_ok("record", "add", ZONE, "@", "NS", "ns2")
    peer.wait_for(ZONE, serial_of(server))


def test_every_way_to_change_a_zone_is_told(tenured, secondary, tmp_path):
    server, peer = tenured(), secondary()
    server.zone(ZONE, notify=peer.place)
    serial = serial_of(server)

    def has_moved():
        nonlocal serial
        now = serial_of(server)
        assert now != serial
        serial = now
        peer.wait_for(ZONE, serial)
    server.ctl_ok("record", "add", ZONE, "a", "A", "10.0.0.1")
    has_moved()
    text = server.ctl_ok("zone", "export", ZONE)
    (tmp_path / "zone").write_text(text.replace("10.0.0.1", "10.0.0.2"))
    server.ctl_ok("zone", "import", ZONE, tmp_path / "zone")
    has_moved()
    server.ctl_ok("record", "del", ZONE, "a", "A")
    has_moved()


def test_zone_notify_tells_at_once_whoever_knows_already(tenured, secondary):
    server, peer = tenured(), secondary()
    server.zone(ZONE, notify=peer.place)
    wait_for_state(server, peer.place, state="acknowledged")
    count = len(peer.heard)
    assert "1 notified" in server.ctl_ok("zone", "notify", ZONE)
    wait_until(lambda: len(peer.heard) == count + 1, "one more")
    assert server.ctl("zone", "notify", "nothere.example").code == 4


def test_ipv6_is_told_by_ipv6(made, secondary):
    server = made(address="::1").start()
    peer = secondary("::1")
    server.zone(ZONE, notify=peer.place)
    peer.wait_for(ZONE, serial_of(server))
    assert peer.heard[-1].source[0] == "::1"


def test_many_dead_targets_hold_nobody_up(tenured, secondary):
    server, peer = tenured(), secondary()
    dead = ",".join(f"127.0.1.{i}@9" for i in range(1, 16))
    for i in range(20):
        server.zone(f"z{i}.example", notify=dead)
    server.zone(ZONE, update="nonsecure", notify=peer.place)
    peer.wait_for(ZONE, serial_of(server))
    peer.wait_for(ZONE, change(server), 10)
    assert len(server.rows("notify", "status")) == 301
    began = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began < 10


def test_the_setting_is_checked(tenured):
    server = tenured()
    server.zone(ZONE)
    for value, code, words in (("ns1.corp.example", 2, "is not none, ns or an address"),
                               ("10.0.0.1@0", 2, "port 0"), ("10.0.0.1,10.0.0.1", 2, "named twice"),
                               ("10.0.0.1 key a..b", 2, "is not a key's name"),
                               ("0.0.0.0", 2, "is not the address of one server")):
        answer = server.ctl("zone", "set", ZONE, f"notify={value}")
        assert (answer.code, words in answer.err) == (code, True), answer
    server.ctl_ok("zone", "set", ZONE, "notify=2001:db8::7, ns@5300")
    assert server.rows("zone", "show", ZONE)[0]["notify"] == ["2001:db8::7@53", "ns@5300"]
    server.restart()
    assert server.rows("zone", "show", ZONE)[0]["notify"] == ["2001:db8::7@53", "ns@5300"]


def test_a_notify_to_us_is_refused(tenured):
    server = tenured()
    server.zone(ZONE)
    for zone, rcode in ((ZONE, dns.rcode.REFUSED), ("other.example", dns.rcode.NOTAUTH),
                        ("below.corp.example", dns.rcode.NOTAUTH)):
        message = dns.message.make_query(zone, "SOA")
        message.set_opcode(dns.opcode.NOTIFY)
        message.flags = dns.flags.Flag(message.flags & ~dns.flags.RD) | dns.flags.AA
        answer = server.ask(message)
        assert (answer.rcode(), answer.opcode()) == (rcode, dns.opcode.NOTIFY)
    wait_until(lambda: "notify refused" in server.log(), "a line")
    assert stats(server)["notifies-received"] == 3
