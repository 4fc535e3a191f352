# SPDX-License-Identifier: BSD-2-Clause
"""Byte by byte: TSIG's errors, requests sent again, pipelines, packets that make no sense."""
import random
import socket
import struct
import time

import dns.message
import dns.query
import dns.rcode
import dns.update
import pytest

import bytes_of
from tenure import PATIENCE, SOURCE

ZONE = "corp.example"
NOTAUTH, FORMERR, REFUSED, YXDOMAIN = 9, 1, 5, 6
BADSIG, BADKEY, BADTIME = 16, 17, 18


@pytest.fixture
def server(tenured):
    server = tenured()
    server.zone(ZONE, "www A 10.0.0.1", update="secure")
    return server


def exchange(server, wire, timeout=PATIENCE):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(timeout)
        udp.sendto(wire, (server.address, server.port))
        return udp.recv(65535)


def framed(wire):
    return struct.pack("!H", len(wire)) + wire


def read_exactly(stream, count):
    got = b""
    while len(got) < count:
        piece = stream.recv(count - len(got))
        if not piece:
            raise EOFError
        got += piece
    return got


def read_message(stream):
    return read_exactly(stream, struct.unpack("!H", read_exactly(stream, 2))[0])


def addition(name="pc1", data="10.0.0.7", fresh=False):
    update = dns.update.UpdateMessage(ZONE)
    if fresh:
        update.absent(name)
    update.add(name, 60, "A", data)
    return update


def changes(server):
    """Seqs of the entries that changed data by an update."""
    rows = server.rows("audit", "--zone", ZONE, "--event", "record-register")
    return sorted({row["seq"] for row in rows})


# --- TSIG

def test_original_id_that_differs_from_the_id(server):
    """Kea's D2 sends it so; the MAC is over the original id (RFC 8945 4.3.1)."""
    key = server.key("pc1.corp.example")
    update = addition()
    update.id = 0x1234
    wire, mac = bytes_of.signed(update, key, original_id=0x4321)
    wire = struct.pack("!H", 0x1234) + wire[2:]
    answer = exchange(server, wire)
    assert bytes_of.rcode(answer) == 0
    assert answer[:2] == b"\x12\x34"
    assert bytes_of.verifies(answer, key, mac)


def test_a_spoiled_mac_gets_an_unsigned_badsig(server):
    key = server.key("pc1.corp.example")
    answer = exchange(server, bytes_of.signed(addition(), key, spoil=True)[0])
    found = bytes_of.signature(answer)
    assert (bytes_of.rcode(answer), found.error, found.rdata.mac) == (NOTAUTH, BADSIG, b"")
    assert changes(server) == []


def test_an_unknown_key_gets_an_unsigned_badkey(server):
    key = server.key("pc1.corp.example")
    key.name = "nobody.corp.example"
    answer = exchange(server, bytes_of.signed(addition(), key)[0])
    found = bytes_of.signature(answer)
    assert (bytes_of.rcode(answer), found.error, found.rdata.mac) == (NOTAUTH, BADKEY, b"")


def test_the_keys_algorithm_is_the_only_one(server):
    key = server.key("pc1.corp.example", "hmac-sha256")
    key.algorithm = "hmac-sha512"
    answer = exchange(server, bytes_of.signed(addition(), key)[0])
    assert (bytes_of.rcode(answer), bytes_of.signature(answer).error) == (NOTAUTH, BADKEY)


@pytest.mark.parametrize("skew", [-301 - 60, 301 + 60])
def test_a_wrong_clock_gets_a_signed_badtime_with_ours(server, skew):
    key = server.key("pc1.corp.example")
    now = int(time.time())
    wire, mac = bytes_of.signed(addition(), key, when=now + skew)
    answer = exchange(server, wire)
    found = bytes_of.signature(answer)
    assert (bytes_of.rcode(answer), found.error) == (NOTAUTH, BADTIME)
    assert bytes_of.verifies(answer, key, mac)
    assert found.rdata.time_signed == now + skew, "RFC 8945 5.2.3: the request's own time"
    assert abs(int.from_bytes(found.rdata.other, "big") - now) < PATIENCE
    assert changes(server) == []


@pytest.mark.parametrize("skew", [-200, 200])
def test_a_clock_within_the_fudge_is_taken(server, skew):
    key = server.key("pc1.corp.example")
    wire, _ = bytes_of.signed(addition(), key, when=int(time.time()) + skew)
    assert bytes_of.rcode(exchange(server, wire)) == 0


@pytest.mark.parametrize("mac_len", [0, 1, 9, 15])
def test_a_mac_that_is_too_short(server, mac_len):
    """RFC 8945 5.2.2.1: below ten octets, or half of the hash, it is FORMERR."""
    key = server.key("pc1.corp.example")
    answer = exchange(server, bytes_of.signed(addition(), key, mac_len=mac_len)[0])
    assert bytes_of.rcode(answer) in (FORMERR, NOTAUTH)
    assert changes(server) == []


def test_a_tsig_that_is_not_last_or_comes_twice(server):
    key = server.key("pc1.corp.example")
    once, _ = bytes_of.signed(addition(), key)
    twice, _ = bytes_of.signed(once, key)
    assert bytes_of.rcode(exchange(server, twice)) == FORMERR
    assert changes(server) == []


def test_names_of_keys_have_no_case(server):
    key = server.key("pc1.corp.example")
    wire, mac = bytes_of.signed(addition(), key)
    at = wire.rindex(b"\x03pc1\x04corp\x07example\x00")
    wire = wire[:at] + b"\x03PC1\x04Corp\x07eXample\x00" + wire[at + 18:]
    answer = exchange(server, wire)
    assert bytes_of.rcode(answer) == 0
    assert bytes_of.verifies(answer, key, mac)


def test_refusals_are_signed(server):
    mine, other = server.key("pc1.corp.example"), server.key("pc2.corp.example")
    assert bytes_of.rcode(exchange(server, bytes_of.signed(addition(), mine)[0])) == 0
    wire, mac = bytes_of.signed(addition(data="10.6.6.6"), other)
    answer = exchange(server, wire)
    assert bytes_of.rcode(answer) == REFUSED
    assert bytes_of.verifies(answer, other, mac)


def test_a_refusal_says_why_to_those_who_sent_an_opt(server):
    mine, other = server.key("pc1.corp.example"), server.key("pc2.corp.example")
    assert bytes_of.rcode(exchange(server, bytes_of.signed(addition(), mine)[0])) == 0
    update = addition(data="10.6.6.6")
    update.use_edns(0, payload=1232)
    answer = exchange(server, bytes_of.signed(update, other)[0])
    options = dns.message.from_wire(bytes_of.signature(answer).bare).options
    assert [int(option.code) for option in options if int(option.otype) == 15] == [18]
    plain = exchange(server, bytes_of.signed(addition(data="10.6.6.7"), other)[0])
    assert dns.message.from_wire(bytes_of.signature(plain).bare).edns == -1


# --- requests that are sent again

def test_the_same_bytes_again_get_the_stored_answer(server):
    """Run twice, the prerequisite would fail."""
    key = server.key("pc1.corp.example")
    wire, _ = bytes_of.signed(addition(fresh=True), key)
    answers = [exchange(server, wire) for _ in range(3)]
    assert [bytes_of.rcode(answer) for answer in answers] == [0, 0, 0]
    assert len(changes(server)) == 1


def test_a_new_request_with_the_same_content_is_run(server):
    key = server.key("pc1.corp.example")
    now = int(time.time())
    first, _ = bytes_of.signed(addition(fresh=True), key, when=now)
    again, _ = bytes_of.signed(addition(fresh=True), key, when=now - 1)
    assert bytes_of.rcode(exchange(server, first)) == 0
    assert bytes_of.rcode(exchange(server, again)) == YXDOMAIN


def test_unsigned_bytes_again_from_the_same_place(server):
    server.ctl_ok("zone", "set", ZONE, "update=nonsecure")
    wire = addition(fresh=True).to_wire()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(PATIENCE)
        for _ in range(3):
            udp.sendto(wire, (server.address, server.port))
            assert bytes_of.rcode(udp.recv(65535)) == 0
    assert bytes_of.rcode(exchange(server, wire)) == YXDOMAIN, "another port is another asker"
    assert len(changes(server)) == 1


# --- TCP

def query(number, name="www.corp.example"):
    message = dns.message.make_query(name, "A")
    message.id = number
    return message.to_wire()


def test_a_pipeline_is_answered_in_full(server):
    with server.connect() as stream:
        stream.sendall(b"".join(framed(query(number)) for number in range(1, 101)))
        seen = {dns.message.from_wire(read_message(stream)).id for _ in range(100)}
    assert seen == set(range(1, 101))


def test_updates_and_queries_in_one_pipeline(server):
    key = server.key("pc1.corp.example")
    parts = []
    for number in range(1, 41):
        if number % 2:
            update = addition(f"n{number}")
            update.id = number
            parts.append(framed(bytes_of.signed(update, key)[0]))
        else:
            parts.append(framed(query(number)))
    with server.connect() as stream:
        stream.sendall(b"".join(parts))
        answers = [read_message(stream) for _ in parts]
    assert {struct.unpack("!H", answer[:2])[0] for answer in answers} == set(range(1, 41))
    assert {bytes_of.rcode(answer) for answer in answers} == {0}
    assert len(changes(server)) == 20


def test_a_length_in_pieces(server):
    with server.connect() as stream:
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for octet in framed(query(7)):
            stream.sendall(bytes([octet]))
            time.sleep(0.005)
        assert dns.message.from_wire(read_message(stream)).id == 7


def test_half_a_message_holds_up_nobody(server):
    with server.connect() as slow:
        slow.sendall(framed(query(1))[:9])
        for number in range(20):
            assert server.query("www.corp.example", "A", tcp=bool(number % 2)).rcode() == 0


def test_a_half_closed_connection_still_gets_its_answers(server):
    with server.connect() as stream:
        stream.sendall(framed(query(1)) + framed(query(2)))
        stream.shutdown(socket.SHUT_WR)
        assert {dns.message.from_wire(read_message(stream)).id for _ in range(2)} == {1, 2}


def test_the_largest_update_that_tcp_can_carry(server):
    key = server.key("big.corp.example")
    server.ctl_ok("zone", "set", ZONE, "max-records=none")
    update = dns.update.UpdateMessage(ZONE)
    for number in range(300):
        update.add("big", 60, "TXT", f"\"{number:03} {'x' * 194}\"")
    wire, mac = bytes_of.signed(update.to_wire(max_size=65535), key)
    assert 60000 < len(wire) < 65536
    with server.connect() as stream:
        stream.sendall(framed(wire))
        answer = read_message(stream)
    assert bytes_of.rcode(answer) == 0
    assert bytes_of.verifies(answer, key, mac)
    assert len(server.query("big.corp.example", "TXT", tcp=True).answer[0]) == 300


# --- what makes no sense

def nonsense():
    """Named packets, broken in one way each, and a few thousand random ones."""
    head = struct.pack("!HHHHHH", 7, 0x0100, 1, 0, 0, 0)
    good = query(7)
    question = good[12:]
    yield "empty", b""
    yield "one byte", b"\0"
    yield "eleven bytes", head[:11]
    yield "header alone that promises a question", head
    yield "pointer to itself", head + b"\xc0\x0c\0\1\0\1"
    yield "pointer ahead", head + b"\xc0\xff\0\1\0\1"
    yield "two pointers in a ring", head + b"\xc0\x0e\xc0\x0c\0\1\0\1"
    yield "label without end", head + b"\x3fabc"
    yield "label of a reserved kind", head + b"\x80abc\0\0\1\0\1"
    yield "name of 256 octets", head + (b"\x3f" + b"a" * 63) * 4 + b"\0\0\1\0\1"
    yield "question without class", head + question[:-2]
    yield "more questions than there are", head[:4] + b"\xff\xff" + head[6:] + question
    yield "more answers than there are", head[:6] + b"\xff\xff" + head[8:] + question
    yield "two questions", head[:4] + b"\0\2" + head[6:] + question * 2
    yield "octets behind the end", good + b"rest"
    yield "an OPT that ends early", good[:10] + b"\0\1" + question + b"\0\0\x29\4\xd0\0\0\0\0\0\4\0"
    yield "two OPTs", good[:10] + b"\0\2" + question + b"\0\0\x29\4\xd0\0\0\0\0\0\0" * 2
    yield "an OPT with a name", good[:10] + b"\0\1" + question + b"\1a\0\0\x29\4\xd0\0\0\0\0\0\0"
    yield "a record with a length beyond", (good[:10] + b"\0\1" + question +
                                            b"\0\0\1\0\1\0\0\0\0\xff\xff\1")
    update = addition().to_wire()
    for cut in range(12, len(update), 3):
        yield f"an update cut at {cut}", update[:cut]
    yield "an update of class ANY zone", update.replace(b"\0\6\0\1", b"\0\6\0\xff", 1)
    yield "an update with two zones", update[:4] + b"\0\2" + update[6:12] + update[12:30] * 2
    chance = random.Random(2136)
    for number in range(2000):
        base = bytearray(chance.choice([good, update]))
        for _ in range(chance.randint(1, 8)):
            base[chance.randrange(len(base))] = chance.randrange(256)
        yield f"changed by chance, {number}", bytes(base[:chance.randint(1, len(base))])
    for number in range(500):
        yield f"noise, {number}", chance.randbytes(chance.randint(0, 600))
    for path in sorted((SOURCE / "tests/fuzz/corpus").glob("*/*")):
        yield str(path), path.read_bytes()[:65000]


def test_nonsense_by_udp_never_stops_the_next_query(server):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        for number, (what, wire) in enumerate(nonsense()):
            udp.sendto(wire, (server.address, server.port))
            if number % 25 == 0:
                assert server.query("www.corp.example", "A").rcode() == 0, what
    assert server.query("www.corp.example", "A").rcode() == 0
    assert server.is_alive()


def test_nonsense_by_tcp_never_stops_the_next_query(server):
    for number, (what, wire) in enumerate(nonsense()):
        if number > 400:
            break
        with server.connect() as stream:
            stream.sendall(framed(wire))
            if number % 3 == 0:
                stream.sendall(b"\xff\xff only a part")
        if number % 25 == 0:
            assert server.query("www.corp.example", "A", tcp=True).rcode() == 0, what
    assert server.query("www.corp.example", "A", tcp=True).rcode() == 0
    assert server.is_alive()


def test_a_header_that_can_be_read_gets_a_formerr(server):
    for what, wire in nonsense():
        if what.startswith(("pointer", "label", "name of", "question without", "two OPTs",
                            "two questions")):
            answer = exchange(server, wire)
            assert (bytes_of.rcode(answer), answer[:2]) == (FORMERR, b"\0\7"), what


def test_answers_are_never_answered(server):
    wire = bytearray(query(7))
    wire[2] |= 0x80
    with pytest.raises(socket.timeout):
        exchange(server, bytes(wire), timeout=0.5)


def test_case_is_given_back_as_it_came(server):
    answer = server.query("wWw.CoRp.eXamPLe", "A")
    assert answer.question[0].name.to_text() == "wWw.CoRp.eXamPLe."
    assert answer.answer[0][0].address == "10.0.0.1"


# --- clients that prove themselves first

def test_prerequisites_alone_are_a_question_for_those_who_may(server):
    """Ansible asks so whether a record is there; a stranger learns nothing."""
    key = server.key("pc1.corp.example")
    update = dns.update.UpdateMessage(ZONE)
    update.present("www", "A", "10.0.0.1")
    assert bytes_of.rcode(exchange(server, bytes_of.signed(update, key)[0])) == 0
    update = dns.update.UpdateMessage(ZONE)
    update.present("www", "A", "10.0.0.2")
    assert bytes_of.rcode(exchange(server, bytes_of.signed(update, key)[0])) == 8
    for data in ("10.0.0.1", "10.0.0.2"):
        update = dns.update.UpdateMessage(ZONE)
        update.present("www", "A", data)
        assert bytes_of.rcode(exchange(server, update.to_wire())) == REFUSED


def test_the_library_itself_verifies_our_answers(server):
    key = server.key("pc1.corp.example")
    update = server.update(ZONE, key)
    update.replace("pc1", 60, "A", "10.0.0.7")
    for tcp in (False, True):
        answer = server.ask(update, tcp=tcp)
        assert answer.rcode() == dns.rcode.NOERROR
        assert answer.had_tsig
