# SPDX-License-Identifier: BSD-2-Clause
"""Ends: by signals, cleanly; and the end that nobody announces."""
import signal
import time

import pytest

from tenure import wait_until

CONFIG = "version: tenure of the tests\n"


def is_answered(server):
    return bool(server.query("version.bind", "TXT", rdclass="CH").answer)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly(tenured, how):
    server = tenured(config=CONFIG)
    assert is_answered(server)
    assert server.stop(how) == 0
    assert server.notify.has("STOPPING=1")
    assert f'stopping why="{how.name}"' in server.log() and "stopped" in server.log()
    assert not server.socket.exists()


def test_it_stops_at_once_though_clients_are_connected(tenured):
    server = tenured(config=CONFIG)
    connections = [server.connect() for _ in range(20)]
    connections[0].sendall(b"\x00\x20half")
    assert is_answered(server)
    start = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - start < 4
    for connection in connections:
        connection.close()


def test_hangup_reads_the_configuration_again(tenured):
    server = tenured(config=CONFIG)
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "the configuration is read again by=SIGHUP" in server.log(), "a line in the log")
    assert is_answered(server)


def test_a_killed_one_starts_again(tenured):
    server = tenured(config=CONFIG)
    for _ in range(3):
        server.kill()
        server.start()
        assert is_answered(server)


def test_many_stops_and_starts(tenured):
    server = tenured(config=CONFIG)
    for _ in range(3):
        assert server.stop() == 0
        server.start()


def test_the_watchdog_is_fed(made):
    server = made()
    usual = server.environment
    server.environment = lambda: {**usual(), "WATCHDOG_USEC": "200000"}
    server.start()
    wait_until(lambda: server.notify.has("WATCHDOG=1"), "WATCHDOG=1")


def test_a_clock_set_by_hand_is_told_loudly(tenured):
    server = tenured(clock="2026-01-05T09:00:00Z")
    assert "warning TIME STANDS STILL clock=2026-01-05T09:00:00" in server.log()


def test_tenurectl_stops_it(tenured):
    server = tenured(config=CONFIG)
    server.was_told = True
    assert server.ctl_ok("stop").strip() == "stopped"
    assert server.process.wait(0.5) == 0
    assert "stopped version=" in server.log(), "tenurectl waited for the end"
    assert 'stopping why="tenurectl stop"' in server.log()


def test_tenurectl_stop_need_not_wait(tenured):
    server = tenured(config=CONFIG)
    server.was_told = True
    assert server.ctl_ok("stop", "--no-wait").strip() == "stopping"
    assert server.process.wait(10) == 0
