# SPDX-License-Identifier: BSD-2-Clause
"""Thousands of questions to tenured, BIND and Knot: where those agree, so do we, or CHOICES says why.

Compared are rcode, flags but CD, the presence of OPT, and the sets of records (with TTLs) of ANSWER and
AUTHORITY. Where BIND and Knot differ we must equal one of them. BIND's answers end where an alias
leaves its zone; ours go on into our other zones (RFC 1034 4.3.2 3a: back to step 1), so BIND is
asked for the target too, and the two answers are put together (`chained`).
"""
import collections
import dataclasses
import random
import subprocess
import struct

import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.query
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.zone
import pytest

from differential_zones import ZONES
from peers import Knotd, Line, Named, ask_all, found
from tenure import Tenured

pytestmark = pytest.mark.skipif(not (found("named") and found("knotd")),
                                reason="named and knotd are not installed")
TYPES = ["A", "AAAA", "NS", "SOA", "CNAME", "DNAME", "MX", "TXT", "SRV", "DS", "PTR", "HTTPS",
         "TYPE65280", "RRSIG", "ANY"]
OTHER_TYPES = ["SVCB", "CAA", "NAPTR", "AFSDB", "KX", "URI", "TLSA", "SSHFP", "DHCID", "LOC", "RP",
               "APL", "HINFO", "DNSKEY", "NSEC", "NSEC3PARAM", "TYPE65281", "CDS", "SPF", "NULL"]
NAMED, KNOT, OURS = 0, 1, 2
CONFIG = "version: peer\nserver-id: peer\n"


# --- what an answer says

@dataclasses.dataclass
class Said:
    """An answer, ready to be compared."""
    rcode: str
    flags: str
    opt: int
    answer: frozenset
    authority: frozenset
    additional: frozenset
    message: dns.message.Message

    def has(self, flag):
        return flag in self.flags.split()


def records(rrsets):
    return frozenset((s.name.canonicalize(), s.rdtype, s.rdclass, s.ttl, data.to_digestable())
                     for s in rrsets for data in s)


def said(wire):
    assert wire is not None, "no answer"
    m = dns.message.from_wire(wire)
    m.flags &= ~dns.flags.CD  # BIND copies it as RFC 4035 3.1.6 says, Knot does not
    return Said(dns.rcode.to_text(m.rcode()), dns.flags.to_text(m.flags), m.edns,
                records(m.answer), records(m.authority), records(m.additional), m)


def alias_end(answer):
    """The name that the answer's chain of aliases ends in, if nothing in it belongs to that name."""
    aliases = {s.name: s[0].target for s in answer.message.answer if s.rdtype == dns.rdatatype.CNAME}
    name = answer.message.question[0].name
    seen = {name}
    while name in aliases:
        name = aliases[name]
        if name in seen:
            return None
        seen.add(name)
    owners = {s.name for s in answer.message.answer}
    return name if len(seen) > 1 and name not in owners else None


def zone_of(name, zones=ZONES):
    apexes = [dns.name.from_text(apex) for apex in zones]
    return max((a for a in apexes if name.is_subdomain(a)), key=len, default=None)


class Trio:
    """The three servers with the same zones."""

    def __init__(self, zones):
        self.zones = zones
        self.servers = [Named(zones), Knotd(zones), Tenured(config=CONFIG).start()]
        for apex, text in zones.items():
            path = self.servers[OURS].folder / "zone"
            path.write_text(text)
            self.servers[OURS].ctl_ok("zone", "add", apex, "--file", path, "--yes")
        self.lines = [Line(server) for server in self.servers]

    def close(self):
        for line in self.lines:
            line.close()
        for server in self.servers:
            server.close()

    def ask(self, wire, tcp=False):
        q = dns.message.from_wire(wire)
        if q.question[0].rdclass == dns.rdataclass.CH:  # BIND drops all but three a second
            knot, ours = [said(wire) for wire in ask_all(self.lines[KNOT:], wire)]
            return [knot, knot, ours]
        if not tcp:
            return [said(wire) for wire in ask_all(self.lines, wire)]
        return [said(dns.query.tcp(q, s.address, 5, s.port).to_wire()) for s in self.servers]

    def ask_named(self, name, type, question):
        again = dns.message.make_query(name, type)
        again.flags = question.flags
        if question.edns >= 0:
            again.use_edns(0, question.ednsflags, question.payload)
        self.lines[NAMED].send(again.to_wire())
        return said(self.lines[NAMED].read(struct.pack("!H", again.id)))

    def chained(self, answer, question):
        """BIND's answer with what it answers for aliases that lead into another zone of ours."""
        asked = question.question[0]
        seen = {asked.name}
        while asked.rdtype not in (dns.rdatatype.CNAME, dns.rdatatype.ANY) and not answer.has("TC"):
            end = alias_end(answer)
            if end is None or end in seen or zone_of(end, self.zones) is None or answer.authority:
                break
            seen.add(end)
            more = self.ask_named(end, asked.rdtype, question)
            answer.message.answer += [s for s in more.message.answer
                                      if s not in answer.message.answer]
            answer = Said(more.rcode, answer.flags, answer.opt, answer.answer | more.answer,
                          more.authority, more.additional, answer.message)
        return answer


@pytest.fixture(scope="module")
def trio():
    trio = Trio(ZONES)
    yield trio
    trio.close()


# --- differences that are meant
@dataclasses.dataclass
class Case:
    """A question, the peers' answers, ours, and the fields in which ours differs."""
    question: dns.message.Message
    named: Said
    knot: Said
    ours: Said
    differs: set  # from the peer that it is most like

    @property
    def type(self):
        return self.question.question[0].rdtype

    @property
    def name(self):
        return self.question.question[0].name

    def more(self):
        """Records of our ADDITIONAL that no peer gives."""
        return self.ours.additional - self.named.additional - self.knot.additional

    def less(self):
        """Records of ADDITIONAL that both peers give, and we do not."""
        return (self.named.additional & self.knot.additional) - self.ours.additional


CHOICES = []


def choice(reason):
    def keep(function):
        CHOICES.append((function, reason))
        return function
    return keep


@choice("after TC the sections are not an answer (RFC 2181 9): who leaves out what is free")
def truncated(case):
    return case.ours.has("TC") and case.named.has("TC") and case.differs <= {"answer", "authority"}


@choice("names in data keep their case, and so are not compressed into a question of mixed case:"
        " an answer may be longer by that")
def case_costs_room(case):
    return case.ours.has("TC") and case.name.labels != case.name.canonicalize().labels


@choice("BIND points from the synthesized CNAME into the data of the DNAME, Knot leaves the SOA out"
        " without TC: our answer may be longer by that")
def dname_at_the_limit(case):
    return (case.ours.has("TC") and not case.ours.answer and
            any(r[1] == dns.rdatatype.DNAME for r in case.named.answer) and
            bool(case.named.authority) and not case.knot.authority)


@choice("version.bind and its like are authoritative, as BIND's, and have no data of another type;"
        " Knot is not, and refuses other types (no RFC; RFC 4892)")
def chaos(case):
    texts = {r[4] for r in case.ours.answer}
    return (case.question.question[0].rdclass == dns.rdataclass.CH and texts <= {b"\x04peer"} and
            case.ours.rcode == "NOERROR" and case.ours.flags == "QR AA")


@choice("no answer of class ANY is authoritative (RFC 1035 6.2)")
def class_any(case):
    return (case.question.question[0].rdclass == dns.rdataclass.ANY and case.differs == {"flags"} and
            case.ours.flags == "QR" and case.knot.flags == "QR AA")


@choice("type 0 is reserved and never data (RFC 6895 3.1): BIND says NODATA, Knot NOTIMP, we FORMERR")
def type_zero(case):
    return case.type == 0 and case.ours.rcode == "FORMERR"


@choice("nobody may transfer unless he is allowed: REFUSED, by UDP too")
def transfer(case):
    return (case.type in (dns.rdatatype.AXFR, dns.rdatatype.IXFR) and case.ours.rcode == "REFUSED")


@choice("addresses from another zone of ours are given too (RFC 1034 4.3.2 6: authoritative data)")
def address_of_another_zone(case):
    return case.differs == {"additional"} and not case.less() and case.more() and all(
        zone_of(record[0]) != zone_of(case.name) for record in case.more())


@choice("what answers ANY brings its addresses as it does when asked for by its type")
def any_with_addresses(case):
    return (case.type == dns.rdatatype.ANY and case.differs == {"additional"} and not case.less() and
            all(r[1] in (dns.rdatatype.A, dns.rdatatype.AAAA) for r in case.more()))


# --- the names to ask for

def name_with(label, name):
    try:
        return dns.name.Name((label,) + name.labels)
    except dns.name.NameTooLong:
        return None


def owners():
    names = set()
    for apex, text in ZONES.items():
        zone = dns.zone.from_text(text, f"{apex}.", relativize=False, check_origin=False)
        for name in zone.nodes:
            while name != dns.name.root and name not in names:
                names.add(name)
                name = name.parent()
    return names


def neighbours(name):
    """Names below, above (owners() has those) and beside."""
    first, rest = name.labels[0], dns.name.Name(name.labels[1:])
    below = [name_with(label, name) for label in (b"x", b"*")]
    below += [name_with(b"x", n) for n in below if n]
    beside = [name_with(first[:62] + b"z", rest), name_with(first[:-1] or b"-", rest)]
    return {n for n in below + beside if n}


def names_to_ask():
    # 26 hosts of one kind tell no more than one.
    of_a_kind = {name for name in owners() if name.labels[0][-1:].isdigit() and
                 (b"bigcut" in name.labels[1:] or name.labels[0].startswith(b"mx"))}
    kept = owners() - set(sorted(of_a_kind)[1:])
    return sorted(kept | set().union(*map(neighbours, kept)))


# --- comparing

def question(name, type, **options):
    message = dns.message.make_query(name, type, **options)
    message.flags &= ~dns.flags.RD
    return message


class Report:
    """What was found: cases that no choice explains, and how often each choice was needed."""
    all_used = collections.Counter()
    ran = 0

    def __init__(self):
        self.cases = 0
        self.used = collections.Counter()
        self.problems = []

    def judge(self, case):
        self.cases += 1
        if not case.differs:
            return
        for function, _ in CHOICES:
            if function(case):
                self.used[function.__name__] += 1
                return
        self.problems.append(
            f"{case.name} {dns.rdatatype.to_text(case.type)}: {sorted(case.differs)}\n" +
            "\n".join(f"  {who}: {s.message.to_text()}".replace("\n", "\n    ")
                      for who, s in (("BIND", case.named), ("Knot", case.knot), ("ours", case.ours))))

    def close(self, title):
        Report.all_used += self.used
        Report.ran += 1
        print(f"{title}: {self.cases} questions, choices {dict(self.used)}")
        assert not self.problems, (f"{len(self.problems)} of {self.cases} differ:\n" +
                                   "\n".join(self.problems[:12]))


FIELDS = ("rcode", "flags", "opt", "answer", "authority")


def differences(ours, peers, fields):
    """The fields in which ours differs from the peer that it is most like."""
    return min(({f for f in fields if getattr(ours, f) != getattr(peer, f)} for peer in peers),
               key=len)


def compare(trio, report, message, tcp=False, fields=FIELDS):
    named, knot, ours = trio.ask(message.to_wire(), tcp)
    differs = differences(ours, (named, knot), fields)
    if differs:
        named = trio.chained(named, message)
        differs = differences(ours, (named, knot), fields)
    report.judge(Case(message, named, knot, ours, differs))
    return ours


def test_each_name_and_type(trio):
    report = Report()
    for name in names_to_ask():
        for type in TYPES:
            compare(trio, report, question(name, type))
    report.close("names and types")


def test_types_that_are_rare(trio):
    report = Report()
    for name in sorted(owners()):
        for type in OTHER_TYPES:
            compare(trio, report, question(name, type))
    report.close("rare types")


def test_edns_sizes(trio):
    report = Report()
    names = [n for n in names_to_ask() if any(label.startswith((b"many", b"text", b"big", b"dnlong"))
                                              for label in n.labels)]
    for name in names:
        for type in ("A", "TXT", "MX", "ANY"):
            for size in (0, 511, 512, 513, 600, 900, 1000, 1231, 1232, 1233, 4096, 65535):
                compare(trio, report, question(name, type, use_edns=0, payload=size))
    report.close("EDNS sizes")


def test_tcp(trio):
    report = Report()
    for name in sorted(owners()):
        for type in ("A", "TXT", "MX", "SOA"):
            compare(trio, report, question(name, type), tcp=True)
    report.close("TCP")


def test_flags_and_do(trio):
    report = Report()
    random.seed(4)
    names = random.sample(names_to_ask(), 150)
    flags = [dns.flags.RD, dns.flags.CD, dns.flags.AD, dns.flags.RD | dns.flags.CD,
             dns.flags.RA, dns.flags.AA, dns.flags.TC, 0x0040]
    for name in names:
        for flag in flags:
            for wants_dnssec in (None, False, True):
                message = question(name, "A", want_dnssec=wants_dnssec)
                message.flags = flag
                compare(trio, report, message)
    report.close("flags")


def test_case_of_the_question_comes_back(trio):
    random.seed(20)
    report = Report()
    for name in random.sample(names_to_ask(), 400):
        mixed = dns.name.Name([bytes(random.choice((c, c ^ 0x20)) if chr(c).isalpha() and c < 128
                                     else c for c in label) for label in name.labels])
        message = question(mixed, random.choice(("A", "TXT", "MX")))
        ours = compare(trio, report, message)
        echoed = ours.message.question[0].name
        assert echoed.labels == mixed.labels, f"{mixed} came back as {echoed}"
    report.close("case")


def test_classes(trio):
    report = Report()
    for name in ("www.corp.example", "gone.corp.example", "elsewhere.test", ".", "version.bind",
                 "id.server", "hostname.bind", "version.server", "authors.bind"):
        for type in ("A", "TXT", "ANY", "SOA", "NS"):
            for rdclass in ("IN", "CH", "HS", "NONE", "ANY", "CLASS2", "CLASS77", "CLASS0"):
                compare(trio, report, question(name, type, rdclass=rdclass))
    report.close("classes")


def test_meta_types(trio):
    report = Report()
    for name in ("www.corp.example", "gone.corp.example", "corp.example", "elsewhere.test"):
        for type in (0, 41, *range(128, 256), 65535):
            message = question(name, dns.rdatatype.to_text(type))
            compare(trio, report, message)
    report.close("meta types")


def test_additional(trio):
    report = Report()
    for name in sorted(owners()):
        for type in ("A", "NS", "MX", "SRV", "SVCB", "HTTPS", "ANY", "NAPTR", "AFSDB", "KX", "PTR", "DS"):
            compare(trio, report, question(name, type, use_edns=0, payload=1232),
                    fields=("additional",))
    report.close("additional")


def test_order_of_an_aliases_answer(trio):
    """RFC 1034 4.3.2: each alias stands before what it leads to."""
    for name in sorted(owners()):
        for wire in trio.ask(question(name, "A", use_edns=0).to_wire())[OURS:]:
            expected = name
            for rrset in wire.message.answer:
                if rrset.rdtype == dns.rdatatype.DNAME:
                    assert expected.is_subdomain(rrset.name), name
                    continue
                assert rrset.name == expected, f"{name}: {wire.message}"
                if rrset.rdtype == dns.rdatatype.CNAME:
                    expected = rrset[0].target


def test_each_choice_is_needed():
    """A choice that explains nothing any more must go. (Only when all of this file ran.)"""
    if Report.ran < 9:
        pytest.skip("needs the whole file")
    version = subprocess.run([found("named"), "-v"], capture_output=True, text=True, check=True)
    # BIND 9.20, which Debian 13 has, leaves out what we leave out.
    is_old = "BIND 9.18" in version.stdout
    choices = {function.__name__ for function, _ in CHOICES}
    assert set(Report.all_used) in ((choices,) if is_old else (choices, choices - {"truncated"}))
