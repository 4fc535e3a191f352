# SPDX-License-Identifier: BSD-2-Clause
"""tenurectl shadow: what clients ask is asked of the server that is left, too, and what differs is
listed. No answer waits for it, and none is altered."""
import contextlib
import re
import socket
import threading
import time

import dns.flags
import dns.message
import dns.name
import pytest

from tenure import free_port, wait_until

ZONE = "corp.example"
HERE = ("www 900 A 192.0.2.1", "same 900 A 192.0.2.7", "gone 900 A 192.0.2.2", "old 900 A 192.0.2.3",
        "order 900 A 192.0.2.4", "order 900 A 192.0.2.5", "branch NS ns1.branch", "ns1.branch A 192.0.2.9",
        *(f"big 900 TXT {i:03}{'x' * 60}" for i in range(40)))
THERE = ("www 900 A 192.0.2.99", "same 900 A 192.0.2.7", "old 300 A 192.0.2.3",
         "order 900 A 192.0.2.5", "order 900 A 192.0.2.4", "branch NS ns2.branch", "ns2.branch A 192.0.2.9",
         *(f"big 900 TXT {i:03}{'x' * 60}" for i in range(40)))


@pytest.fixture
def pair(tenured):
    new, old = tenured(), tenured()
    new.zone(ZONE, *HERE)
    old.zone(ZONE, *THERE)
    return new, old


def begin(new, where, zone="all", *words):
    return new.ctl_ok("shadow", zone, where, *words)


def at(server):
    return f"127.0.0.1@{server.port}"


def counts(server):
    """What the last line of `shadow show` counts, by words, and the line."""
    said = server.ctl_ok("shadow", "show").strip().splitlines()[-1]
    words = {"asked": r"(\d+) questions? asked", "same": r"(\d+) the same", "different": r"(\d+) different",
             "unanswered": r"(\d+) not answered", "left": r"(\d+) left out"}
    return {word: int(re.search(what, said)[1]) for word, what in words.items()}, said


def ask_all(server, *names, type="A"):
    answers = []
    for name in names:
        answers.append(server.query(f"{name}.{ZONE}", type, use_edns=True, payload=4096))
    return answers


def rows(server):
    return {row["name"].split(".")[0]: row for row in server.rows("shadow", "show") if "name" in row}


def test_answers_that_differ_are_listed_with_both(pair):
    new, old = pair
    begin(new, at(old))

    def asked():
        """What was left out since too many waited is asked when it comes again; nothing is asked twice."""
        ask_all(new, "www", "same", "gone", "old", "order", "host.branch", "nothing")
        new.query(ZONE, "SOA")
        new.query(f"WWW.{ZONE}", "A")
        return counts(new)[0]["asked"] >= 8
    wait_until(asked, "eight questions")
    found = wait_until(lambda: len(rows(new)) >= 4 and rows(new), "four differences")
    assert {name: row["difference"] for name, row in found.items()} == {
        "www": "records", "gone": "rcode", "old": "ttl", "host": "records"}
    assert (found["www"]["answer_here"], found["www"]["answer_there"]) == (
        "NOERROR: A 192.0.2.1 (900)", "NOERROR: A 192.0.2.99 (900)")
    assert found["gone"]["answer_there"] == "NXDOMAIN" and found["gone"]["type"] == "A"
    assert found["host"]["answer_here"].startswith("NOERROR (referral): NS ns1.branch")
    number, said = counts(new)
    assert number["different"] == 4 and number["unanswered"] == 0, said


def test_what_was_mended_is_asked_again_and_counted(tenured):
    new, old = tenured(clock="2026-01-05T09:00:00Z"), tenured()
    new.zone(ZONE, *HERE)
    old.zone(ZONE, *THERE)
    begin(new, at(old))
    ask_all(new, "www", "www", "www")
    wait_until(lambda: "www" in rows(new), "a difference")
    # Within a minute a question is asked once.
    assert counts(new)[0]["asked"] == 1


def test_answers_above_udp_are_compared_by_tcp(pair):
    new, old = pair
    begin(new, at(old))
    name = f"big.{ZONE}"
    # What is cut here is asked by TCP, and compared then.
    answer = new.query(name, "TXT")
    assert answer.flags & dns.flags.TC
    answer = new.query(name, "TXT", tcp=True)
    assert len(answer.answer[0]) == 40
    wait_until(lambda: counts(new)[0]["asked"] == 1, "the question")
    number, said = wait_until(lambda: counts(new)[0]["same"] == 1 and counts(new), "the same")
    assert number["different"] == 0, said


def test_one_zone_alone_can_be_compared(pair):
    new, old = pair
    new.zone("other.example", "www A 192.0.2.1")
    begin(new, at(old), "other.example", "--for", "10m")
    ask_all(new, "www", "gone")
    new.query("www.other.example", "A")
    wait_until(lambda: "www" in rows(new), "a difference")
    assert [row["name"] for row in new.rows("shadow", "show")] == ["www.other.example"]
    assert counts(new)[0]["asked"] == 1


@contextlib.contextmanager
def peer(answer):
    """A server that answers each datagram with what the function makes of it."""
    port = free_port()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", port))
        udp.settimeout(0.1)
        ended = threading.Event()

        def serve():
            while not ended.is_set():
                with contextlib.suppress(socket.timeout):
                    packet, client = udp.recvfrom(4096)
                    for reply in answer(packet):
                        udp.sendto(reply, client)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1#{port}"
        finally:
            ended.set()
            thread.join()


def reply(packet):
    return dns.message.make_response(dns.message.from_wire(packet)).to_wire()


JUNK = {
    "silence": lambda packet: [],
    "junk": lambda packet: [b"\x00" * 7, bytes(range(256)), packet[:2] + b"\xff" * 40],
    "the question": lambda packet: [packet],
    "another id": lambda packet: [bytes([packet[0] ^ 1]) + reply(packet)[1:]],
    "another question": lambda packet: [reply(packet).replace(b"\x04corp", b"\x04corq")],
    "a cut answer, and no TCP": lambda packet: [reply(packet)[:2] + b"\x82" + reply(packet)[3:]],
}


@pytest.mark.parametrize("kind", JUNK)
def test_nonsense_and_silence_change_no_answer(kind, tenured):
    new = tenured()
    new.zone(ZONE, *HERE)
    with peer(JUNK[kind]) as place:
        begin(new, place)
        start = time.monotonic()
        for _ in range(20):
            answers = ask_all(new, "www", "same", "gone")
            assert [str(a.answer[0][0]) for a in answers] == ["192.0.2.1", "192.0.2.7", "192.0.2.2"]
        # Twenty rounds of three; one that waited for the peer would take a second.
        assert time.monotonic() - start < 20
        wait_until(lambda: counts(new)[0]["unanswered"] >= 1, "a question without an answer")
        assert not rows(new)
        new.ctl_ok("shadow", "stop")


def test_a_flood_of_questions_is_left_out_and_not_waited_for(pair):
    new, old = pair
    begin(new, at(old))
    for i in range(400):
        assert new.query(f"n{i}.{ZONE}", "A").rcode() == 3
    number, said = counts(new)
    assert number["left"] > 0 or number["asked"] > 0, said
    assert "left out" in said


def test_it_ends_by_time_by_stop_and_with_the_server(pair):
    new, old = pair
    assert new.ctl("shadow", "show").code == 4
    assert new.ctl("shadow", "stop").code == 4
    begin(new, at(old), "all", "--for", "1s")
    wait_until(lambda: "ended" in counts(new)[1], "its end")
    begin(new, at(old))
    again = new.ctl("shadow", "all", at(old))
    assert again.code == 1 and "one runs already" in again.err
    ask_all(new, "www")
    wait_until(lambda: "www" in rows(new), "a difference")
    new.ctl_ok("shadow", "stop")
    assert "www" in rows(new) and "ended" in counts(new)[1]
    begin(new, at(old))
    assert not rows(new)
    assert new.stop() == 0


def test_wrong_words_are_named(pair):
    new, _ = pair
    for words, said in ((("all", "nonsense"), "address: 'nonsense'"),
                        (("nosuch.example", "192.0.2.1"), "no zone 'nosuch.example'"),
                        (("all", "192.0.2.1", "--for", "8d"), "1s to 7d"),
                        (("all", "192.0.2.1", "--for", "0"), "1s to 7d")):
        answer = new.ctl("shadow", *words)
        assert answer.code in (2, 4) and said in answer.err, (words, answer)


def test_signed_questions_and_transfers_are_not_asked(pair):
    new, old = pair
    key = new.key("reader")
    begin(new, at(old))
    message = dns.message.make_query(f"www.{ZONE}", "A")
    message.use_tsig({dns.name.from_text(key.name): key.dns}, keyname=dns.name.from_text(key.name))
    assert new.ask(message).rcode() == 0
    new.query(ZONE, "ANY")
    new.query(f"same.{ZONE}", "A")
    wait_until(lambda: counts(new)[0]["asked"] == 1, "one question")
    assert counts(new)[0]["asked"] == 1 and not rows(new)
