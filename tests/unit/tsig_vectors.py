#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Prints tests/unit/tsig_vectors.h: requests signed by dnspython, and the answers it would sign.

Two independent ways must agree before a vector is printed: dnspython's, and HMAC by the book below
(RFC 8945 4.3), which also makes what dnspython does not: truncated MACs and unsigned errors.
"""
import hashlib
import hmac
import struct
import time

import dns.message
import dns.name
import dns.rcode
import dns.tsig
import dns.update

NOW = 1767603600  # 2026-01-05T09:00:00Z
KEY = dns.name.from_text("kea-ddns.key")  # not to be compressed into a message
SECRETS = {"short": b"0123456789abcdef", "long": bytes(range(200))}
DIGESTS = {"hmac-md5.sig-alg.reg.int": "md5", "hmac-sha1": "sha1", "hmac-sha224": "sha224",
           "hmac-sha256": "sha256", "hmac-sha384": "sha384", "hmac-sha512": "sha512"}


def variables(key, algorithm, signed, fudge, error=0, other=b""):
    return (key.canonicalize().to_wire() + struct.pack("!HI", 255, 0)
            + algorithm.canonicalize().to_wire()
            + struct.pack("!HIHHH", signed >> 32, signed & 0xffffffff, fudge, error, len(other))
            + other)


def record(key, algorithm, signed, fudge, mac, original_id, error=0, other=b""):
    data = (algorithm.to_wire()
            + struct.pack("!HIHH", signed >> 32, signed & 0xffffffff, fudge, len(mac)) + mac
            + struct.pack("!HHH", original_id, error, len(other)) + other)
    return key.to_wire() + struct.pack("!HHIH", 250, 255, 0, len(data)) + data


def append(wire, tsig):
    count = struct.unpack("!H", wire[10:12])[0] + 1
    return wire[:10] + struct.pack("!H", count) + wire[12:] + tsig


def by_the_book(wire, secret, algorithm, signed, fudge=300, key=KEY, original_id=None, error=0,
                other=b"", request_mac=b"", cut=None, spoil=False):
    """`wire` with its TSIG, and the MAC."""
    algorithm = dns.name.from_text(algorithm)
    original_id = struct.unpack("!H", wire[:2])[0] if original_id is None else original_id
    before = struct.pack("!H", len(request_mac)) + request_mac if request_mac else b""
    text = before + struct.pack("!H", original_id) + wire[2:] \
        + variables(key, algorithm, signed, fudge, error, other)
    digest = DIGESTS.get(algorithm.to_text(True), "sha256")
    mac = hmac.new(secret, text, digest).digest()[:cut]
    if spoil:
        mac = mac[:-1] + bytes([mac[-1] ^ 1])
    return append(wire, record(key, algorithm, signed, fudge, mac, original_id, error, other)), mac


def by_dnspython(message, secret, algorithm, signed, request_mac=b"", error=0, other=b""):
    message.use_tsig(dns.tsig.Key(KEY, secret, dns.name.from_text(algorithm)), fudge=300,
                     original_id=message.id, tsig_error=error, other_data=other)
    message.request_mac = request_mac
    real, time.time = time.time, lambda: signed
    try:
        return message.to_wire()
    finally:
        time.time = real


def query():
    message = dns.message.make_query("pc1.corp.example", "A", use_edns=0, payload=1232)
    message.id = 0x1234
    return message


def update():
    message = dns.update.UpdateMessage("corp.example", id=0x1234)
    message.absent("pc1", "CNAME")
    message.add("pc1", 1200, "A", "10.0.0.7")
    return message


def answer_to(message, rcode=0):
    answer = dns.message.make_response(message, our_payload=1232)
    answer.set_rcode(rcode)
    return answer


vectors = []


def vector(what, secret, request, answer, signed, outcome, now=NOW, error=0, mac_min=0):
    vectors.append((what, secret, request, answer, signed, outcome, now, error, mac_min))


def good(what, make, algorithm, secret="short"):
    request, mac = by_the_book(make().to_wire(), SECRETS[secret], algorithm, NOW - 10)
    assert request == by_dnspython(make(), SECRETS[secret], algorithm, NOW - 10)
    answer = answer_to(make()).to_wire()
    signed, _ = by_the_book(answer, SECRETS[secret], algorithm, NOW, request_mac=mac)
    assert signed == by_dnspython(answer_to(make()), SECRETS[secret], algorithm, NOW, mac)
    vector(what, secret, request, answer, signed, "VERIFIED")


def bad_time(what, signed_at):
    request, mac = by_the_book(update().to_wire(), SECRETS["short"], "hmac-sha256", signed_at)
    other = struct.pack("!HI", NOW >> 32, NOW & 0xffffffff)
    answer = answer_to(update(), dns.rcode.NOTAUTH)
    signed, _ = by_the_book(answer.to_wire(), SECRETS["short"], "hmac-sha256", signed_at, error=18,
                            other=other, request_mac=mac)
    assert signed == by_dnspython(answer_to(update(), dns.rcode.NOTAUTH), SECRETS["short"],
                                  "hmac-sha256", signed_at, mac, 18, other)
    vector(what, "short", request, answer.to_wire(), signed, "FAILED", error=18)


def unsigned_error(what, error, algorithm="hmac-sha256", key=KEY, spoil=False):
    request, _ = by_the_book(update().to_wire(), SECRETS["short"], algorithm, NOW, key=key,
                             spoil=spoil)
    answer = answer_to(update(), dns.rcode.NOTAUTH).to_wire()
    signed = append(answer, record(key, dns.name.from_text(algorithm), NOW, 300, b"", 0x1234, error))
    vector(what, "short", request, answer, signed, "FAILED", error=error)


def truncated(what, algorithm, cut, outcome="VERIFIED", error=0, mac_min=0):
    request, mac = by_the_book(update().to_wire(), SECRETS["short"], algorithm, NOW, cut=cut)
    answer = answer_to(update(), dns.rcode.NOTAUTH if error else 0).to_wire()
    signed, _ = by_the_book(answer, SECRETS["short"], algorithm, NOW, request_mac=mac,
                            cut=None if error else cut, error=error)
    vector(what, "short", request, answer, answer if outcome == "FORMERR" else signed, outcome,
           error=error, mac_min=mac_min)


def too_long(what):
    algorithm = dns.name.from_text("hmac-sha256")
    wire = update().to_wire()
    request = append(wire, record(KEY, algorithm, NOW, 300, bytes(33), 0x1234))
    answer = answer_to(update(), dns.rcode.FORMERR).to_wire()
    vector(what, "short", request, answer, answer, "FORMERR")


def original_id():
    wire = update().to_wire()
    request, mac = by_the_book(wire, SECRETS["short"], "hmac-sha256", NOW, original_id=0x4321)
    answer = answer_to(update()).to_wire()
    signed, _ = by_the_book(answer, SECRETS["short"], "hmac-sha256", NOW, request_mac=mac)
    vector("the original id is another", "short", request, answer, signed, "VERIFIED")


def upper_case():
    request, mac = by_the_book(update().to_wire(), SECRETS["short"], "hmac-sha256", NOW)
    answer = answer_to(update()).to_wire()
    signed, _ = by_the_book(answer, SECRETS["short"], "hmac-sha256", NOW, request_mac=mac)
    at = request.rindex(b"\x08kea-ddns\x03key")
    request = request[:at] + b"\x08KEA-Ddns\x03kEy" + request[at + 13:]
    vector("the key's name is in upper case", "short", request, answer, signed, "VERIFIED")


def anonymous():
    answer = answer_to(update()).to_wire()
    vector("no TSIG", "short", update().to_wire(), answer, answer, "UNSIGNED")


def make_all():
    for name in DIGESTS:
        good(f"query, {name}", query, name)
        good(f"update, {name}", update, name)
    good("a secret longer than the block", update, "hmac-sha256", "long")
    good("a secret longer than the block, hmac-sha512", update, "hmac-sha512", "long")
    original_id()
    upper_case()
    anonymous()
    bad_time("the client's clock is behind", NOW - 301)
    bad_time("the client's clock is ahead", NOW + 301)
    bad_time("the client's clock is at its very end", (1 << 48) - 1)
    unsigned_error("the MAC is wrong in its last bit", 16, spoil=True)
    unsigned_error("the key is unknown", 17, key=dns.name.from_text("other.key"))
    unsigned_error("the key is disabled", 17, key=dns.name.from_text("disabled.key"))
    unsigned_error("the algorithm is not the key's", 17, algorithm="hmac-sha512")
    unsigned_error("the algorithm is nobody's", 17, algorithm="hmac-sha3")
    truncated("a MAC cut to half", "hmac-sha256", 16)
    truncated("a MAC cut to half, hmac-sha512", "hmac-sha512", 32)
    truncated("a MAC cut to ten bytes, hmac-sha1", "hmac-sha1", 10)
    truncated("a MAC cut to less than half", "hmac-sha256", 15, "FORMERR")
    truncated("a MAC cut to nine bytes, hmac-md5", "hmac-md5.sig-alg.reg.int", 9, "FORMERR")
    truncated("no MAC", "hmac-sha256", 0, "FORMERR")
    too_long("a MAC longer than the whole")
    truncated("a cut MAC where policy wants whole ones", "hmac-sha256", 16, "FAILED", 22, 64)
    truncated("a cut MAC as long as policy wants", "hmac-sha256", 24, mac_min=24)
    truncated("a cut MAC a byte shorter than policy wants", "hmac-sha256", 23, "FAILED", 22, 24)
    truncated("a whole MAC where policy wants whole ones", "hmac-sha256", 32, mac_min=64)


def text(wire, indent):
    digits = wire.hex()
    return ("\"\n" + indent + "\"").join(digits[i:i + 72] for i in range(0, len(digits), 72))


def main():
    make_all()
    print("/* SPDX-License-Identifier: BSD-2-Clause */\n#pragma once")
    print("/* Made by tests/unit/tsig_vectors.py (dnspython %s). */" % dns.version.version)
    print("#include \"acl/tsig_server.h\"\n")
    print("/* clang-format off */\nstatic const struct {\n\tconst char *what, *secret;")
    print("\tenum identity_outcome outcome;\n\tunsigned error, mac_min;")
    print("\tuint64_t now;\n\tconst char *request, *answer, *signed_answer;\n} tsig_vectors[] = {")
    for what, secret, request, answer, signed, outcome, now, error, mac_min in vectors:
        print(f"\t{{\"{what}\", \"{secret}\", IDENTITY_{outcome}, {error}, {mac_min}, {now},")
        for wire in (request, answer, signed):
            print(f"\t \"{text(wire, chr(9) + ' ')}\",")
        print("\t},")
    print("};\n/* clang-format on */")


if __name__ == "__main__":
    main()
