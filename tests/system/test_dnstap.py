# SPDX-License-Identifier: BSD-2-Clause
"""dnstap: copies of requests and answers, as Debian's own reader (dnstap-read) sees them."""
import re
import shutil
import signal
import socket
import subprocess

import dns.rcode
import pytest

from tenure import run, wait_until

pytestmark = pytest.mark.skipif(not (shutil.which("fstrm_capture") and shutil.which("dnstap-read")),
                                reason="needs fstrm_capture and dnstap-read")
ZONE = "corp.example"


@pytest.fixture
def capture(tmp_path):
    """Listens; end() gives the lines of dnstap-read."""
    path, kept = tmp_path / "tap.sock", tmp_path / "kept"
    running = []

    class Capture:
        socket = path

        def begin(self):
            running.append(subprocess.Popen(
                ["fstrm_capture", "-t", "protobuf:dnstap.Dnstap", "-u", path, "-w", kept],
                stderr=subprocess.DEVNULL))
            wait_until(path.exists, "it listens")

        def size(self):
            return kept.stat().st_size if kept.exists() else 0

        def end(self):
            running[-1].send_signal(signal.SIGTERM)
            running[-1].wait(timeout=20)
            answer = run("dnstap-read", kept)
            assert answer.code == 0, answer
            return answer.out.splitlines()
    yield Capture()
    for process in running:
        process.kill()
        process.wait()


def counted(server, name="dnstap-copied"):
    return next(row["value"] for row in server.rows("stats", "--all") if row["name"] == name)


def ask_for(server, name, type="A", tcp=False):
    assert server.query(name, type, tcp).rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)


def test_queries_and_updates_are_read_by_dnstap_read(tenured, capture):
    capture.begin()
    server = tenured(config=f"server-id: ns1\ndnstap:\n  socket: {capture.socket}\n")
    server.zone(ZONE, "www A 10.0.0.1", update="nonsecure")
    ask_for(server, f"www.{ZONE}")
    ask_for(server, f"nobody.{ZONE}", "AAAA", tcp=True)
    update = server.update(ZONE)
    update.add("pc1", 300, "A", "10.0.0.2")
    assert server.ask(update).rcode() == dns.rcode.NOERROR
    wait_until(lambda: counted(server) >= 6, "all were copied")
    server.stop()
    lines = "\n".join(capture.end())
    assert re.search(rf"AQ \S*127\.0\.0\.1\S* .*UDP .*www\.{ZONE}/IN/A", lines), lines
    assert re.search(rf"AR .*UDP .*www\.{ZONE}/IN/A", lines), lines
    assert re.search(rf"AQ .*TCP .*nobody\.{ZONE}/IN/AAAA", lines), lines
    assert re.search(rf"UQ .*UDP .*{ZONE}/IN/SOA", lines) and re.search(r"UR ", lines), lines


def test_a_sample_is_one_request_in_so_many_with_its_answer(tenured, capture):
    capture.begin()
    server = tenured(config=f"dnstap:\n  socket: {capture.socket}\n  sample: 10\n")
    server.zone(ZONE, "www A 10.0.0.1")
    for _ in range(100):
        ask_for(server, f"www.{ZONE}")
    wait_until(lambda: counted(server) == 20, "ten requests and their answers were copied")
    server.stop()
    lines = capture.end()
    assert len([line for line in lines if " AQ " in line]) == len([line for line in lines if " AR " in line]) == 10


def test_without_a_reader_answers_go_on_and_a_later_one_gets_what_comes(tenured, capture):
    server = tenured(config=f"dnstap:\n  socket: {capture.socket}\n")
    server.zone(ZONE, "www A 10.0.0.1")
    for _ in range(1000):
        ask_for(server, f"www.{ZONE}")
    assert counted(server) + counted(server, "dnstap-dropped") == 2000
    capture.begin()

    def is_read():
        ask_for(server, f"later.{ZONE}")
        return capture.size() > 1000
    wait_until(is_read, "the reader gets something")
    server.stop()
    assert any(f"later.{ZONE}" in line for line in capture.end())


def test_a_reader_that_never_reads_stops_nobody(tenured, tmp_path):
    path = tmp_path / "deaf.sock"
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(path))
        deaf.listen()
        server = tenured(config=f"dnstap:\n  socket: {path}\n")
        server.zone(ZONE, "www A 10.0.0.1")
        for _ in range(200):
            ask_for(server, f"www.{ZONE}")
        deaf.close()
        assert server.stop() == 0
