# SPDX-License-Identifier: BSD-2-Clause
"""Updates over TCP: they wait for the disk while the connection lives, half closes, or dies."""
import socket
import struct

import dns.message
import dns.rcode
import dns.update
import pytest

from tenure import wait_until

APEX = "corp.example"


def framed(message):
    wire = message.to_wire()
    return struct.pack("!H", len(wire)) + wire


def addition(number, name=None):
    update = dns.update.UpdateMessage(APEX)
    update.add(name or f"host{number}", 300, "A", f"10.0.{number // 250}.{number % 250 + 1}")
    update.id = number
    return update


def read_answer(connection):
    data = b""
    while len(data) < 2 or len(data) < 2 + struct.unpack("!H", data[:2])[0]:
        want = 2 - len(data) if len(data) < 2 else 2 + struct.unpack("!H", data[:2])[0] - len(data)
        piece = connection.recv(want)
        if not piece:
            raise EOFError
        data += piece
    return dns.message.from_wire(data[2:])


def has_name(server, name):
    return server.query(f"{name}.{APEX}", "A").rcode() == dns.rcode.NOERROR


@pytest.fixture
def server(tenured):
    server = tenured("--threads", 1)
    server.zone(APEX, update="nonsecure", max_names="none")
    return server


def test_pipelined_updates_and_queries_are_all_answered(server):
    with server.connect() as connection:
        query = dns.message.make_query(APEX, "SOA")
        for number in range(400):
            query.id = 1000 + number
            connection.sendall(framed(addition(number)) + framed(query))
        answers = [read_answer(connection) for _ in range(800)]
    assert {a.id for a in answers} == set(range(400)) | set(range(1000, 1400))
    assert all(a.rcode() == dns.rcode.NOERROR for a in answers)
    assert all(has_name(server, f"host{n}") for n in range(0, 400, 57))


def test_an_answered_update_is_seen_by_the_next_query(tenured):
    """Whichever thread answers the query."""
    server = tenured("--threads", 4)
    server.zone(APEX, update="nonsecure", max_names="none")
    with server.connect() as connection:
        for number in range(100):
            connection.sendall(framed(addition(number)))
            assert read_answer(connection).rcode() == dns.rcode.NOERROR
            assert has_name(server, f"host{number}")


def test_half_closed_clients_get_the_answers_to_updates(server):
    with server.connect() as connection:
        connection.sendall(b"".join(framed(addition(n)) for n in range(100)))
        connection.shutdown(socket.SHUT_WR)
        assert {read_answer(connection).id for _ in range(100)} == set(range(100))
        assert connection.recv(1) == b""


def test_connections_may_die_while_their_updates_wait(server):
    linger = struct.pack("ii", 1, 0)
    for number in range(0, 500, 50):
        connection = server.connect()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        connection.sendall(b"".join(framed(addition(n)) for n in range(number, number + 50)))
        wait_until(lambda n=number: has_name(server, f"host{n}"), "the first of them")
        connection.close()
    assert server.ask(addition(999)).rcode() == dns.rcode.NOERROR


def test_large_updates_come_by_tcp(server):
    update = dns.update.UpdateMessage(APEX)
    for number in range(1000):
        update.add(f"large{number}", 300, "TXT", "x" * 30)
    assert 50_000 < len(update.to_wire()) < 65_536
    assert server.ask(update, tcp=True).rcode() == dns.rcode.NOERROR
    assert server.query(f"large999.{APEX}", "TXT").answer


def test_what_is_answered_before_a_stop_is_there_after_it(server):
    answered = set()
    with server.connect() as connection:
        connection.sendall(b"".join(framed(addition(n)) for n in range(2000)))
        for _ in range(50):
            answered.add(read_answer(connection).id)
        server.process.terminate()
        try:
            while True:
                answered.add(read_answer(connection).id)
        except (EOFError, ConnectionResetError):
            pass
    assert server.stop() == 0
    server.start()
    assert all(has_name(server, f"host{n}") for n in answered)
