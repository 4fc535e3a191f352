# SPDX-License-Identifier: BSD-2-Clause
"""What secondaries have: they are asked for their SOA, and how far they are behind is known."""
import re
import shlex

import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import dns.rdatatype
import pytest

from test_notify import ZONE, change, notify_row, secondary, serial_of  # noqa: F401

START = "2026-01-05T09:00:00Z"


def asked(server):
    """The row of the one target, after it was asked."""
    rows = server.rows("notify", "status", ZONE, "--ask")
    assert len(rows) == 1
    return rows[0]


def test_a_secondary_that_has_the_serial_is_not_behind(tenured, secondary):
    server, peer = tenured("--clock", START), secondary()
    server.zone(ZONE, update="nonsecure", notify=peer.place)
    peer.has[ZONE] = serial_of(server)
    row = asked(server)
    assert (row["there"], row["behind"], row["there_problem"]) == (serial_of(server), 0, None)
    assert row["there_at"] == START
    question = peer.asked[0]
    assert question.opcode() == dns.opcode.QUERY and not question.flags & dns.flags.RD
    assert question.question[0].rdtype == dns.rdatatype.SOA


def test_one_that_acknowledges_and_transfers_nothing_is_behind_since_the_change(tenured, secondary):
    server, peer = tenured("--clock", START), secondary()
    server.zone(ZONE, update="nonsecure", notify=peer.place)
    peer.has[ZONE] = old = serial_of(server)
    assert asked(server)["behind"] == 0
    serial = change(server)
    peer.wait_for(ZONE, serial)
    server.ctl_ok("clock", "forward", "20m")
    row = asked(server)
    assert (row["state"], row["there"], row["behind"]) == ("acknowledged", old, 1200)
    health = server.ctl("health")
    assert health.code == 1 and f"{peer.place} of {ZONE}" in health.out
    metric = f'tenure_secondary_behind_seconds{{zone="{ZONE}",target="{peer.place}"}} 1200'
    assert metric in server.ctl_ok("stats", "--prometheus")
    peer.has[ZONE] = serial
    assert asked(server)["behind"] == 0
    assert "secondaries" not in server.ctl("health").out


def test_a_serial_ahead_of_ours_is_said_since_nothing_will_be_transferred(tenured, secondary):
    server, peer = tenured("--clock", START), secondary()
    server.zone(ZONE, update="nonsecure", notify=peer.place)
    peer.has[ZONE] = serial_of(server) + 100
    row = asked(server)
    assert row["there_problem"] == ("its serial is ahead of ours: it will not transfer; "
                                    "tenurectl health has the command that moves ours")
    assert row["problems"] == row["there_problem"]
    server.ctl_ok("clock", "forward", "1m")
    assert asked(server)["behind"] == 60


@pytest.mark.parametrize("ahead", [1, 2**20, 2**31 - 2**20 - 5, 2**31 - 2])
def test_the_command_for_a_serial_ahead_of_ours_moves_ours_beyond_it(tenured, secondary, ahead):
    server, peer = tenured("--clock", START), secondary()
    server.zone(ZONE, update="nonsecure", notify=peer.place)
    theirs = peer.has[ZONE] = serial_of(server) + ahead
    before = server.query(ZONE, "SOA").answer[0].to_text().split()
    asked(server)
    said = [row["text"] for row in server.ctl("health", "--json").rows() if row["code"] == "secondary-ahead"]
    assert len(said) == 1 and said[0] in server.ctl("status").err.replace("\n", " "), said
    assert said[0].startswith(f"{peer.place} has serial {theirs} of {ZONE}, which is ahead of ours"), said
    words = shlex.split(re.search(r"`tenurectl (.*)`", said[0])[1])
    server.ctl_ok(*words)
    after = server.query(ZONE, "SOA").answer[0].to_text().split()
    assert 0 < serial_of(server) - theirs < 2**31
    assert [word for i, word in enumerate(after) if i != 6] == [word for i, word in enumerate(before) if i != 6]
    assert asked(server)["there_problem"] is None
    assert "secondary-ahead" not in {row["code"] for row in server.ctl("health", "--json").rows()}


def refused(message):
    answer = dns.message.make_response(message)
    answer.set_rcode(dns.rcode.REFUSED)
    return answer


@pytest.mark.parametrize("has, problem", [
    (None, "it does not answer a question for its SOA"),
    (refused, "it refuses a question for its SOA, or cannot answer it"),
    (dns.message.make_response, "it is no authority for the zone"),
])
def test_without_an_answer_nothing_is_known_and_nobody_is_called_behind(tenured, secondary, has, problem):
    server, peer = tenured("--clock", START), secondary()
    peer.has[ZONE] = has
    server.zone(ZONE, update="nonsecure", notify=peer.place)
    row = asked(server)
    assert (row["there"], row["behind"], row["there_problem"]) == (None, None, problem)
    assert "tenure_secondary_behind_seconds" not in server.ctl_ok("stats", "--prometheus")


def test_an_answer_to_another_question_is_not_taken(tenured, secondary):
    server, peer = tenured("--clock", START), secondary()

    def forged(message):
        answer = dns.message.make_response(message)
        answer.flags |= dns.flags.AA
        answer.id ^= 1
        return answer
    peer.has[ZONE] = forged
    server.zone(ZONE, update="nonsecure", notify=peer.place)
    assert asked(server)["there_problem"] == "it does not answer a question for its SOA"


def test_the_question_is_signed_where_notifies_are(tenured, secondary):
    server = tenured()
    server.zone(ZONE, update="nonsecure")
    key = server.key("second")
    peer = secondary(key=key)
    peer.has[ZONE] = serial_of(server)
    server.ctl_ok("zone", "set", ZONE, f"notify={peer.place} key second")
    assert asked(server)["behind"] == 0
    assert peer.asked[-1].had_tsig
    # One who does not know the key forges nothing.
    peer.has[ZONE] = lambda message: dns.message.from_wire(unsigned(message))
    assert asked(server)["there_problem"] == "it does not answer a question for its SOA"
    assert notify_row(server)["there"] == serial_of(server), "what it said before stands"


def unsigned(message):
    answer = dns.message.Message(message.id)
    answer.flags = dns.flags.QR | dns.flags.AA
    answer.question = message.question
    answer.answer = [dns.rrset.from_text(ZONE + ".", 60, "IN", "SOA", "ns. h. 99 1 2 3 4")]
    return answer.to_wire()
