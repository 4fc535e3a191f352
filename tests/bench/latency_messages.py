# SPDX-License-Identifier: BSD-2-Clause
"""The heaviest messages that a client with one key can think of, for tests/bench/latency.

Each kind is a function that gives two lists of messages: those that make what the others need, and
those that are sent again and again, signed anew each time. Messages are bytes without a signature.
"""
import struct

ZONE = "corp.example"
IN, NONE, ANY = 1, 254, 255
A, NS, CNAME, SOA, MX, TXT, SRV, RRSIG = 1, 2, 5, 6, 15, 16, 33, 46
MESSAGE_MAX = 64000
NAMES_MAX = 1000


def wire(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


class Message:
    """An update of a zone; names below a common ending are compressed."""

    def __init__(self, zone=ZONE, ending=""):
        self.zone = wire(zone)
        self.sections = {1: [], 2: []}
        self.length = 12 + len(self.zone) + 4
        self.ending, self.is_ending_there = wire(ending)[:-1] if ending else b"", False

    def name(self, first):
        if not self.ending:
            return (wire(first)[:-1] if first else b"") + b"\xc0\x0c"
        if self.is_ending_there:
            return wire(first)[:-1] + struct.pack("!H", 0xc000 | self.ending_at)
        self.is_ending_there = True
        self.ending_at = self.length + len(wire(first)) - 1
        return wire(first)[:-1] + self.ending + b"\xc0\x0c"

    def put(self, section, first, rtype, rclass, ttl=0, rdata=b""):
        if not self.has_room(len(rdata)):
            return False
        rr = (self.name(first) + struct.pack("!HHIH", rtype, rclass, ttl, len(rdata)) + rdata)
        self.sections[section].append(rr)
        self.length += len(rr)
        return True

    def has_room(self, more):
        return self.length + more + 300 < MESSAGE_MAX

    def add(self, first, rtype, rdata, ttl=300):
        return self.put(2, first, rtype, IN, ttl, rdata)

    def delete(self, first, rtype, rdata):
        return self.put(2, first, rtype, NONE, 0, rdata)

    def delete_all(self, first, rtype=ANY):
        return self.put(2, first, rtype, ANY)

    def in_use(self, first, rtype=ANY):
        return self.put(1, first, rtype, ANY)

    def bytes(self):
        assert all(self.sections[1]) and not (self.sections[1] and self.ending)
        return (struct.pack("!HHHHHH", 0, 5 << 11, 1, len(self.sections[1]),
                            len(self.sections[2]), 0) + self.zone +
                struct.pack("!HH", SOA, IN) + b"".join(self.sections[1] + self.sections[2]))


def address(number):
    return struct.pack("!I", 0x0a000000 + number)


def text(number, length=200):
    return bytes([length]) + str(number).encode().rjust(length, b"x")


def largest_names(prefix, count, types=9):
    """Names of 65,000 bytes, about."""
    messages = []
    for name in range(count):
        message = Message()
        for rtype in range(types):
            for number in range(100):
                message.add(f"{prefix}{name}", 65280 + rtype, text(number, 26))
        messages.append(message.bytes())
    return messages


def prerequisites_at_large_names():
    message = Message()
    number = 0
    while message.in_use(f"large{number % 40}", 65280 + number % 9):
        number += 1
    return largest_names("large", 40), [message.bytes()]


def values_of_prerequisites():
    """The RRsets are asked for by value, from behind."""
    message = Message()
    for name in range(40):
        for number in reversed(range(100)):
            message.put(1, f"large{name}", 65280, IN, 0, text(number, 26))
    message.put(1, "missing", A, ANY)
    return largest_names("large", 40), [message.bytes()]


def prerequisites_and_additions():
    message = Message()
    for number in range(900):
        message.add(f"heavy{number}", TXT, text(number, 20))
    for number in range(900):
        message.in_use(f"heavy{number}")
    return [], [message.bytes()]


def names_of_118_labels():
    message = Message(ending=".".join(["a"] * 115))
    number = 0
    while message.add(f"n{number % 990}", A, address(number)):
        number += 1
    return [], [message.bytes()]


def refused_names_of_118_labels():
    message = Message(ending=".".join(["a"] * 115))
    number = 0
    while number < 3300 and message.add(f"n{number % 990}", A, address(number)):
        number += 1
    last = Message()
    last.add("pc0", A, address(1))
    message.sections[2] += last.sections[2]
    return [], [message.bytes()]


def different_ttls():
    message = Message()
    number = 0
    while message.add("ttl", A, address(number), 300 + number):
        number += 1
    return [], [message.bytes()]


def ttls_of_one_hundred():
    message = Message()
    number = 0
    while message.add("ttl", A, address(number % 100), 300 + number):
        number += 1
    return [], [message.bytes()]


def ttls_of_signatures():
    message = Message()
    number = 0
    while message.add("ttl", RRSIG, struct.pack("!HBBIIIH", A, 8, 3, 300, number, 0, 1) + b"\0" +
                      b"sig", 300 + number):
        number += 1
    return [], [message.bytes()]


def names_that_speak_for_hosts():
    hosts, message = Message(), Message()
    for number in range(450):
        hosts.add(f"host{number}", A, address(number))
    number = 0
    while message.add(f"_acme-challenge.host{number % 450}", TXT, text(number, 10)):
        message.delete_all(f"_443._tcp.host{number % 450}", 52)
        number += 1
    return [hosts.bytes()], [message.bytes()]


def names_that_speak_for_one_large_host():
    message = Message()
    number = 0
    while message.add("_acme-challenge.large0", TXT, text(number, 10)):
        message.delete_all("large0", 65280 + number % 9)
        message.add("large0", 65280 + number % 9, text(number % 100, 26))
        number += 1
    return largest_names("large", 1), [message.bytes()]


def reserved_names():
    message = Message()
    for number in range(900):
        message.add(f"free{number}", A, address(number))
    for name in ("wpad", "isatap", "ns", "_ldap._tcp", "gc._msdcs", "_kerberos._udp"):
        for number in range(300):
            message.add(name, A, address(number))
    return [], [message.bytes()]


def refused_at_the_last_record():
    message = Message()
    number = 0
    while number < 3400 and message.add(f"last{number % 990}", A, address(number)):
        number += 1
    message.add("pc0", A, address(1))
    return [], [message.bytes()]


def added_and_deleted():
    message = Message()
    number = 0
    while message.add(f"turn{number % 990}", A, address(number % 5)):
        message.delete(f"turn{number % 990}", A, address(number % 5))
        number += 1
    return [], [message.bytes()]


def one_rrset_from_behind():
    message = Message()
    number = 60000
    while message.add("behind", A, address(number)):
        number -= 1
    return [], [message.bytes()]


def one_rrset_in_disorder():
    message = Message()
    number = 0
    while message.add("disorder", A, address(number * 607 % 4093)):
        number += 1
    return [], [message.bytes()]


def types_of_one_name():
    message = Message()
    number = 0
    while message.add("types", 10000 + number * 607 % 4093, b"x"):
        number += 1
    return [], [message.bytes()]


def deletions_of_types():
    setup, message = Message(), Message()
    for number in range(100):
        setup.add("types", 10000 + number, b"x")
    number = 0
    while message.delete_all("types", 20000 - number):
        number += 1
    return [setup.bytes()], [message.bytes()]


def deletions_of_large_names():
    """A small message that removes much. Of what it removes there are 40 names, so only the first
    one is heavy."""
    message = Message()
    for number in range(40):
        message.delete_all(f"large{number}")
    return largest_names("large", 40), [message.bytes()]


def toggled_large_rrsets():
    """Each message removes what the last one added, and adds something else."""
    messages = []
    for turn in range(2):
        message, number = Message(), 0
        for name in range(20):
            message.delete_all(f"toggle{name}")
        while message.add(f"toggle{number % 20}", 65280 + number // 20 % 9,
                          text(number + turn * 10000, 8)):
            number += 1
        messages.append(message.bytes())
    return [], messages


def ttls_of_large_names():
    """Forty changes of a TTL alter a hundred records each, in nine types."""
    messages = []
    for ttl in range(20):
        message = Message()
        for name in range(40):
            for rtype in range(9):
                message.add(f"large{name}", 65280 + rtype, text(0, 26), 1000 + ttl)
        messages.append(message.bytes())
    return largest_names("large", 40), messages


def replacements_of_records():
    messages = []
    for turn in range(20):
        message = Message()
        for number in range(990):
            message.delete_all(f"replaced{number}", A)
            message.add(f"replaced{number}", A, address(number + turn * 1000))
        messages.append(message.bytes())
    return [], messages


def additions_without_end():
    """As many records as a message takes, others each time."""
    messages = []
    for turn in range(30):
        message = Message()
        number = 0
        while message.add(f"more{turn}-{number % 990}", A, address(number)):
            number += 1
        messages.append(message.bytes())
    return [], messages


def delegations():
    messages = []
    for turn in range(2):
        message = Message()
        for number in range(480):
            if turn == 0:
                message.add(f"cut{number}", NS, wire("ns.elsewhere.example"))
                message.add(f"cut{number}", A, address(number))
            else:
                message.delete_all(f"cut{number}")
        messages.append(message.bytes())
    return [], messages


def below_delegations():
    setup, message = Message(), Message()
    for number in range(300):
        setup.add(f"cut{number}", NS, wire("ns.elsewhere.example"))
    number = 0
    while message.add(f"ns.cut{number % 300}", A, address(number)):
        number += 1
    return [setup.bytes()], [message.bytes()]


def deep_below_each_other():
    """Each name below the last one."""
    message, name = Message(), "d"
    for number in range(100):
        for record in range(8):
            message.add(name, A, address(number * 8 + record))
        name = "d." + name
    return [], [message.bytes()]


def mail_with_targets():
    setup = []
    for name in range(10):
        message = Message()
        for number in range(100):
            message.add(f"mx{name}", MX, struct.pack("!H", number) + wire(f"t{number}.{ZONE}"))
            message.add(f"t{number}", A, address(number + 100 * name))
        setup.append(message.bytes())
    return setup, []


KINDS = (
    prerequisites_at_large_names, values_of_prerequisites, prerequisites_and_additions,
    names_of_118_labels, refused_names_of_118_labels, different_ttls, ttls_of_one_hundred,
    ttls_of_signatures, names_that_speak_for_hosts, names_that_speak_for_one_large_host,
    reserved_names, refused_at_the_last_record, added_and_deleted, one_rrset_from_behind,
    one_rrset_in_disorder, types_of_one_name, deletions_of_types, deletions_of_large_names,
    toggled_large_rrsets, ttls_of_large_names, replacements_of_records, additions_without_end, delegations,
    below_delegations, deep_below_each_other)
