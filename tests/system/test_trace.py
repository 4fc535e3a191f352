# SPDX-License-Identifier: BSD-2-Clause
"""tenurectl trace: queries and updates as they are answered, for whom they belong to."""
import json
import os
import pwd
import shutil
import subprocess

import dns.rcode
import dns.tsig
import pytest

from tenure import program, wait_until

OURS, THEIRS = "corp.example", "lab.example"
DESK = "games"


class Trace:
    """A trace that runs; the clients begin to ask when it does."""

    def __init__(self, server, *words, user=None, json=True):
        command = [program("tenurectl"), "--socket", server.socket, "trace", *words]
        command += ["--json"] if json else []
        if user:
            entry = pwd.getpwnam(user)
            command = ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}",
                       "--init-groups", "--", *command]
        before = running(server)
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True)
        wait_until(lambda: running(server) > before or self.process.poll() is not None, "it runs")

    def rows(self, count):
        return [json.loads(self.process.stdout.readline()) for _ in range(count)]

    def end(self):
        self.process.kill()
        self.process.communicate()


def running(server):
    return next(row["value"] for row in server.rows("stats") if row["name"] == "traces")


def register(server, zone, name, key=None):
    update = server.update(zone, key)
    update.add(name, 300, "A", "10.0.0.2")
    return server.ask(update)


def test_queries_and_updates_are_shown_as_they_are_answered(tenured):
    server = tenured()
    server.zone(OURS, "www A 10.0.0.1", update="nonsecure")
    trace = Trace(server, "--zone", OURS, "--limit", "4")
    server.query(f"www.{OURS}", "A")
    server.query("elsewhere.example", "A")
    server.query(f"nobody.{OURS}", "AAAA", tcp=True)
    assert register(server, OURS, "pc1").rcode() == dns.rcode.NOERROR
    key = server.key("known")
    assert register(server, OURS, "pc1", key).rcode() == dns.rcode.NOERROR
    rows = trace.rows(4)
    assert [(row["kind"], row["name"], row["type"], row["transport"], row["rcode"], row["outcome"],
             row["principal"]) for row in rows] == [
        ("query", f"www.{OURS}", "A", "udp", "NOERROR", None, "anonymous"),
        ("query", f"nobody.{OURS}", "AAAA", "tcp", "NXDOMAIN", None, "anonymous"),
        ("update", f"pc1.{OURS}", "A", "udp", "NOERROR", "changed", "anonymous"),
        ("update", f"pc1.{OURS}", "A", "udp", "NOERROR", "empty", "key:known")]
    assert all(row["source"].startswith("127.0.0.1@") for row in rows)
    assert trace.process.wait() == 0
    assert running(server) == 0


def test_seconds_have_the_digits_of_microseconds_and_no_others(tenured):
    server = tenured()
    server.zone(OURS, "www A 10.0.0.1", update="nonsecure")
    trace = Trace(server, "--updates", "--limit", "20")
    for i in range(20):
        register(server, OURS, f"pc{i}", None)
    for _ in range(20):
        line = trace.process.stdout.readline()
        seconds = json.loads(line, parse_float=str)["seconds"]
        assert len(seconds) <= len("12.123456") and float(seconds) > 0, line
    trace.end()


def test_the_table_is_shown_while_it_grows(tenured):
    server = tenured()
    server.zone(OURS, "www A 10.0.0.1")
    trace = Trace(server, json=False)
    server.query(f"www.{OURS}", "A")
    assert trace.process.stdout.readline().split()[:3] == ["TIME", "(UTC)", "FROM"]
    assert f"www.{OURS}" in trace.process.stdout.readline()
    server.query(f"nobody.{OURS}", "A")
    assert "NXDOMAIN" in trace.process.stdout.readline()
    trace.end()


def test_a_trace_ends_with_its_client_and_with_the_server(tenured):
    server = tenured()
    server.zone(OURS, "www A 10.0.0.1")
    one = Trace(server)
    one.end()
    wait_until(lambda: running(server) == 0, "it has ended")
    other = Trace(server, "--for", "1d")
    assert server.stop() == 0
    other.end()


def test_more_than_two_of_one_user_are_refused(tenured):
    server = tenured()
    traces = [Trace(server), Trace(server)]
    answer = server.ctl("trace")
    assert answer.code == 1 and "one may have 2" in answer.err, answer
    for trace in traces:
        trace.end()
    wait_until(lambda: running(server) == 0, "they have ended")
    answer = server.ctl("trace", "--for", "1s")
    assert answer.code == 0 and "0 requests shown, 0 left out" in answer.out, answer


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root and setpriv")
def test_a_role_of_one_zone_sees_what_is_asked_of_it(made):
    server = made(config=f"roles:\n  read: user {DESK} of {OURS}\n").start()
    server.folder.chmod(0o711)
    for zone in (OURS, THEIRS):
        server.zone(zone, "www A 10.0.0.1", update="nonsecure")
    for words, said in (((), "'trace' without a zone needs the role read of all zones"),
                        (("--zone", THEIRS), f"zone {THEIRS} needs the role read of it"),
                        (("--client", "127.0.0.1"), "'trace' without a zone needs")):
        refused = Trace(server, *words, user=DESK)
        out, err = refused.process.communicate()
        assert refused.process.returncode == 3 and said in err + out, (out, err)
    trace = Trace(server, "--zone", OURS, "--limit", "2", user=DESK)
    server.query(f"www.{THEIRS}", "A")
    register(server, THEIRS, "secret")
    server.query(f"www.{OURS}", "A")
    register(server, OURS, "pc1")
    out, _ = trace.process.communicate()
    assert THEIRS not in out and "secret" not in out
    assert [json.loads(line)["name"] for line in out.splitlines()[:2]] == \
        [f"www.{OURS}", f"pc1.{OURS}"]
    assert f"trace by=local:{DESK}" in server.log()
