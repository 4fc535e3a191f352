# SPDX-License-Identifier: BSD-2-Clause
"""The live export: each event of the log reaches its targets, in order, whatever ends in between."""
import json
import os
import signal
import socket
import subprocess

import pytest

from peers import found
from tenure import free_port, program, run, wait_until

ZONE = "corp.example"


def make_events(server, count, first=0):
    for i in range(first, first + count):
        server.ctl_ok("record", "add", ZONE, f"pc{i}", "60", "A", f"10.0.{i // 250}.{i % 250}")


def newest(server):
    return server.rows("audit")[-1]["seq"]


def events_of(text):
    """Without what the export adds of its own (test_line_chain.py)."""
    events = [json.loads(line) for line in text.splitlines()]
    return [{word: value for word, value in event.items() if word not in ("chain", "digest")}
            for event in events]


def in_order_without_gap(events):
    """Each seq is there, and comes before the next for the first time."""
    firsts = list(dict.fromkeys(e["seq"] for e in events))
    return firsts == list(range(1, len(firsts) + 1))


def target(server, to):
    return next(row for row in server.rows("audit", "targets") if row["to"] == to)


def with_export(**settings):
    return "export:\n" + "".join(f"  {name}: {value}\n" for name, value in settings.items())


def test_without_a_target_nothing_is_exported_and_that_is_said(tenured):
    server = tenured()
    assert "nothing is exported" in server.ctl_ok("audit", "targets")


@pytest.mark.parametrize("setting,value,error", [
    ("syslog", "logs.corp.example", "export.syslog: logs.corp.example: it does not begin with "
     "udp://, tcp:// or tls://"),
    ("syslog", "tcp://logs:0", "export.syslog: tcp://logs:0: the port is not a number from 1 to 65535"),
    ("key", "/etc/key.pem", "export.certificate and export.key: one without the other is of no use"),
    ("ca", "/etc/ca.pem", "export.ca and export.certificate are for an export.syslog with tls://"),
])
def test_a_target_that_makes_no_sense_is_a_mistake_in_the_configuration(tmp_path, setting, value,
                                                                        error):
    path = tmp_path / "t.yaml"
    path.write_text(with_export(**{setting: value}))
    answer = run(program("tenured"), "--check-config", "--config", path)
    assert answer.code == 2 and error in answer.err


def test_a_file_gets_what_audit_shows(tenured, tmp_path):
    path = tmp_path / "audit.json"
    server = tenured(config=with_export(file=path))
    server.zone(ZONE)
    make_events(server, 20)
    shown = server.rows("audit")
    wait_until(lambda: len(events_of(path.read_text())) == len(shown), "all events in the file")
    assert events_of(path.read_text()) == shown
    wait_until(lambda: target(server, "file")["behind"] == 0, "the cursor at the end")
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_file_goes_on_where_it_stopped_after_a_restart(tenured, tmp_path):
    path = tmp_path / "audit.json"
    server = tenured(config=with_export(file=path))
    server.zone(ZONE)
    make_events(server, 5)
    wait_until(lambda: target(server, "file")["behind"] == 0, "all in the file")
    server.restart()
    make_events(server, 5, first=5)
    wait_until(lambda: target(server, "file")["behind"] == 0, "all in the file again")
    assert events_of(path.read_text()) == server.rows("audit")


def test_another_path_begins_at_the_first_entry(tenured, tmp_path):
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    server = tenured(config=with_export(file=first))
    server.zone(ZONE)
    make_events(server, 5)
    wait_until(lambda: target(server, "file")["behind"] == 0, "all in the file")
    server.stop()
    server.config.write_text(with_export(file=second))
    server.start()
    make_events(server, 5, first=5)
    wait_until(lambda: target(server, "file")["behind"] == 0, "all in the other file")
    assert events_of(second.read_text()) == server.rows("audit")
    assert len(events_of(first.read_text())) < len(events_of(second.read_text()))


def test_after_kill_9_nothing_is_missing_in_the_file(tenured, tmp_path):
    path = tmp_path / "audit.json"
    server = tenured(config=with_export(file=path))
    server.zone(ZONE)
    for i in range(5):
        make_events(server, 5, first=5 * i)
        server.kill()
        server.start()
    wait_until(lambda: target(server, "file")["behind"] == 0, "all in the file")
    events = events_of(path.read_text())
    assert in_order_without_gap(events) and events[-1]["seq"] == newest(server)


class Reader:
    """The other end of a Unix socket; reads when it is told to."""

    def __init__(self, path):
        self.path, self.text, self.peer = path, "", None
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()

    def read_until(self, seq):
        self.peer = self.peer or self.listener.accept()[0]
        self.peer.settimeout(20)
        while not any(e["seq"] == seq for e in events_of(self.text[:self.text.rfind("\n") + 1])):
            self.text += self.peer.recv(65536).decode()

    def leave(self):
        """Goes without having read all."""
        (self.peer or self.listener.accept()[0]).close()
        self.peer, self.text = None, self.text[:self.text.rfind("\n") + 1]


def test_what_a_unix_socket_was_sent_and_did_not_read_is_sent_again(tenured, tmp_path):
    reader = Reader(tmp_path / "sock")
    server = tenured(config=with_export(socket=tmp_path / "sock"))
    server.zone(ZONE)
    make_events(server, 10)
    reader.read_until(newest(server))
    make_events(server, 10, first=10)
    wait_until(lambda: target(server, "socket")["sent"] == newest(server), "all sent")
    assert target(server, "socket")["taken"] < newest(server)
    reader.leave()
    make_events(server, 10, first=20)
    reader.read_until(newest(server))
    assert in_order_without_gap(events_of(reader.text))
    wait_until(lambda: target(server, "socket")["behind"] == 0, "all taken")


def test_a_peer_that_reads_nothing_holds_up_nobody(tenured, tmp_path):
    reader = Reader(tmp_path / "sock")
    server = tenured(config=with_export(socket=tmp_path / "sock"))
    server.zone(ZONE)
    make_events(server, 5)
    zone = "\n".join(f"big{i} 60 TXT {'x' * 200}" for i in range(5000))
    (tmp_path / "zone").write_text(f"@ 60 SOA ns h 1 1 1 1 1\n@ 60 NS ns\n{zone}\n")
    server.ctl_ok("zone", "import", ZONE, tmp_path / "zone")
    make_events(server, 5, first=5)
    assert server.query(f"pc7.{ZONE}", "A").rcode() == 0
    assert target(server, "socket")["behind"] > 0
    counted = {row["name"]: row["value"] for row in server.rows("stats")}
    assert counted["export-behind"] > 0 and counted["export-lost"] == 0, counted
    reader.read_until(newest(server))
    assert in_order_without_gap(events_of(reader.text))


def test_udp_syslog_carries_each_event(tenured):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind(("127.0.0.1", 0))
        peer.settimeout(20)
        server = tenured(config=with_export(syslog=f"udp://127.0.0.1:{peer.getsockname()[1]}"))
        server.zone(ZONE)
        make_events(server, 10)
        wanted = server.rows("audit")
        lines = [peer.recv(65536).decode() for _ in wanted]
    assert all(line.startswith("<110>1 20") and " tenured " in line for line in lines)
    assert [json.loads(line.split("@cee: ", 1)[1]) for line in lines] == wanted


# --- rsyslog, the real one, by TLS

RSYSLOG = """
module(load="imtcp" StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="anon")
global(workDirectory="%(folder)s" DefaultNetstreamDriver="gtls"
       DefaultNetstreamDriverCAFile="%(folder)s/ca.pem"
       DefaultNetstreamDriverCertFile="%(folder)s/server.pem"
       DefaultNetstreamDriverKeyFile="%(folder)s/server.key")
template(name="whole" type="string" string="%%msg%%\\n")
ruleset(name="audit") { action(type="omfile" file="%(folder)s/received" template="whole") }
input(type="imtcp" address="127.0.0.1" port="%(port)d" ruleset="audit")
"""


def openssl(*words):
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


def make_certificates(folder):
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test CA",
            "-keyout", folder / "ca.key", "-out", folder / "ca.pem")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=logs", "-keyout",
            folder / "server.key", "-out", folder / "server.csr")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1\n")
    openssl("x509", "-req", "-in", folder / "server.csr", "-CA", folder / "ca.pem", "-CAkey",
            folder / "ca.key", "-CAcreateserial", "-days", "2", "-extfile", folder / "names", "-out",
            folder / "server.pem")


class Rsyslog:
    def __init__(self, folder):
        self.folder, self.port, self.process = folder, free_port(), None
        make_certificates(folder)
        (folder / "rsyslog.conf").write_text(RSYSLOG % {"folder": folder, "port": self.port})

    def start(self):
        self.process = subprocess.Popen(
            [found("rsyslogd"), "-n", "-f", self.folder / "rsyslog.conf", "-i",
             self.folder / "pid"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return self

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(20)

    def events(self):
        path = self.folder / "received"
        text = path.read_text() if path.exists() else ""
        return [json.loads(line.split("@cee: ", 1)[1]) for line in text.splitlines()]


def has_gtls():
    return found("rsyslogd") and any(
        os.path.exists(f"/usr/lib/{arch}/rsyslog/lmnsd_gtls.so")
        for arch in os.listdir("/usr/lib"))


needs_rsyslog = pytest.mark.skipif(not has_gtls(), reason="rsyslog with rsyslog-gnutls is not here")


@pytest.fixture
def rsyslog(tmp_path):
    daemon = Rsyslog(tmp_path)
    yield daemon
    if daemon.process and daemon.process.poll() is None:
        daemon.stop(signal.SIGKILL)


@needs_rsyslog
def test_rsyslog_by_tls_misses_nothing_when_it_is_stopped_and_started_again(tenured, rsyslog):
    rsyslog.start()
    server = tenured(config=with_export(syslog=f"tls://127.0.0.1:{rsyslog.port}",
                                        ca=rsyslog.folder / "ca.pem"))
    server.zone(ZONE)
    for round in range(3):
        make_events(server, 30, first=60 * round)
        rsyslog.stop()
        make_events(server, 30, first=60 * round + 30)
        rsyslog.start()
    last = newest(server)
    wait_until(lambda: rsyslog.events() and rsyslog.events()[-1]["seq"] == last, "the last event",
               patience=60)
    assert in_order_without_gap(rsyslog.events())
    wait_until(lambda: target(server, "syslog")["behind"] == 0, "all taken", patience=30)
    assert target(server, "syslog")["lost"] == 0


@needs_rsyslog
def test_a_syslog_server_whose_certificate_is_not_trusted_gets_nothing(tenured, rsyslog, tmp_path):
    rsyslog.start()
    other = tmp_path / "other"
    other.mkdir()
    make_certificates(other)
    server = tenured(config=with_export(syslog=f"tls://127.0.0.1:{rsyslog.port}",
                                        ca=other / "ca.pem"))
    server.zone(ZONE)
    wait_until(lambda: "certificate is not to be trusted" in (target(server, "syslog")["error"] or ""),
               "the certificate being refused")
    row = target(server, "syslog")
    assert row["state"] == "waiting" and row["taken"] == 0 and not rsyslog.events()
