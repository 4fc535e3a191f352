# SPDX-License-Identifier: BSD-2-Clause
"""DNS over UDP: both families, wildcard sockets, nonsense, and answers that do not fit."""
import signal
import socket

import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest

from tenure import free_port, wait_until

CONFIG = "version: tenure of the tests\n"


def question(number=0):
    message = dns.message.make_query("version.bind", "TXT", "CH")
    message.id = number
    return message


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="no IPv6 on loopback")


@needs_ipv6
def test_both_families_are_served(made):
    port = free_port()
    server = made(config=CONFIG, listen=[f"127.0.0.1@{port}", f"::1@{port}"]).start()
    for address in ("127.0.0.1", "::1"):
        for way in (dns.query.udp, dns.query.tcp):
            answer = way(question(), address, port=port, timeout=5)
            assert answer.rcode() == dns.rcode.NOERROR, (server, address)


@needs_ipv6
def test_wildcards_of_both_families_share_a_port(made):
    port = free_port()
    made(config=CONFIG, listen=[f"0.0.0.0@{port}", f"::@{port}"]).start()
    for address in ("127.0.0.1", "::1"):
        assert dns.query.udp(question(), address, port=port, timeout=5).answer


def test_a_wildcard_socket_answers_from_the_address_that_was_asked(made):
    port = free_port()
    made(config=CONFIG, listen=[f"0.0.0.0@{port}"]).start()
    for address in ("127.0.0.1", "127.0.0.77", "127.8.9.10"):
        # dnspython refuses an answer from any other address
        assert dns.query.udp(question(), address, port=port, timeout=5).answer


def test_many_queries_at_once_are_all_answered(tenured):
    server = tenured(config=CONFIG)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect((server.address, server.port))
        client.settimeout(5)
        for start in range(0, 2000, 100):
            for number in range(start, start + 100):
                client.send(question(number).to_wire())
            found = {dns.message.from_wire(client.recv(4096)).id for _ in range(100)}
            assert found == set(range(start, start + 100))


def test_nonsense_gets_silence_and_the_next_query_an_answer(tenured):
    server = tenured(config=CONFIG)
    wire = bytearray(question(1).to_wire())
    answer_of_somebody = bytes(wire[:2]) + bytes([wire[2] | 0x80]) + bytes(wire[3:])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect((server.address, server.port))
        for length in range(12):
            client.send(bytes(wire[:length]))
        client.send(answer_of_somebody)
        client.send(bytes(2) + b"\x80" + bytes(9000))
        client.settimeout(0.5)
        with pytest.raises(TimeoutError):
            client.recv(4096)
        client.settimeout(5)
        client.send(question(5).to_wire())
        assert dns.message.from_wire(client.recv(4096)).id == 5


def test_every_cut_of_a_query_is_formerr(tenured):
    server = tenured(config=CONFIG)
    wire = question(2).to_wire()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect((server.address, server.port))
        client.settimeout(5)
        for length in range(12, len(wire)):
            client.send(wire[:length])
            header = client.recv(4096)
            assert header[:2] == wire[:2] and header[3] & 15 == dns.rcode.FORMERR, length


def test_answers_that_do_not_fit_are_truncated_and_come_by_tcp(tenured):
    server = tenured()
    server.zone("corp.example", *[f"many TXT {'x' * 200}{n:03}" for n in range(40)])
    answer = server.query("many.corp.example", "TXT", use_edns=0, payload=4096)
    assert answer.flags & dns.flags.TC
    assert len(answer.to_wire()) <= 1232
    whole = server.query("many.corp.example", "TXT", tcp=True)
    assert not whole.flags & dns.flags.TC
    assert len(whole.answer[0]) == 40
    answer = server.query("many.corp.example", "TXT")
    assert answer.flags & dns.flags.TC and len(answer.to_wire()) <= 512


def test_udp_size_can_be_set(tenured):
    server = tenured(config="udp-size: 4096\n")
    server.zone("corp.example", *[f"many TXT {'x' * 200}{n:03}" for n in range(15)])
    answer = server.query("many.corp.example", "TXT", use_edns=0, payload=4096)
    assert not answer.flags & dns.flags.TC and len(answer.answer[0]) == 15


ZONE = "corp.example"


def counted(server, name):
    return next(row["value"] for row in server.rows("stats") if row["name"] == name)


@pytest.mark.parametrize("size", [4000, 4097, 9000, 30000, 60000])
def test_an_update_of_any_size_that_udp_carries_is_taken(tenured, size):
    server = tenured()
    server.zone(ZONE, update="secure")
    update = server.update(ZONE, server.key("large"))
    while len(update.to_wire(max_size=65535)) < size - 130:
        update.add(f"n{len(update.update)}", 60, "TXT", "x" * 100)
    assert server.ask(update, timeout=20).rcode() == dns.rcode.NOERROR
    assert server.query(f"n0.{ZONE}", "TXT").answer


def test_what_is_dropped_is_counted(tenured):
    server = tenured()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        for nonsense in (b"short", bytes(2) + b"\x80" + bytes(9), bytes(60000)):
            client.sendto(nonsense, (server.address, server.port))
    wait_until(lambda: counted(server, "dropped") == 2, "nonsense that is counted")


def test_packets_that_nobody_read_are_counted(tenured):
    """The daemon stands still while more comes than its socket holds."""
    server = tenured("--threads", "1")
    assert counted(server, "not-read") == 0
    server.process.send_signal(signal.SIGSTOP)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        for _ in range(400):
            client.sendto(bytes(60000), (server.address, server.port))
    server.process.send_signal(signal.SIGCONT)
    wait_until(lambda: counted(server, "not-read") > 0, "packets that were not read")
