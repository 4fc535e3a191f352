# SPDX-License-Identifier: BSD-2-Clause
"""What Knot's knsupdate sees: it names the zone itself and sends no OPT."""
import pytest

from tenure import run

ZONE = "corp.example"


@pytest.fixture
def server(tenured):
    server = tenured()
    server.zone(ZONE, "www A 10.0.0.1", update="secure")
    return server


def knsupdate(server, key, *lines, words=()):
    script = [f"server {server.address} {server.port}", f"zone {ZONE}.", f"origin {ZONE}."]
    if key:
        script.append(f"key {key.algorithm}:{key.name} {key.secret}")
    return run("knsupdate", *words, input="\n".join([*script, *lines, "send", "answer", ""]))


def addresses(server, name):
    return sorted(str(item) for rrset in server.query(name, "A").answer for item in rrset)


@pytest.mark.parametrize("words", [[], ["-v"]], ids=["udp", "tcp"])
def test_a_host_registers_changes_and_leaves(server, words):
    key = server.key("pc1.corp.example")
    answer = knsupdate(server, key, "prereq nxdomain pc1", "add pc1 1200 A 10.0.0.7", words=words)
    assert answer.code == 0 and "NOERROR" in answer.out, answer
    assert addresses(server, "pc1.corp.example") == ["10.0.0.7"]
    answer = knsupdate(server, key, "del pc1 A", "add pc1 1200 A 10.0.0.8", words=words)
    assert "NOERROR" in answer.out, answer
    assert addresses(server, "pc1.corp.example") == ["10.0.0.8"]
    answer = knsupdate(server, key, "del pc1", words=words)
    assert "NOERROR" in answer.out, answer
    assert server.query("pc1.corp.example", "A").rcode() == 3


def test_refusals(server):
    mine, other = server.key("pc1.corp.example"), server.key("pc2.corp.example")
    assert "NOERROR" in knsupdate(server, mine, "add pc1 1200 A 10.0.0.7").out
    for key in (other, None):
        answer = knsupdate(server, key, "del pc1 A", "add pc1 1200 A 10.6.6.6")
        assert "REFUSED" in answer.out + answer.err, answer
    answer = knsupdate(server, mine, "prereq nxdomain pc1", "add pc1 1200 A 10.0.0.9")
    assert "YXDOMAIN" in answer.out + answer.err, answer
    assert addresses(server, "pc1.corp.example") == ["10.0.0.7"]


@pytest.mark.parametrize("algorithm", ["hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384",
                                       "hmac-sha512"])
def test_each_algorithm(server, algorithm):
    key = server.key("pc1.corp.example", algorithm)
    assert "NOERROR" in knsupdate(server, key, "add pc1 60 A 10.0.0.7").out
    assert addresses(server, "pc1.corp.example") == ["10.0.0.7"]


def test_many_types_and_an_unknown_one(server):
    key = server.key("pc1.corp.example")
    lines = ["add pc1 60 AAAA fd00::7", "add pc1 60 TXT \"a b\" c", "add pc1 60 MX 10 www",
             "add pc1 60 SSHFP 4 2 " + "ab" * 32, "add pc1 60 DHCID AAIBY2/AuCccgoJbsaxcQc9TUapp",
             "add pc1 60 TYPE65280 \\# 3 010203", "add pc1 60 CAA 0 issue \"ca.example\""]
    answer = knsupdate(server, key, *lines)
    assert "NOERROR" in answer.out, answer
    types = {row["type"] for row in server.rows("record", "list", ZONE) if "pc1" in row["name"]}
    assert types == {"AAAA", "TXT", "MX", "SSHFP", "DHCID", "TYPE65280", "CAA"}
