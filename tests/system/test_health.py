# SPDX-License-Identifier: BSD-2-Clause
"""health: one sentence and an exit code, for monitoring; and a name for probes that speak DNS."""
import json

import dns.rdataclass
import dns.rdatatype
import pytest

from tenure import program, run


def health(server):
    """What it finds, by code, but for what every unsigned log has."""
    answer = server.ctl("health", "--json")
    rows = {row["code"]: row for row in answer.rows()}
    rows.pop("log-unsigned", None)
    rows.pop("clock-unsynchronised", None)  # as this machine is
    return answer.code, rows


def probe(server):
    answer = server.query("health.tenure", "TXT", rdclass=dns.rdataclass.CH)
    return answer.answer[0][0].strings[0].decode()


def test_a_well_server_is_ok_in_one_line(tenured):
    server = tenured("--clock", "2026-01-05T09:00:00Z")
    server.zone("corp.example", "www A 10.0.0.1")
    answer = server.ctl("health")
    assert answer.code == 0 and answer.out == "ok: 1 zone, up since 2026-01-05T09:00:00Z\n"
    assert probe(server) == "ok"


def test_a_server_that_is_gone_is_critical():
    answer = run(program("tenurectl"), "--socket", "/nowhere", "health")
    assert answer.code == 2 and answer.out.startswith("critical: no server listens at /nowhere")
    assert answer.err == ""
    answer = run(program("tenurectl"), "--socket", "/nowhere", "health", "--json")
    assert answer.code == 2 and json.loads(answer.out)["code"] == "no-answer"


@pytest.mark.parametrize("words", [("now",), ("--nonsense",), ("--reason", "x"), ("--data", "x")])
def test_words_that_make_no_sense_say_nothing_of_the_server(words):
    answer = run(program("tenurectl"), "--socket", "/nowhere", "health", *words)
    assert answer.code == 3 and answer.out == "" and "tenurectl: health: " in answer.err


def test_a_run_that_waits_is_a_warning_after_a_day_and_not_before(tenured):
    server = tenured("--clock", "2026-01-05T09:00:00Z")
    server.zone("corp.example", "www A 10.0.0.1", update="nonsecure")
    server.ctl_ok("zone", "set", "corp.example", "aging=on", "no-refresh=1h", "refresh=1h", "max-share=10%")
    for number in range(1, 60):
        update = server.update("corp.example")
        update.add(f"pc{number}", 300, "A", f"10.0.1.{number}")
        server.ask(update)
    server.ctl_ok("clock", "forward", "6h")
    server.ctl("scavenge", "run")
    assert health(server) == (0, {})
    server.ctl_ok("clock", "forward", "25h")
    code, found = health(server)
    assert code == 1 and "`tenurectl scavenge approve" in found["run-held"]["text"]
    answer = server.ctl("health")
    assert answer.code == 1 and answer.out.startswith("warning: ")


@pytest.mark.parametrize("word", ["health.tenure.", "HEALTH.Tenure."])
def test_the_probes_name_is_class_ch_alone(tenured, word):
    server = tenured("--clock", "2026-01-05T09:00:00Z")
    assert probe(server) == "ok"
    assert server.query(word, "TXT").rcode() == dns.rcode.REFUSED
    answer = server.query(word, "A", rdclass=dns.rdataclass.CH)
    assert not answer.answer and answer.rcode() == dns.rcode.NOERROR
    assert server.query(word, "TXT", rdclass=dns.rdataclass.CH).answer[0].rdtype == dns.rdatatype.TXT
