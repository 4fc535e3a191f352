# SPDX-License-Identifier: BSD-2-Clause
"""Byte by byte against the RFCs, by plain sockets: what goes out is written here, what comes is read here.

Nothing of dnspython is used for reading the wire but names, so that no library forgives what a
strict reader would not.
"""
import dataclasses
import random
import socket
import struct
import time

import dns.name
import pytest

import bytes_of
from tenure import Tenured

ZONE = "corp.example"
IN, CH, NONE, ANY = 1, 3, 254, 255
A, NS, SOA, TXT, AAAA, OPT, TSIG = 1, 2, 6, 16, 28, 41, 250
QR, AA, TC, RD, RA, Z, AD, CD = 0x8000, 0x400, 0x200, 0x100, 0x80, 0x40, 0x20, 0x10
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, NOTAUTH, NOTZONE = 0, 1, 2, 3, 4, 5, 9, 10
BADVERS, BADSIG, BADKEY, BADTIME, BADTRUNC = 16, 16, 17, 18, 22
QUERY, IQUERY, STATUS, NOTIFY, UPDATE = 0, 1, 2, 4, 5
NSID, COOKIE = 3, 10
SILENCE = 0.4  # seconds after which nothing will come


# --- writing

def name(text):
    return dns.name.from_text(text).to_wire()


def header(id=1, flags=0, qd=1, an=0, ns=0, ar=0):
    return struct.pack("!6H", id, flags, qd, an, ns, ar)


def question(text="www.corp.example", type=A, rdclass=IN):
    return name(text) + struct.pack("!HH", type, rdclass)


def rr(owner, type, rdclass, ttl=0, data=b"", length=None):
    return owner + struct.pack("!HHIH", type, rdclass, ttl, len(data) if length is None else length) + data


def opt(size=1232, version=0, flags=0, options=b"", owner=b"\0", rcode=0, length=None):
    return rr(owner, OPT, size, rcode << 24 | version << 16 | flags, options, length)


def option(code, data=b""):
    return struct.pack("!HH", code, len(data)) + data


def query(text="www.corp.example", type=A, rdclass=IN, id=1, flags=0, additional=()):
    return header(id, flags, ar=len(additional)) + question(text, type, rdclass) + b"".join(additional)


def update(*changes, prerequisites=(), zone=ZONE, id=1, additional=()):
    return (header(id, UPDATE << 11, 1, len(prerequisites), len(changes), len(additional)) +
            question(zone, SOA) + b"".join([*prerequisites, *changes, *additional]))


def framed(wire):
    return struct.pack("!H", len(wire)) + wire


# --- reading

@dataclasses.dataclass
class Record:
    """A record as it stands in the packet."""
    owner: dns.name.Name
    type: int
    rdclass: int
    ttl: int
    data: bytes


class Packet:
    """A whole message; every byte of it must belong to something."""

    def __init__(self, wire):
        assert wire is not None, "no answer"
        self.wire = wire
        self.id, self.flags, *self.counts = struct.unpack_from("!6H", wire)
        self.at = 12
        self.questions = [self.read_question() for _ in range(self.counts[0])]
        self.question_bytes = wire[12:self.at]
        self.answer, self.authority, self.additional = (
            [self.read_record() for _ in range(count)] for count in self.counts[1:])
        assert self.at == len(wire), "bytes behind the message"

    def read_name(self):
        value, used = dns.name.from_wire(self.wire, self.at)
        self.at += used
        return value

    def read_question(self):
        value = self.read_name(), *struct.unpack_from("!HH", self.wire, self.at)
        self.at += 4
        return value

    def read_record(self):
        owner = self.read_name()
        type, rdclass, ttl, length = struct.unpack_from("!HHIH", self.wire, self.at)
        self.at += 10 + length
        assert self.at <= len(self.wire)
        return Record(owner, type, rdclass, ttl, self.wire[self.at - length:self.at])

    @property
    def rcode(self):
        return self.flags & 15

    @property
    def opcode(self):
        return self.flags >> 11 & 15

    @property
    def opt(self):
        found = [r for r in self.additional if r.type == OPT]
        assert len(found) <= 1, "more than one OPT"
        return found[0] if found else None

    @property
    def full_rcode(self):
        return (self.opt.ttl >> 24 << 4 if self.opt else 0) | self.rcode

    @property
    def options(self):
        data, found = self.opt.data, {}
        while data:
            code, length = struct.unpack_from("!HH", data)
            found[code] = data[4:4 + length]
            data = data[4 + length:]
        return found


@dataclasses.dataclass
class Signature:
    """The data of a TSIG (RFC 8945 4.2)."""
    algorithm: dns.name.Name
    when: int
    fudge: int
    mac: bytes
    original_id: int
    error: int
    other: bytes


def signature(packet):
    assert packet.additional, "not signed"
    last = packet.additional[-1]
    assert (last.type, last.rdclass, last.ttl) == (TSIG, ANY, 0)
    algorithm, at = dns.name.from_wire(last.data, 0)
    high, low, fudge, size = struct.unpack_from("!HIHH", last.data, at)
    mac = last.data[at + 10:at + 10 + size]
    original_id, error, other = struct.unpack_from("!HHH", last.data, at + 10 + size)
    rest = last.data[at + 16 + size:]
    assert len(rest) == other
    return Signature(algorithm, high << 32 | low, fudge, mac, original_id, error, rest)


# --- the server

@pytest.fixture(scope="module")
def server():
    server = Tenured(config="server-id: here\nversion: tested\n").start()
    server.zone(ZONE, "www A 10.0.0.1", "alias CNAME gone", "sub NS ns.sub", "ns.sub A 10.0.0.2",
                *(f"many A 10.1.0.{i}" for i in range(200)), update="nonsecure")
    low = server.folder / "low.zone"
    low.write_text("@ 20 SOA ns.x.test. h.x.test. 1 3600 600 86400 300\n@ 300 NS ns.x.test.\n")
    server.ctl_ok("zone", "add", "low.example", "--file", low)
    server.zone("secure.example", "www A 10.0.0.1", update="secure")
    server.the_key = server.key("key.example")
    yield server
    server.close()


def exchange(server, wire, patience=5):
    """The answer's bytes, or None after a while of silence."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(patience)
        udp.sendto(wire, (server.address, server.port))
        try:
            return udp.recv(65535)
        except TimeoutError:
            return None


def ask(server, wire):
    packet = Packet(exchange(server, wire))
    assert packet.flags & QR, "an answer without QR"
    assert packet.id == struct.unpack_from("!H", wire)[0]
    assert not packet.flags & (RA | Z), "RA or Z in an answer of ours"
    return packet


def is_well(server):
    packet = ask(server, query())
    return packet.rcode == NOERROR and packet.answer[0].data == b"\x0a\0\0\x01"


# --- the header (RFC 1035 4.1.1, RFC 4035 3.1.6, RFC 6891)

@pytest.mark.parametrize("flags", [0, RD, CD, AD, RD | CD, Z, RA, AA, TC, RD | RA | AA | TC | Z | AD | CD])
def test_flags_of_a_question(server, flags):
    packet = ask(server, query(flags=flags))
    assert packet.flags == QR | AA | (flags & (RD | CD)), f"{packet.flags:04x}"


@pytest.mark.parametrize("flags", [0, RD, CD, AD, RD | CD, Z, RA, AA, TC, 0x7f0, 15])
def test_flags_of_an_update_are_not_taken_over_but_rd_and_cd(server, flags):
    """RFC 2136 3.8: Z is zero; 2.2: the bits of a query have no meaning in an update."""
    wire = update()
    wire = wire[:2] + struct.pack("!H", UPDATE << 11 | flags) + wire[4:]
    packet = ask(server, wire)
    assert packet.opcode == UPDATE and packet.rcode == NOERROR
    assert not packet.flags & (AA | TC | RA | Z | AD)


def test_an_rcode_in_a_question_means_nothing(server):
    assert ask(server, query(flags=15)).flags == QR | AA


def test_ids_come_back(server):
    for id in (0, 1, 0xff, 0x100, 0xffff):
        assert ask(server, query(id=id)).id == id


def test_the_question_comes_back_byte_by_byte(server):
    for text in ("www.corp.example", "WwW.cOrP.eXaMpLe", "GONE.corp.example", "x.SUB.corp.example"):
        assert ask(server, query(text)).question_bytes == question(text)


def test_an_update_s_answer_has_the_zone_section_and_no_records(server):
    """RFC 2136 3.8: the header with the counts of the sections that are sent."""
    added = rr(name("h1.corp.example"), A, IN, 60, b"\x0a\0\0\x09")
    for wire in (update(added), update(prerequisites=[rr(name("no.corp.example"), ANY, ANY)]),
                 update(rr(name("x.test"), A, IN, 60, b"\x0a\0\0\x09")), update(zone="x.test")):
        packet = ask(server, wire)
        assert packet.opcode == UPDATE
        assert packet.counts in ([1, 0, 0, 0], [0, 0, 0, 0])
        assert packet.question_bytes in (b"", wire[12:12 + len(packet.question_bytes)])


# --- what cannot be read

@pytest.mark.parametrize("wire", [
    header(qd=0), header(qd=2) + question() * 2, header(qd=2) + question(), header() + b"",
    query() + b"\0", query() + question(), header(an=1) + question(), header(ns=1) + question(),
    header(ar=1) + question(), header(ar=1) + question() + opt()[:-1],
    header() + b"\xc0\x0c" + b"\0\1\0\1", header() + b"\xc0\x00" + b"\0\1\0\1",
    header() + b"\x40" + bytes(64) + b"\0\0\1\0\1", header() + b"\x80abc\0\0\1\0\1",
    header() + b"\x01a" * 130 + b"\0\0\1\0\1", header() + (b"\x3f" + b"a" * 63) * 4 + b"\0\0\1\0\1",
    query()[:-1], query()[:-2], query()[:-4], query()[:13],
    header(an=65535, ns=65535, ar=65535) + question(),
], ids=lambda wire: wire.hex()[:40] if isinstance(wire, bytes) else None)
def test_what_has_a_header_and_cannot_be_read_is_formerr(server, wire):
    packet = ask(server, wire)
    assert packet.rcode == FORMERR
    assert not packet.answer and not packet.authority
    assert is_well(server)


def test_a_name_of_255_bytes_is_read_and_one_of_256_is_not(server):
    label = b"\x3f" + b"a" * 63
    longest = label * 3 + b"\x3d" + b"a" * 61 + b"\0"
    assert len(longest) == 255
    assert ask(server, header() + longest + b"\0\1\0\1").rcode == REFUSED
    too_long = label * 3 + b"\x3e" + b"a" * 62 + b"\0"
    assert ask(server, header() + too_long + b"\0\1\0\1").rcode == FORMERR


def test_packets_without_a_whole_header_get_silence(server):
    for size in range(12):
        assert exchange(server, query()[:size], SILENCE / 4) is None
    assert is_well(server)


@pytest.mark.parametrize("opcode", range(16))
def test_answers_get_silence_whatever_the_opcode(server, opcode):
    assert exchange(server, query(flags=QR | opcode << 11), SILENCE / 4) is None


@pytest.mark.parametrize("opcode", [IQUERY, STATUS, 3, *range(6, 16)])
@pytest.mark.parametrize("body", [
    (1, 0, 0, 0, question()), (0, 0, 0, 0, b""), (0, 1, 0, 0, rr(b"\0", A, IN, 0, b"\1\2\3\4")),
    (65535, 65535, 65535, 65535, b"\xff" * 40), (1, 0, 0, 0, question() + b"\0\0"),
], ids=["a question", "nothing", "a record", "nonsense", "more"])
def test_unknown_opcodes_are_notimp_whatever_follows(server, opcode, body):
    packet = ask(server, header(7, opcode << 11 | RD, *body[:4]) + body[4])
    assert (packet.opcode, packet.rcode) == (opcode, NOTIMP)
    assert not packet.answer and not packet.authority


# --- EDNS (RFC 6891, RFC 5001)

def test_without_an_opt_there_is_none(server):
    for text in ("www.corp.example", "gone.corp.example", "x.sub.corp.example", "x.test"):
        assert ask(server, query(text)).opt is None


def test_an_opt_is_answered_with_one(server):
    for text in ("www.corp.example", "gone.corp.example", "x.sub.corp.example", "x.test"):
        found = ask(server, query(text, additional=[opt()])).opt
        assert found.owner == dns.name.root
        assert found.rdclass >= 512 and found.ttl == 0 and found.data == b""


def test_an_update_s_opt_is_answered_with_one(server):
    assert ask(server, update(additional=[opt()])).opt
    assert ask(server, update(zone="x.test", additional=[opt()])).opt


def test_the_do_bit_comes_back_and_other_flags_do_not(server):
    assert ask(server, query(additional=[opt(flags=0x8000)])).opt.ttl == 0x8000
    assert ask(server, query(additional=[opt(flags=0xffff)])).opt.ttl == 0x8000
    assert ask(server, query(additional=[opt(flags=0x7fff)])).opt.ttl == 0


@pytest.mark.parametrize("version", [1, 2, 127, 255])
def test_other_versions_are_badvers(server, version):
    """RFC 6891 6.1.3: with the version that we know, and nothing of an answer."""
    packet = ask(server, query(additional=[opt(version=version)]))
    assert packet.full_rcode == BADVERS
    assert packet.opt.ttl >> 16 & 255 == 0
    assert not packet.answer and not packet.authority and not packet.flags & AA
    assert packet.question_bytes == question()


def test_badvers_of_an_update_changes_nothing(server):
    added = rr(name("badvers.corp.example"), A, IN, 60, b"\x0a\0\0\x09")
    assert ask(server, update(added, additional=[opt(version=1)])).full_rcode == BADVERS
    assert ask(server, query("badvers.corp.example")).rcode == NXDOMAIN


@pytest.mark.parametrize("additional", [
    [opt(), opt()], [opt(owner=name("a.test"))], [opt(owner=name("www.corp.example"))],
    [opt(options=b"\0")], [opt(options=b"\0\3\0\1")], [opt(options=option(NSID) + b"\0\3\0")],
    [opt(version=1), opt()],
], ids=["two", "a name", "a name of ours", "one byte", "a length that lies", "a rest", "two, one unknown"])
def test_a_broken_opt_is_formerr(server, additional):
    assert ask(server, query(additional=additional)).rcode == FORMERR


@pytest.mark.parametrize("place", ["answer", "authority"])
def test_an_opt_in_another_section_is_formerr(server, place):
    counts = {"an": 1} if place == "answer" else {"ns": 1}
    assert ask(server, header(**counts) + question() + opt()).rcode == FORMERR


@pytest.mark.parametrize("size", [0, 1, 12, 511, 512])
def test_sizes_below_512_count_as_512(server, size):
    wire = exchange(server, query("many.corp.example", additional=[opt(size)]))
    packet = Packet(wire)
    assert packet.flags & TC and len(wire) <= 512 and packet.opt
    assert ask(server, query(additional=[opt(size)])).answer


@pytest.mark.parametrize("size", [513, 1000, 1232, 4096, 65535])
def test_answers_keep_within_the_size(server, size):
    wire = exchange(server, query("many.corp.example", additional=[opt(size)]))
    assert len(wire) <= min(size, 1232) and Packet(wire).flags & TC


def test_unknown_options_are_passed_over(server):
    options = option(65001, b"x" * 100) + option(COOKIE, b"12345678") + option(12, bytes(50))
    packet = ask(server, query(additional=[opt(options=options)]))
    assert packet.answer and packet.opt.data == b""


def test_nsid_is_told_to_who_asks(server):
    packet = ask(server, query(additional=[opt(options=option(NSID))]))
    assert packet.options == {NSID: b"here"}


def test_other_records_in_additional_are_passed_over(server):
    extra = rr(name("x.test"), A, IN, 5, b"\1\2\3\4")
    packet = ask(server, query(additional=[extra, opt(), extra]))
    assert packet.answer and packet.opt


# --- negative answers (RFC 2308)

def soa_of(packet):
    assert [r.type for r in packet.authority] == [SOA]
    return packet.authority[0]


@pytest.mark.parametrize("text, type, rcode", [
    ("gone.corp.example", A, NXDOMAIN), ("www.corp.example", AAAA, NOERROR),
    ("corp.example", TXT, NOERROR), ("a.b.c.d.corp.example", SOA, NXDOMAIN),
    ("alias.corp.example", A, NXDOMAIN)])
def test_negative_answers_bring_the_soa_with_the_lower_ttl(server, text, type, rcode):
    packet = ask(server, query(text, type))
    assert packet.rcode == rcode and packet.flags & AA
    soa = soa_of(packet)
    assert soa.owner == dns.name.from_text(ZONE)
    minimum = struct.unpack("!I", soa.data[-4:])[0]
    assert soa.ttl == 300 == minimum


def test_the_ttl_of_the_soa_itself_counts_when_it_is_lower(server):
    soa = soa_of(ask(server, query("gone.low.example")))
    assert soa.ttl == 20 and soa.data[-4:] == struct.pack("!I", 300)


def test_referrals_bring_no_soa_and_no_aa(server):
    packet = ask(server, query("x.sub.corp.example"))
    assert packet.rcode == NOERROR and not packet.flags & AA and not packet.answer
    assert [r.type for r in packet.authority] == [NS]
    assert [r.data for r in packet.additional] == [b"\x0a\0\0\x02"]


def test_negative_answers_to_signed_questions_are_signed(server):
    key = server.the_key
    for text, type in (("gone.corp.example", A), ("www.corp.example", AAAA), ("x.test", A)):
        wire, mac = bytes_of.signed(query(text, type), key)
        answer = exchange(server, wire)
        assert bytes_of.verifies(answer, key, mac)
        packet = Packet(answer)
        assert signature(packet).error == 0 and len(signature(packet).mac) == len(mac)
        if text != "x.test":
            soa_of(packet)


# --- TSIG (RFC 8945)

def tsig(key, wire, **fields):
    """A TSIG record with fields that may be wrong, and a MAC that may be right."""
    when = fields.get("when", int(time.time()))
    algorithm = fields.get("algorithm", name(key.algorithm))
    mac = fields.get("mac", bytes(32))
    other = fields.get("other", b"")
    data = (algorithm + struct.pack("!HIHH", when >> 32, when & 0xffffffff, 300, len(mac)) + mac +
            wire[:2] + struct.pack("!HH", 0, len(other)) + other)
    return rr(fields.get("owner", name(key.name)), TSIG, fields.get("rdclass", ANY),
              fields.get("ttl", 0), data + fields.get("rest", b""))


def with_tsig(wire, *records):
    count = struct.unpack_from("!H", wire, 10)[0] + len(records)
    return wire[:10] + struct.pack("!H", count) + wire[12:] + b"".join(records)


def test_an_unknown_key_is_notauth_with_an_unsigned_badkey(server):
    wire = query()
    packet = ask(server, with_tsig(wire, tsig(server.the_key, wire, owner=name("other.key"))))
    assert packet.rcode == NOTAUTH and not packet.answer
    assert (signature(packet).error, signature(packet).mac) == (BADKEY, b"")


def test_a_wrong_algorithm_is_badkey(server):
    wire = query()
    for algorithm in ("hmac-sha512", "hmac-nothing", "hmac-md5.sig-alg.reg.int", "."):
        packet = ask(server, with_tsig(wire, tsig(server.the_key, wire, algorithm=name(algorithm))))
        assert packet.rcode == NOTAUTH
        assert (signature(packet).error, signature(packet).mac) == (BADKEY, b"")


def test_a_bad_signature_is_badsig_and_not_signed(server):
    wire = query()
    packet = ask(server, with_tsig(wire, tsig(server.the_key, wire)))
    assert packet.rcode == NOTAUTH and not packet.answer
    assert (signature(packet).error, signature(packet).mac) == (BADSIG, b"")


@pytest.mark.parametrize("skew", [-301, 301, -100000, 2 ** 40])
def test_a_bad_time_is_badtime_signed_with_the_servers_time(server, skew):
    """RFC 8945 5.2.3: the time signed is the client's, ours is in the other data."""
    when = int(time.time()) + skew
    wire, mac = bytes_of.signed(query(), server.the_key, when=when)
    answer = exchange(server, wire)
    assert bytes_of.verifies(answer, server.the_key, mac)
    packet = Packet(answer)
    assert packet.rcode == NOTAUTH and not packet.answer
    said = signature(packet)
    assert said.error == BADTIME and said.when == when and len(said.mac) == len(mac)
    assert len(said.other) == 6
    assert abs(int.from_bytes(said.other, "big") - time.time()) < 10


@pytest.mark.parametrize("size", [0, 1, 9, 15])
def test_a_mac_shorter_than_half_is_formerr(server, size):
    """RFC 8945 5.2.2.1: less than the greater of 10 and half of the hash."""
    wire, _ = bytes_of.signed(query(), server.the_key, mac_len=size)
    assert ask(server, wire).rcode == FORMERR


def test_a_mac_longer_than_the_hash_is_formerr(server):
    wire = query()
    assert ask(server, with_tsig(wire, tsig(server.the_key, wire, mac=bytes(33)))).rcode == FORMERR


def test_a_tsig_must_be_the_last_record(server):
    wire, _ = bytes_of.signed(query(), server.the_key)
    for extra in (opt(), rr(name("x.test"), A, IN, 0, b"\1\2\3\4"), wire[len(query()):]):
        assert ask(server, with_tsig(wire, extra)).rcode == FORMERR


def test_a_tsig_in_another_section_is_formerr(server):
    wire = query()
    record = tsig(server.the_key, wire)
    assert ask(server, header(an=1) + question() + record).rcode == FORMERR
    assert ask(server, header(ns=1) + question() + record).rcode == FORMERR


@pytest.mark.parametrize("fields", [{"ttl": 1}, {"ttl": 0xffffffff}, {"rdclass": IN}, {"rdclass": NONE},
                                    {"rest": b"\0"}], ids=str)
def test_a_tsig_of_wrong_form_is_formerr(server, fields):
    wire = query()
    assert ask(server, with_tsig(wire, tsig(server.the_key, wire, **fields))).rcode == FORMERR


def test_cuts_of_a_tsig_are_formerr(server):
    wire, _ = bytes_of.signed(query(), server.the_key)
    for size in range(len(query()), len(wire)):
        assert ask(server, wire[:size]).rcode == FORMERR
    assert is_well(server)


def test_an_unsigned_update_of_a_secure_zone_is_refused_unsigned(server):
    added = rr(name("h.secure.example"), A, IN, 60, b"\x0a\0\0\x09")
    packet = ask(server, update(added, zone="secure.example"))
    assert packet.rcode == REFUSED and not packet.additional


# --- TCP (RFC 7766)

def read_framed(stream):
    data = b""
    while len(data) < 2 or len(data) < 2 + int.from_bytes(data[:2], "big"):
        missing = 2 - len(data) if len(data) < 2 else 2 + int.from_bytes(data[:2], "big") - len(data)
        piece = stream.recv(missing)
        if not piece:
            return None
        data += piece
    return Packet(data[2:])


def test_two_questions_in_one_segment(server):
    with server.connect() as stream:
        stream.sendall(framed(query(id=1)) + framed(query("gone.corp.example", id=2)))
        got = {packet.id: packet.rcode for packet in (read_framed(stream), read_framed(stream))}
    assert got == {1: NOERROR, 2: NXDOMAIN}


def test_a_question_byte_by_byte(server):
    with server.connect() as stream:
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in framed(query(id=9)):
            stream.sendall(bytes([byte]))
        assert read_framed(stream).id == 9


@pytest.mark.parametrize("nothing", [b"\0\0", framed(b"x"), framed(query()[:11]), framed(query(flags=QR))],
                         ids=["no bytes", "one byte", "eleven bytes", "an answer"])
def test_frames_that_are_no_question_end_or_pass(server, nothing):
    """Either the connection goes on, or it is closed; another one is answered."""
    with server.connect() as stream:
        stream.sendall(nothing + framed(query(id=3)))
        try:
            packet = read_framed(stream)
        except ConnectionResetError:
            packet = None
        assert packet is None or packet.id == 3
    assert is_well(server)


def test_the_longest_frame(server):
    extra = rr(name("x.test"), TXT, IN, 0, b"\xff" + b"y" * 255)
    count = (65535 - len(query())) // len(extra)
    wire = query(additional=[extra] * count)
    with server.connect() as stream:
        stream.sendall(framed(wire) + framed(wire.ljust(65535, b"\0")) + framed(query(id=4)))
        first, second, third = (read_framed(stream) for _ in range(3))
    assert (first.rcode, second.rcode, third.rcode) == (NOERROR, FORMERR, NOERROR)


def test_an_answer_that_udp_truncates_comes_whole(server):
    with server.connect() as stream:
        stream.sendall(framed(query("many.corp.example")))
        packet = read_framed(stream)
    assert len(packet.answer) == 200 and not packet.flags & TC


def test_a_hundred_connections_at_once(server):
    streams = [server.connect() for _ in range(100)]
    for id, stream in enumerate(streams):
        stream.sendall(framed(query(id=id)))
    assert [read_framed(stream).id for stream in streams] == list(range(100))
    for stream in streams:
        stream.close()


# --- nonsense

def spoilt(rng, wire):
    """The bytes with a few of them changed, left out, doubled or cut off; never an answer."""
    data = bytearray(wire)
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = rng.randrange(2, len(data))
        kind = rng.randrange(5)
        if kind == 0:
            data[at] = rng.randrange(256)
        elif kind == 1:
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 2:
            del data[at:at + rng.randrange(1, 5)]
        elif kind == 3:
            data[at:at] = data[at:at + rng.randrange(1, 12)]
        else:
            del data[max(at, 13):]
        if len(data) < 13:
            data += bytes(13 - len(data))
    data[2] &= 0x7f
    return bytes(data)


def test_spoilt_updates_are_answered_or_dropped_and_the_next_query_is_answered(server):
    rng = random.Random(2136)
    whole = update(rr(name("h1.corp.example"), A, IN, 60, b"\x0a\0\0\x09"),
                   rr(name("h2.corp.example"), 15, IN, 60, b"\0\x0a" + name("mail.corp.example")),
                   rr(name("h3.corp.example"), 33, IN, 60, bytes(6) + name("www.corp.example")),
                   rr(name("h1.corp.example"), ANY, ANY), rr(name("h2.corp.example"), 15, ANY),
                   rr(name("h4.corp.example"), TXT, NONE, 0, b"\3one"),
                   prerequisites=[rr(name("www.corp.example"), ANY, ANY),
                                  rr(name("h9.corp.example"), A, NONE)], additional=[opt()])
    signed_wire, _ = bytes_of.signed(whole, server.the_key)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.connect((server.address, server.port))
        udp.settimeout(5)
        for count in range(3000):
            wire = struct.pack("!H", count % 60000) + spoilt(rng, rng.choice((whole, signed_wire)))[2:]
            udp.send(wire)
            packet = Packet(udp.recv(65535))
            assert packet.id == count % 60000 and packet.flags & QR, wire.hex()
            assert packet.rcode != SERVFAIL, wire.hex()
            if count % 100 == 0:
                assert is_well(server)
    assert is_well(server)
    assert server.ctl("audit", "verify").code == 0


def test_spoilt_queries(server):
    rng = random.Random(1035)
    seeds = [query(), query("gone.corp.example", additional=[opt(options=option(NSID))]),
             query("many.corp.example"), bytes_of.signed(query(), server.the_key)[0]]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.connect((server.address, server.port))
        udp.settimeout(5)
        for count in range(3000):
            wire = struct.pack("!H", count) + spoilt(rng, rng.choice(seeds))[2:]
            udp.send(wire)
            packet = Packet(udp.recv(65535))
            assert packet.id == count and packet.flags & QR and packet.rcode != SERVFAIL, wire.hex()
    assert is_well(server)
