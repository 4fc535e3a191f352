#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Prints a zone of N records as one flat file: make_zone.py big.example 1000000

Hosts with A, AAAA and TXT, services, aliases, mail, delegations with glue, names with odd bytes;
always the same for the same arguments. Each line is one record with all its fields, so that sorting
the lines makes two such files comparable.
"""
import ipaddress
import random
import sys


def records(apex, count):
    """Exactly `count` records: (owner, TTL, type, data)."""
    chance = random.Random(count)
    yield apex, 3600, "SOA", f"ns1.{apex} hostmaster.{apex} 1 3600 600 1209600 300"
    yield apex, 3600, "NS", f"ns1.{apex}"
    yield f"ns1.{apex}", 3600, "A", "10.255.255.53"
    made, number = 3, 0
    while made < count:
        for record in host(apex, number, chance):
            if made == count:
                return
            yield record
            made += 1
        number += 1


def host(apex, number, chance):
    """The records of one host, or of something else that zones hold."""
    name = f"host-{number}.site{number % 97}.{apex}"
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    kind = number % 20
    if kind == 17:
        yield f"alias-{number}.{apex}", 300, "CNAME", name
    elif kind == 18:
        yield f"sub{number}.{apex}", 3600, "NS", f"ns.sub{number}.{apex}"
        yield f"ns.sub{number}.{apex}", 3600, "A", address
    elif kind == 19:
        yield f"_sip._tcp.{number}.{apex}", 600, "SRV", f"0 5 5060 {name}"
        yield f"od\\.d\\032{number}.{apex}", 60, "TXT", "\"quote \\\" and \\\\ and \\200\""
    else:
        yield name, 1200, "A", address
        if number % 3 == 0:
            yield name, 1200, "AAAA", str(ipaddress.IPv6Address((0xfd00 << 112) + number))
        if number % 4 == 0:
            yield name, 1200, "TXT", f"\"asset {chance.randrange(10**8):08}\""
        if number % 50 == 0:
            yield name, 1200, "MX", f"10 {name}"


def main():
    if len(sys.argv) != 3 or not sys.argv[2].isdigit() or int(sys.argv[2]) < 3:
        sys.exit("usage: make_zone.py APEX COUNT")
    apex = sys.argv[1].rstrip(".") + "."
    write = sys.stdout.write
    for owner, ttl, type, data in records(apex, int(sys.argv[2])):
        write(f"{owner} {ttl} IN {type} {data}\n")


if __name__ == "__main__":
    main()
