# SPDX-License-Identifier: BSD-2-Clause
"""DNS over TCP: pieces, pipelines, patience and limits (RFC 1035 4.2.2, RFC 7766)."""
import os
import socket
import struct
import time

import dns.message
import dns.rcode
import pytest

from tenure import wait_until

CONFIG = "version: tenure of the tests\n"

def question(number=0):
    """A query that needs no zone."""
    message = dns.message.make_query("version.bind", "TXT", "CH")
    message.id = number
    return message.to_wire()

def framed(wire):
    return struct.pack("!H", len(wire)) + wire

def read_exactly(connection, n):
    data = b""
    while len(data) < n:
        piece = connection.recv(n - len(data))
        if not piece:
            raise EOFError(f"{len(data)} of {n} bytes")
        data += piece
    return data

def read_answer(connection):
    """One framed answer as a message."""
    length = struct.unpack("!H", read_exactly(connection, 2))[0]
    return dns.message.from_wire(read_exactly(connection, length))

def is_answered(connection, number=7):
    connection.sendall(framed(question(number)))
    answer = read_answer(connection)
    return answer.id == number and answer.rcode() == dns.rcode.NOERROR

def is_closed(connection, patience):
    """Whether the server closes it within that time."""
    connection.settimeout(patience)
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False

@pytest.fixture
def server(tenured):
    return tenured("--threads", 1, config=CONFIG)

def test_several_queries_on_one_connection(server):
    with server.connect() as connection:
        for number in range(20):
            assert is_answered(connection, number)

def test_pipelined_queries_are_all_answered(server):
    with server.connect() as connection:
        connection.sendall(b"".join(framed(question(n)) for n in range(1000)))
        assert {read_answer(connection).id for _ in range(1000)} == set(range(1000))

@pytest.mark.parametrize("piece", [1, 2, 3, 7, 30])
def test_pieces_of_any_size(server, piece):
    stream = b"".join(framed(question(n)) for n in range(4))
    with server.connect() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(0, len(stream), piece):
            connection.sendall(stream[at:at + piece])
            time.sleep(0.001)
        assert {read_answer(connection).id for _ in range(4)} == set(range(4))

def test_half_closed_clients_get_their_answers(server):
    with server.connect() as connection:
        connection.sendall(b"".join(framed(question(n)) for n in range(50)) + b"\x00")
        connection.shutdown(socket.SHUT_WR)
        assert {read_answer(connection).id for _ in range(50)} == set(range(50))
        assert is_closed(connection, 5)

def test_nonsense_does_not_end_the_connection(server):
    answer_of_somebody = bytearray(question(1))
    answer_of_somebody[2] |= 0x80
    with server.connect() as connection:
        connection.sendall(framed(b"") + framed(b"short") + framed(bytes(answer_of_somebody)))
        assert is_answered(connection)

def test_a_broken_message_is_formerr_and_the_next_is_answered(server):
    with server.connect() as connection:
        connection.sendall(framed(question(3)[:-3]))
        answer = read_answer(connection)
        assert (answer.id, answer.rcode()) == (3, dns.rcode.FORMERR)
        assert is_answered(connection)

def test_the_longest_message_is_taken(server):
    with server.connect() as connection:
        connection.sendall(framed(question(9) + bytes(65535 - len(question(9)))))
        assert read_answer(connection).id == 9
        assert is_answered(connection)

def test_idle_connections_are_closed(tenured):
    server = tenured(config=CONFIG + "tcp: {idle-timeout: 1s}\n")
    with server.connect() as silent, server.connect() as asked:
        assert is_answered(asked)
        start = time.monotonic()
        assert is_closed(silent, 5)
        assert is_closed(asked, 5)
        assert time.monotonic() - start > 0.5

def test_asking_keeps_a_connection(tenured):
    server = tenured(config=CONFIG + "tcp: {idle-timeout: 1s}\n")
    with server.connect() as connection:
        for _ in range(6):
            assert is_answered(connection)
            time.sleep(0.4)

def test_trickling_bytes_do_not_keep_a_connection(tenured):
    server = tenured(config=CONFIG + "tcp: {idle-timeout: 1s}\n")
    with server.connect() as connection:
        start = time.monotonic()
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            connection.sendall(b"\xff\xff")
            while time.monotonic() - start < 10:
                connection.sendall(b"x")
                time.sleep(0.1)
        assert time.monotonic() - start < 5

def test_a_new_connection_closes_the_longest_idle_of_all(tenured):
    server = tenured("--threads", 1, config=CONFIG + "tcp: {connections: 3}\n")
    first, second, third = (server.connect() for _ in range(3))
    for connection in (first, second, third, first):
        assert is_answered(connection)
    with server.connect() as fourth:
        assert is_answered(fourth)
        assert is_closed(second, 5)
        assert is_answered(first) and is_answered(third)
    first.close()
    third.close()

def test_a_new_connection_closes_the_longest_idle_of_all_threads(tenured):
    """The kernel spreads them over the threads, and the one to go is mostly another thread's."""
    server = tenured("--threads", 4, config=CONFIG + "tcp: {connections: 8}\n")
    open_ones = []
    for number in range(40):
        connection = server.connect()
        assert is_answered(connection, number), "each new one is served"
        open_ones.append(connection)
        if len(open_ones) > 8:
            assert is_closed(open_ones.pop(0), 5), f"connection {number - 8} was idle for longest"
    assert all(is_answered(connection) for connection in open_ones)


def test_a_new_connection_closes_the_longest_idle_of_its_address(tenured):
    server = tenured("--threads", 1, config=CONFIG + "tcp: {connections-per-address: 2}\n")

    def connect_from(address):
        return socket.create_connection((server.address, server.port), 10, (address, 0))

    other = connect_from("127.0.0.2")
    assert is_answered(other)
    first, second = connect_from("127.0.0.1"), connect_from("127.0.0.1")
    assert is_answered(first) and is_answered(second) and is_answered(first)
    third = connect_from("127.0.0.1")
    assert is_answered(third)
    assert is_closed(second, 5)
    assert is_answered(first) and is_answered(other)
    for connection in (other, first, third):
        connection.close()

def test_a_peer_that_does_not_read_holds_up_nobody(server):
    """It is read no further; when it reads at last, all its answers are there."""
    stream = b"".join(framed(question(n)) for n in range(1000)) * 1000
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        deaf.connect((server.address, server.port))
        deaf.setblocking(False)
        sent, stuck = 0, 0
        while stuck < 50 and sent < len(stream):
            try:
                sent += deaf.send(stream[sent:sent + 1_000_000])
                stuck = 0
            except BlockingIOError:
                stuck += 1
                time.sleep(0.01)
        assert sent < len(stream), "the server must stop reading"
        with server.connect() as other:
            assert is_answered(other)
        deaf.setblocking(True)
        deaf.settimeout(20)
        whole = sent // len(framed(question()))
        for n in range(min(whole, 20_000)):
            assert read_answer(deaf).id == n % 1000


def test_connections_that_are_reset_leave_nothing_behind(server):
    linger = struct.pack("ii", 1, 0)
    for number in range(300):
        connection = server.connect()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        connection.sendall(framed(question(number)) * (number % 5))
        connection.close()
    with server.connect() as connection:
        assert is_answered(connection)
    folder = f"/proc/{server.process.pid}/fd"
    wait_until(lambda: len(os.listdir(folder)) < 60, "descriptors are given back")
