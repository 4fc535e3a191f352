# SPDX-License-Identifier: BSD-2-Clause
"""health: one sentence and an exit code, for monitoring; and a name for probes that speak DNS."""
import datetime
import json
import os

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


def test_a_log_that_nobody_signs_is_a_notice_and_no_warning(tenured):
    server = tenured("--clock", "2026-01-05T09:00:00Z")
    answer = server.ctl("health", "--json")
    found = {row["code"]: row for row in answer.rows()}
    assert answer.code == 0 and found["log-unsigned"]["level"] == "notice"
    assert "(checkpoint.key)" in found["log-unsigned"]["text"]
    assert server.rows("status")[0]["log_signed"] is False


# --- what will be wrong

def warnings(server):
    return [line.removeprefix("tenurectl: warning: ") for line in server.ctl("status").err.splitlines()]


def counted(server):
    """Findings as `stats` counts them."""
    return {row["labels"]["code"]: row["value"] for row in server.rows("stats", "--all")
            if row["name"] == "health"}


def is_said(server, code, said):
    """`health`, `status` and `stats` say it."""
    code_of_exit, found = health(server)
    text = found.get(code, {}).get("text", "")
    assert code_of_exit == 1 and said in text, found
    assert any(said in line for line in warnings(server)), warnings(server)
    assert counted(server)[code] == 1
    return text


def test_a_secret_that_is_older_than_key_age_is_a_warning_until_it_is_rotated(tenured):
    server = tenured(clock="2026-01-05T09:00:00Z", config="backup-age: 0s\n")
    for name in ("old.example", "off.example"):
        server.ctl_ok("key", "generate", name)
    server.ctl_ok("key", "disable", "off.example")
    server.ctl_ok("clock", "forward", "700d")
    server.ctl_ok("key", "generate", "new.example")
    assert health(server) == (0, {})
    server.ctl_ok("clock", "forward", "31d")
    text = is_said(server, "key-old", "1 key has a secret that is older than 730d, as old.example since "
                                      "2026-01-05T09:00:00Z: `tenurectl key rotate old.example`")
    assert "key-age" in text
    server.ctl_ok("key", "rotate", "old.example")
    assert health(server) == (0, {})
    rows = {row["name"]: row for row in server.rows("key", "list")}
    assert rows["old.example"]["created_at"].startswith("2026-01-05")
    assert rows["old.example"]["rotated_at"].startswith("2028-01-06")
    server.restart("2028-01-07T10:00:00Z")
    assert health(server) == (0, {}), "when it was rotated is in the store"


def test_the_age_of_keys_can_be_set_and_is_read_again(tenured):
    server = tenured(clock="2026-01-05T09:00:00Z", config="backup-age: 0s\nkey-age: 30d\n")
    server.ctl_ok("key", "generate", "old.example")
    server.ctl_ok("clock", "forward", "31d")
    assert "key-old" in health(server)[1]
    server.config.write_text("backup-age: 0s\nkey-age: 0s\n")
    assert "key-age" in server.ctl_ok("reload")
    assert health(server) == (0, {})


def test_a_keytab_that_was_written_long_ago_is_a_warning(tenured, tmp_path):
    keytab = tmp_path / "dns.keytab"
    keytab.write_bytes(b"\x05\x02")
    os.utime(keytab, (1700000000, 1700000000))  # 2023-11-14
    server = tenured(clock="2025-11-10T09:00:00Z",
                     config=f"backup-age: 0s\ngss:\n  keytab: {keytab}\n")
    assert "keytab-old" not in health(server)[1]
    server.restart("2025-11-14T09:00:00Z")
    is_said(server, "keytab-old", "the keytab was written at 2023-11-14T22:13:20Z, which is longer ago "
                                  "than 730d")


def test_a_certificate_is_a_warning_thirty_days_before_its_end(tenured, tmp_path):
    certificate, key = tmp_path / "our.pem", tmp_path / "our.key"
    made = run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
               "-nodes", "-days", "90", "-subj", "/CN=ours", "-keyout", key, "-out", certificate)
    assert made.code == 0, made
    said = run("openssl", "x509", "-in", certificate, "-noout", "-enddate").out.strip()
    end = datetime.datetime.strptime(said, "notAfter=%b %d %H:%M:%S %Y GMT")
    config = (f"backup-age: 0s\nexport:\n  syslog: tls://127.0.0.1:1\n  certificate: {certificate}\n"
              f"  key: {key}\n")

    def before(days):
        return (end - datetime.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    server = tenured(clock=before(31), config=config)
    assert "certificate" not in health(server)[1]
    server.restart(before(29))
    is_said(server, "certificate", f"a certificate of export.certificate, {certificate}, ends at {before(0)}: "
                                   "put a new one there, and `tenurectl reload`")
    server.restart(before(-1))
    is_said(server, "certificate", f"has ended at {before(0)}")


def test_status_says_that_nobody_keeps_the_clock_right_as_health_does(tenured):
    server = tenured()
    is_kept = server.ctl("health", "--json").out.count("clock-unsynchronised") == 0
    assert is_kept == (not any("not synchronised" in line for line in warnings(server)))
    by_hand = tenured(clock="2026-01-05T09:00:00Z")
    assert not any("not synchronised" in line for line in warnings(by_hand))


def test_a_clock_that_jumped_is_said_by_status_too(tenured):
    server = tenured(clock="2026-01-05T09:00:00Z", config="backup-age: 0s\n")
    server.zone("corp.example", "www A 10.0.0.1")
    server.ctl_ok("clock", "set", "2026-03-05T09:00:00Z")
    is_said(server, "clock-jumped", "the clock was set forward and scavenging waits: `tenurectl scavenge "
                                    "approve clock`")
