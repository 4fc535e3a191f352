# SPDX-License-Identifier: BSD-2-Clause
"""What cannot be overlooked is asked on a terminal, and wants --yes where nobody can be asked."""
import os
import pty
import select
import subprocess
import time

import pytest

from tenure import program

ZONE = "corp.example"


@pytest.fixture
def server(tenured):
    one = tenured()
    one.zone(ZONE, "ns A 10.0.0.53", "www A 10.0.0.80", "www TXT x", "mail A 10.0.0.25",
             update="secure")
    one.web = one.key("web")
    return one


def on_terminal(server, *words, answer):
    """Runs tenurectl on a terminal, and types the answer when it asks. (code, what was shown)"""
    master, slave = pty.openpty()
    process = subprocess.Popen([program("tenurectl"), *words, "--socket", str(server.socket)],
                               stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    shown, end, is_typed = "", time.monotonic() + 20, False
    while time.monotonic() < end:
        ready, _, _ = select.select([master], [], [], 0.1)
        try:
            shown += os.read(master, 4096).decode() if ready else ""
        except OSError:  # the terminal is closed
            break
        if "[y/N]" in shown and not is_typed:
            is_typed = True
            os.write(master, f"{answer}\n".encode())
        if not ready and process.poll() is not None:
            break
    os.close(master)
    return process.wait(20), shown


def rules(server):
    return server.ctl_ok("zone", "policy", "show", ZONE, "--json")


def test_rules_do_not_go_by_an_empty_file(server):
    server.ctl_ok("zone", "policy", "set", ZONE, input="allow key:web claim\n# a comment\n")
    before = rules(server)
    answer = server.ctl("zone", "policy", "set", ZONE, input="")
    assert answer.code == 3 and "the 1 of zone corp.example would go: --yes" in answer.err
    assert server.ctl("zone", "policy", "set", ZONE, input="# nothing\n\n").code == 3
    assert rules(server) == before
    said = server.ctl_ok("zone", "policy", "set", ZONE, "--plan", input="")
    assert "- allow key:web claim" in said and rules(server) == before
    empty = server.folder / "empty"
    empty.write_text("")
    code, shown = on_terminal(server, "zone", "policy", "set", ZONE, str(empty), answer="n")
    assert code == 3 and "[y/N]" in shown and "nothing was changed" in shown
    assert rules(server) == before
    code, shown = on_terminal(server, "zone", "policy", "set", ZONE, str(empty), answer="y")
    assert code == 0 and '"rules":0' in rules(server).replace(" ", "")
    server.ctl_ok("zone", "policy", "set", ZONE, input="")


def test_rules_are_not_awaited_from_a_terminal(server):
    code, shown = on_terminal(server, "zone", "policy", "set", ZONE, answer="y")
    assert code == 2 and "a FILE is needed" in shown


def test_rules_are_added_in_front_or_before_a_line(server):
    add = ["zone", "policy", "add", ZONE]
    server.ctl_ok("zone", "policy", "set", ZONE, input="# first\ndeny key:web claim")
    said = server.ctl_ok(*add, "allow key:web claim at a", "allow key:web claim at b", "--plan")
    assert "2 rules would be put before line 1" in said and "claim at a" not in rules(server)
    server.ctl_ok(*add, "allow key:web claim at a", "allow key:web claim at b")
    server.ctl_ok(*add, "allow key:web claim at c", "--line", "4")
    server.ctl_ok(*add, "allow key:web claim at d", "--line", "99")
    text = server.ctl_ok("zone", "policy", "show", ZONE)
    assert [line for line in text.splitlines() if not line.startswith("# allow")][:6] == [
        "allow key:web claim at a", "allow key:web claim at b", "# first",
        "allow key:web claim at c", "deny key:web claim", "allow key:web claim at d"]
    assert "stand there already" in server.ctl_ok(*add, "allow key:web claim at a")
    assert server.ctl_ok("zone", "policy", "show", ZONE) == text
    seq = server.last_change()
    server.ctl_ok("audit", "revert", str(seq))
    assert "claim at d" not in server.ctl_ok("zone", "policy", "show", ZONE)


@pytest.mark.parametrize("words, code, said", [
    ([], 2, "a RULE is needed"),
    (["permit key:web claim"], 2, "column 1"),
    (["allow key:web claim", "--line", "0"], 2, "--line"),
    (["allow key:web claim\nallow key:a claim"], 2, "is not one rule"),
    (["# comment"], 2, "is not one rule"),
])
def test_rules_that_are_none_are_not_added(server, words, code, said):
    answer = server.ctl("zone", "policy", "add", ZONE, *words)
    assert answer.code == code and said in answer.err, answer


def test_several_records_are_asked_about_on_a_terminal(server):
    plan = server.ctl_ok("record", "del", ZONE, "www", "--plan")
    assert "10.0.0.80" in plan and "TXT" in plan
    code, shown = on_terminal(server, "record", "del", ZONE, "www", answer="n")
    assert code == 3 and "2 records of www go" in shown
    assert len(server.rows("record", "list", ZONE, "www")) == 2
    code, shown = on_terminal(server, "record", "del", ZONE, "www", answer="yes")
    assert code == 0 and server.ctl("record", "list", ZONE, "www").code == 4
    code, shown = on_terminal(server, "record", "del", ZONE, "mail", answer="n")
    assert code == 0 and "[y/N]" not in shown, "one record needs no question"


def test_a_held_run_is_not_approved_by_accident(tenured):
    server = tenured(clock="2026-01-05T09:00:00Z")
    server.zone(ZONE, "ns A 10.0.0.53", update="nonsecure", aging="on")
    for number in range(12):
        update = server.update(ZONE)
        update.add(f"h{number}", 60, "A", f"10.0.0.{number}")
        assert server.ask(update).rcode() == 0
    server.ctl_ok("clock", "forward", "15d")
    server.ctl("scavenge", "run", ZONE)
    run = server.rows("scavenge", "history")[0]
    assert run["state"] == "held", run
    answer = server.ctl("scavenge", "approve", str(run["run"]))
    assert answer.code == 3 and "removes up to 12 records of corp.example: --yes" in answer.err
    said = server.ctl_ok("scavenge", "approve", str(run["run"]), "--plan")
    assert "would remove up to 12 records" in said
    code, shown = on_terminal(server, "scavenge", "approve", str(run["run"]), answer="n")
    assert code == 3 and len(server.rows("record", "list", ZONE)) > 12
    server.ctl_ok("scavenge", "approve", str(run["run"]), "--yes")
    assert server.rows("scavenge", "history")[0]["removed"] == 12
