# SPDX-License-Identifier: BSD-2-Clause
"""Each kind of answer as dig and kdig show it, over UDP and TCP, with and without EDNS and TSIG."""
import dataclasses
import re

import pytest

from tenure import SOURCE, Tenured, run

ZONE_FILE = SOURCE / "contrib" / "examples" / "corp.example.zone"
PROGRAMS = ["dig", "kdig"]


@pytest.fixture(scope="module")
def server():
    server = Tenured(config="server-id: here\nversion: tenure-test\n").start()
    server.ctl_ok("zone", "add", "corp.example", "--file", ZONE_FILE)
    server.zone("extra.example", "sub DNAME target.corp.example.", "a.b.c A 10.9.9.9",
                "big TXT " + " ".join(["\"" + "x" * 250 + "\""] * 8),
                "loop1 CNAME loop2", "loop2 CNAME loop1", "out CNAME www.elsewhere.example.")
    yield server
    server.close()


@dataclasses.dataclass
class Shown:
    """What dig or kdig print about an answer."""
    text: str

    @property
    def status(self):
        return re.search(r"status: (\w+)", self.text).group(1)

    @property
    def flags(self):
        return set(re.search(r"(?i);; flags: ([a-z ]*);", self.text).group(1).split())

    def section(self, name):
        """Records of a section as (owner, type, data)."""
        found = re.search(rf";; {name} SECTION:\n((?:[^;\n].*\n)*)", self.text)
        rows = [line.split(None, 4) for line in found.group(1).splitlines()] if found else []
        return [(row[0], row[3], re.sub(r"\s+", " ", row[4])) for row in rows]

    @property
    def answer(self):
        return self.section("ANSWER")

    @property
    def authority(self):
        return self.section("AUTHORITY")

    @property
    def additional(self):
        return self.section("ADDITIONAL")


def ask(server, program, *words):
    said = run(program, f"@{server.address}", "-p", server.port, "+norec", *words)
    assert said.code == 0, said
    return Shown(said.out)


@pytest.fixture(params=[(p, t) for p in PROGRAMS for t in ("udp", "tcp")],
                ids=lambda param: "-".join(param))
def look(server, request):
    program, transport = request.param
    transports = ["+tcp"] if transport == "tcp" else []
    return lambda *words: ask(server, program, *transports, *words)


def test_a_record(look):
    shown = look("web1.corp.example", "A")
    assert (shown.status, shown.flags) == ("NOERROR", {"qr", "aa"})
    assert shown.answer == [("web1.corp.example.", "A", "10.0.0.80")]
    assert shown.authority == []


def test_a_chain_of_aliases(look):
    shown = look("www.corp.example", "A")
    assert shown.answer == [("www.corp.example.", "CNAME", "web1.corp.example."),
                            ("web1.corp.example.", "A", "10.0.0.80")]
    shown = look("www.corp.example", "CNAME")
    assert shown.answer == [("www.corp.example.", "CNAME", "web1.corp.example.")]


def test_an_alias_that_leads_out_or_round(look):
    shown = look("out.extra.example", "A")
    assert (shown.status, len(shown.answer)) == ("NOERROR", 1)
    shown = look("loop1.extra.example", "A")
    assert len(shown.answer) == 2


def test_no_data_and_no_name_carry_the_soa(look):
    for name, status in (("web1.corp.example", "NOERROR"), ("nobody.corp.example", "NXDOMAIN"),
                         ("deep.nobody.corp.example", "NXDOMAIN")):
        shown = look(name, "AAAA")
        assert (shown.status, shown.answer) == (status, [])
        (owner, type, data), = shown.authority
        assert (owner, type) == ("corp.example.", "SOA")
        assert re.search(r"\s300\s+IN\s+SOA", shown.text), "RFC 2308: the smaller of TTL and minimum"
        assert data.startswith("ns1.corp.example.")


def test_an_empty_non_terminal_is_there(look):
    for name in ("b.c.extra.example", "c.extra.example", "_tcp.corp.example"):
        assert look(name, "A").status == "NOERROR"


def test_a_wildcard(look):
    shown = look("host-1.test.corp.example", "A")
    assert shown.answer == [("host-1.test.corp.example.", "A", "10.0.9.9")]
    shown = look("host-1.test.corp.example", "TXT")
    assert (shown.status, shown.answer) == ("NOERROR", [])
    assert look("test.corp.example", "A").answer == []


def test_a_delegation_with_glue(look):
    shown = look("pc.lab.corp.example", "A")
    assert (shown.status, shown.flags, shown.answer) == ("NOERROR", {"qr"}, [])
    assert set(shown.authority) == {("lab.corp.example.", "NS", "ns.lab.corp.example."),
                                    ("lab.corp.example.", "NS", "ns2.corp.example.")}
    glue = {row for row in shown.additional if row[0] == "ns.lab.corp.example."}
    assert glue == {("ns.lab.corp.example.", "A", "10.9.0.53"),
                    ("ns.lab.corp.example.", "AAAA", "fd00:9:53::1")}


def test_a_dname(look):
    shown = look("x.sub.extra.example", "A")
    assert shown.answer[0] == ("sub.extra.example.", "DNAME", "target.corp.example.")
    assert shown.answer[1] == ("x.sub.extra.example.", "CNAME", "x.target.corp.example.")
    label = "a" * 60
    name = ".".join([label, label, label, "a" * 51, "sub.extra.example"])
    assert look(name, "A").status == "YXDOMAIN"


def test_additional_addresses(look):
    shown = look("_imaps._tcp.corp.example", "SRV")
    assert ("mail.corp.example.", "A", "10.0.0.25") in shown.additional
    shown = look("corp.example", "MX")
    assert ("mail.corp.example.", "AAAA", "fd00:25::1") in shown.additional


def test_any_is_minimal(look):
    shown = look("web1.corp.example", "ANY")
    assert shown.status == "NOERROR"
    assert len({type for _, type, _ in shown.answer}) == 1


def test_soa_for_discovery(look):
    shown = look("corp.example", "SOA")
    assert shown.answer[0][:2] == ("corp.example.", "SOA")
    assert look("web1.corp.example", "SOA").authority[0][:2] == ("corp.example.", "SOA")


def test_what_we_do_not_serve_is_refused(look):
    shown = look("www.elsewhere.example", "A")
    assert (shown.status, shown.answer, shown.authority) == ("REFUSED", [], [])


def test_chaos(look):
    assert look("-c", "CH", "-t", "TXT", "version.bind").answer[0][2] == '"tenure-test"'
    assert look("-c", "CH", "-t", "TXT", "id.server").answer[0][2] == '"here"'
    assert look("-c", "CH", "-t", "TXT", "nothing.here").status == "REFUSED"


def test_opcodes_that_we_do_not_know(server):
    for opcode in ("STATUS", "IQUERY"):
        assert ask(server, "dig", f"+opcode={opcode}", "web1.corp.example").status == "NOTIMP"


@pytest.mark.parametrize("program", PROGRAMS)
def test_edns_and_without(server, program):
    with_it = ask(server, program, "+edns", "web1.corp.example")
    assert re.search(r"(?i)version: 0.*1232", with_it.text)
    without = ask(server, program, "+noedns", "web1.corp.example")
    assert "EDNS" not in without.text
    assert without.answer == with_it.answer


def test_an_unknown_edns_version(server):
    shown = ask(server, "dig", "+edns=1", "+noednsneg", "web1.corp.example")
    assert (shown.status, shown.answer) == ("BADVERS", [])


def test_nsid(server):
    assert "here" in ask(server, "kdig", "+nsid", "web1.corp.example").text


@pytest.mark.parametrize("program", PROGRAMS)
def test_what_does_not_fit_is_truncated_and_comes_by_tcp(server, program):
    shown = ask(server, program, "+ignore", "+noedns", "big.extra.example", "TXT")
    assert "tc" in shown.flags
    shown = ask(server, program, "+noedns", "big.extra.example", "TXT")
    assert "tc" not in shown.flags
    assert len(shown.answer) == 1 and len(shown.answer[0][2]) > 2000


@pytest.mark.parametrize("size, is_truncated", [(512, True), (1200, True), (4096, True)])
def test_the_limit_is_ours_even_if_the_asker_takes_more(server, size, is_truncated):
    shown = ask(server, "dig", "+ignore", f"+bufsize={size}", "big.extra.example", "TXT")
    assert ("tc" in shown.flags) == is_truncated


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("transport", [[], ["+tcp"]], ids=["udp", "tcp"])
def test_a_signed_query_gets_a_signed_answer(server, program, transport):
    name = f"look-{program}-{len(transport)}"
    key = server.key(name)
    word = f"{key.algorithm}:{key.name}:{key.secret}"
    for question in ("web1.corp.example", "nobody.corp.example", "www.elsewhere.example"):
        shown = ask(server, program, "-y", word, *transport, question)
        assert "TSIG" in shown.text
        for complaint in ("Couldn't verify", "WARNING", "failed", "BADSIG", "bad key"):
            assert complaint not in shown.text, shown.text


def test_several_questions_over_one_connection(server):
    said = run("dig", f"@{server.address}", "-p", server.port, "+norec", "+tcp", "+keepopen",
               "+short", "web1.corp.example", "files.corp.example", "mail.corp.example")
    assert said.out.split() == ["10.0.0.80", "10.0.0.40", "10.0.0.25"]


def test_the_reverse_zone_of_a_prefix(server):
    server.ctl_ok("zone", "add", "--reverse", "10.1.0.0/16")
    server.ctl_ok("zone", "add", "--reverse", "fd00:1::/32")
    assert ask(server, "dig", "1.10.in-addr.arpa", "SOA").status == "NOERROR"
    assert ask(server, "dig", "1.0.0.0.0.0.d.f.ip6.arpa", "SOA").status == "NOERROR"
    assert ask(server, "dig", "-x", "10.1.2.3").status == "NXDOMAIN"
