# SPDX-License-Identifier: BSD-2-Clause
"""Scavenging while clients refresh, and while the server is killed: nothing is lost, nothing is half
done, and the log proves it."""
import os
import random
import threading
import time

import pytest

ZONE = "corp.example"
HOSTS = int(os.environ.get("TENURE_RACE_HOSTS", "400"))
ROUNDS = int(os.environ.get("TENURE_RACE_ROUNDS", "6"))
KILLS = int(os.environ.get("TENURE_KILL_ROUNDS", "8"))


def address(host):
    return f"10.{host >> 16 & 255}.{host >> 8 & 255}.{host & 255}"


def register(server, hosts, patience=20):
    update = server.update(ZONE)
    for host in hosts:
        update.add(f"h{host}", 60, "A", address(host))
    return server.ask(update).rcode() == 0


def register_all(server, count):
    for start in range(0, count, 100):
        assert register(server, range(start, min(start + 100, count)))


def refresher(server, hosts, answered, go):
    go.wait()
    for host in hosts:
        answered[host] = register(server, [host])


def history_of_names(server, since):
    """What the log says happened to each name, oldest first."""
    history = {}
    for row in server.rows("audit", "--zone", ZONE):
        if row["seq"] > since and row.get("name"):
            history.setdefault(row["name"].split(".")[0], []).append(row["event"])
    return history


def last_seq(server):
    return server.last_change()


def test_a_refresh_wins_or_makes_the_record_anew(tenured):
    """All hosts refresh at the moment at which they are scavenged. Whatever comes first, each that was
    answered is there afterwards: refreshed in time (and then never removed), or registered anew
    behind its removal."""
    server = tenured(clock="2026-01-05T09:00:00Z")
    server.zone(ZONE, "ns A 10.0.0.53", update="nonsecure", max_names="none", aging="on")
    server.ctl_ok("zone", "set", ZONE, "no-refresh=1h", "refresh=1h", "max-share=none")
    server.ctl_ok("clock", "forward", "8d")  # the zone is available
    register_all(server, HOSTS)
    raced = {"kept": 0, "anew": 0}
    for round_number in range(ROUNDS):
        since = last_seq(server)
        server.ctl_ok("clock", "forward", "2h")
        server.ctl_ok("clock", "forward", "1s")
        answered, go = {}, threading.Event()
        order = list(range(HOSTS))
        random.Random(round_number).shuffle(order)
        threads = [threading.Thread(target=refresher, args=(server, order[i::4], answered, go))
                   for i in range(4)]
        for thread in threads:
            thread.start()
        go.set()
        time.sleep(random.random() * 0.1)
        run = server.rows("scavenge", "run", ZONE)[0]
        for thread in threads:
            thread.join()
        assert all(answered.values()) and len(answered) == HOSTS
        history = history_of_names(server, since)
        for host in range(HOSTS):
            events = history.get(f"h{host}")
            assert server.query(f"h{host}.{ZONE}", "A").rcode() == 0, (host, events)
            assert events in (["record-refresh"], ["record-scavenge", "record-register"]), \
                (host, events)
            raced["kept" if len(events) == 1 else "anew"] += 1
        removed = sum("record-scavenge" in events for events in history.values())
        assert removed == run["removed"]
    assert raced["kept"] and raced["anew"], f"the race was none: {raced}"


def names_there(server):
    return {row["name"].split(".")[0] for row in server.rows("record", "list", ZONE)
            if row["name"].startswith("h")}


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_killed_run_is_abandoned_and_what_it_did_is_in_the_log(tenured, seed):
    server = tenured(clock="2026-01-05T09:00:00Z")
    server.zone(ZONE, "ns A 10.0.0.53", update="nonsecure", max_names="none", aging="on")
    server.ctl_ok("zone", "set", ZONE, "max-share=none")
    register_all(server, 3000)
    server.ctl_ok("clock", "forward", "15d")
    thread = threading.Thread(target=server.ctl, args=("scavenge", "run", ZONE))
    thread.start()
    time.sleep(random.Random(seed).random() * 0.35)
    server.kill()
    thread.join()
    server.clock = "2026-01-20T09:00:00Z"
    server.start()
    assert server.rows("audit", "verify")
    there = names_there(server)
    gone = {f"h{host}" for host in range(3000)} - there
    scavenged = [row for row in server.rows("audit", "--event", "record-scavenge")]
    assert {row["name"].split(".")[0] for row in scavenged} == gone, "log and zone agree"
    assert len(scavenged) == len(gone), "once each"
    runs = server.rows("scavenge", "history", ZONE)
    if not runs:  # it was killed before the run began
        assert not gone
        return
    assert runs[0]["removed"] == len(gone)
    if runs[0]["state"] == "abandoned":
        assert server.rows("audit", "--event", "run-abandon")[-1]["zone"] == ZONE
    else:
        assert runs[0]["state"] == "done" and len(gone) == 3000
    status = server.rows("scavenge", "status")[0]
    assert status["dynamic"] == 3000 - len(gone), "the count survives"
    again = server.rows("scavenge", "run", ZONE)[0]
    assert again["removed"] == 3000 - len(gone)
    assert server.rows("scavenge", "status")[0]["dynamic"] == 0
    # What either run removed comes back; each host once.
    for row in server.rows("scavenge", "history", ZONE):
        if row["removed"]:
            server.ctl_ok("scavenge", "undo", str(row["run"]))
    assert names_there(server) == {f"h{host}" for host in range(3000)}
    assert server.rows("scavenge", "status")[0]["dynamic"] == 3000
    assert server.rows("bin", "list", ZONE) == []
