# SPDX-License-Identifier: BSD-2-Clause
"""TSIG byte by byte (RFC 8945 4), for tests that need what dnspython would not write or read."""
import base64
import dataclasses
import hmac
import struct
import time

import dns.message
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.tsig
import dns.wire

HASHES = {"hmac-md5.sig-alg.reg.int": "md5", "hmac-sha1": "sha1", "hmac-sha224": "sha224",
          "hmac-sha256": "sha256", "hmac-sha384": "sha384", "hmac-sha512": "sha512"}


def packed(name):
    return dns.name.from_text(name).canonicalize().to_wire()


def mac_of(key, *parts):
    return hmac.new(base64.b64decode(key.secret), b"".join(parts), HASHES[key.algorithm]).digest()


def signed(message, key, when=None, fudge=300, original_id=None, mac_len=None, spoil=False):
    """The bytes of `message` with a TSIG of `key`; returns them and the MAC."""
    wire = message if isinstance(message, bytes) else message.to_wire()
    when = int(time.time()) if when is None else when
    original_id = struct.unpack("!H", wire[:2])[0] if original_id is None else original_id
    times = struct.pack("!HIH", when >> 32, when & 0xffffffff, fudge)
    mac = mac_of(key, struct.pack("!H", original_id), wire[2:], packed(key.name),
                 struct.pack("!HI", 255, 0), packed(key.algorithm), times, struct.pack("!HH", 0, 0))
    mac = mac[:mac_len]
    sent = bytes([mac[0] ^ 1]) + mac[1:] if spoil else mac
    rdata = (packed(key.algorithm) + times + struct.pack("!H", len(sent)) + sent +
             struct.pack("!HHH", original_id, 0, 0))
    record = packed(key.name) + struct.pack("!HHIH", 250, 255, 0, len(rdata)) + rdata
    count = struct.unpack("!H", wire[10:12])[0] + 1
    return wire[:10] + struct.pack("!H", count) + wire[12:] + record, mac


@dataclasses.dataclass
class Signature:
    """What stands in an answer's TSIG; `bare` is the answer without it."""
    name: dns.name.Name
    rdata: object
    bare: bytes

    @property
    def error(self):
        return int(self.rdata.error)


def signature(wire):
    """The TSIG at the end of a message; None if there is none."""
    parser = dns.wire.Parser(wire)
    _, _, questions, *counts = parser.get_struct("!HHHHHH")
    for _ in range(questions):
        parser.get_name()
        parser.get_struct("!HH")
    start = name = None
    for _ in range(sum(counts)):
        start = parser.current
        name = parser.get_name()
        type, class_, _, length = parser.get_struct("!HHIH")
        with parser.restrict_to(length):
            if type == dns.rdatatype.TSIG:
                rdata = dns.rdata.from_wire_parser(class_, type, parser)
                bare = wire[:10] + struct.pack("!H", counts[2] - 1) + wire[12:start]
                return Signature(name, rdata, bare)
            parser.get_remaining()
    return None


def verifies(wire, key, request_mac):
    """Is the answer signed by `key` over the request's MAC (RFC 8945 5.3)?"""
    found = signature(wire)
    rdata = found.rdata
    other = struct.pack("!HH", found.error, len(rdata.other)) + rdata.other
    times = struct.pack("!HIH", rdata.time_signed >> 32, rdata.time_signed & 0xffffffff,
                        rdata.fudge)
    mac = mac_of(key, struct.pack("!H", len(request_mac)), request_mac,
                 struct.pack("!H", rdata.original_id), found.bare[2:], packed(key.name),
                 struct.pack("!HI", 255, 0), packed(key.algorithm), times, other)
    return bool(rdata.mac) and mac[:len(rdata.mac)] == rdata.mac


def rcode(wire):
    return wire[3] & 15
