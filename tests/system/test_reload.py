# SPDX-License-Identifier: BSD-2-Clause
"""The configuration of a running server is read again: what can change does, at once and as a whole."""
import json
import os
import pwd
import signal

import pytest

from json_lab import control
from tenure import program, run, wait_until


def events(file):
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def zones(file):
    return {event["zone"].rstrip(".") for event in events(file) if event.get("zone")}


def reload(server, config):
    server.config.write_text(config)
    return server.ctl("reload")


def test_nothing_changes_where_nothing_is_changed(tenured):
    server = tenured(config="log: {level: info}\n")
    assert server.ctl_ok("reload") == "no setting was changed\n"


def test_log_and_export_change_at_once_and_lose_nothing(tenured, tmp_path):
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    server = tenured(config=f"export: {{file: {first}}}\n")
    server.ctl_ok("zone", "add", "one.example")
    wait_until(lambda: "one.example" in zones(first), "the first event")
    answer = reload(server, f"export: {{file: {second}}}\nlog: {{level: warning}}\nbackup-age: 9d\n")
    assert answer.code == 0 and answer.out == "changed: log.level, backup-age, export.file\n", answer
    server.ctl_ok("zone", "add", "two.example")
    wait_until(lambda: "two.example" in zones(second), "the second event")
    assert "two.example" not in zones(first)
    assert server.rows("audit", "targets")[0]["target"] == str(second)
    assert reload(server, "{}\n").code == 0
    assert server.ctl("audit", "targets").out.count(str(second)) == 0
    assert reload(server, f"export: {{file: {first}}}\n").code == 0
    wait_until(lambda: "two.example" in zones(first), "what came while it was another")


def test_what_needs_a_restart_is_named_and_waits(tenured):
    server = tenured(config="threads: 1\n")
    for _ in range(2):
        answer = reload(server, "threads: 2\nudp-size: 1400\nlog: {level: debug}\n")
        assert answer.code == 0 and "a restart is needed for threads, udp-size" in answer.out, answer
    assert reload(server, "threads: 1\n").out == "changed: log.level\n"


@pytest.mark.parametrize("config, said", [
    ("lisen: x\nlog: {level: debug}\n", "unknown option \"lisen\"; did you mean \"listen\"?"),
    ("log: {level: loud}\n", "expected error, warning, info or debug, found \"loud\""),
    ("log: {level: debug}\nexport: {file: /no/such/folder/x}\n", "its folder is not there"),
    ("log: {level: debug}\nexport: {syslog: 'tls://localhost', ca: /no/such.pem}\n", "No such file"),
    ("log: {level: debug}\nexport: {syslog: 'tls://localhost', ca: /etc/hostname}\n", "export.ca, export.certificate, export.key: cannot read"),
    ("log: [\n", "tenured.yaml:"),
    ("checkpoint: {key: /no/such/key}\n", "checkpoint.key: '/no/such/key': No such file"),
    ("socket: /no/such/socket\n", "its folder is not there"),
    ("log: {level: debug}\nlistn: x\nudp-size: 7\n", "did you mean \"listen\"?; "),
])
def test_what_is_wrong_is_refused_as_a_whole(tenured, config, said):
    server = tenured(config="log: {level: info}\n")
    answer = reload(server, config)
    assert answer.code == 1 and "nothing was changed, the configuration is wrong: " in answer.err, answer
    assert said in answer.err, answer
    assert "error the configuration is wrong why=" in server.log()
    server.config.write_text("log: {level: info}\n")
    assert server.ctl_ok("reload") == "no setting was changed\n", "of the wrong one nothing was taken"


def test_the_answer_as_json_says_what_changed_and_what_waits(tenured):
    server = tenured(config="threads: 1\n")
    server.config.write_text("threads: 2\nlog: {level: debug}\nbackup-age: 9d\n")
    assert json.loads(server.ctl_ok("--json", "reload")) == {
        "changed_settings": ["log.level", "backup-age"], "restart_settings": ["threads"]}
    server.config.write_text("threads: many\nuser: nobody-of-that-name\n")
    answer = server.ctl("--json", "reload")
    assert answer.code == 1 and "threads: expected" in answer.err, answer
    assert answer.err.strip().endswith("; user: 'nobody-of-that-name': there is no such user"), answer
    faults = control(server, "reload")[1]["faults"]
    assert len(faults) == 2 and "threads: expected" in faults[0]
    assert faults[1] == "user: 'nobody-of-that-name': there is no such user"


def test_a_role_that_is_nobodys_is_in_the_answer(tenured):
    server = tenured(config="{}\n")
    server.ctl_ok("zone", "add", "corp.example")
    answer = reload(server, "roles: {read: [user nosuch], operate: [user 54321 of corp.exmaple]}\n")
    assert answer.code == 0 and answer.out == "changed: roles.read, roles.operate\n", answer
    assert "roles.read: 'user nosuch': the system does not know that name" in answer.err, answer
    assert ("roles.operate: 'user 54321 of corp.exmaple': no zone has that name: did you mean corp.example?"
            in answer.err), answer


def test_a_file_that_is_gone_is_refused_and_the_server_goes_on(tenured):
    server = tenured(config="{}\n")
    server.config.unlink()
    assert server.ctl("reload").code == 1
    assert server.ctl("status").code == 0
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "error the configuration is not read again by=SIGHUP" in server.log(), "a line")
    server.config.write_text("lisen: x\n")
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: r'unknown option \"lisen\"; did you mean' in server.log().rsplit("by=SIGHUP", 1)[1], "a line")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_a_role_is_given_and_taken(tenured):
    server = tenured(config="{}\n")
    server.folder.chmod(0o755)
    ids = pwd.getpwnam("nobody")
    user = 54321 if ids.pw_uid == 65534 else ids.pw_uid

    def status():
        return run("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", program("tenurectl"),
                   "--socket", server.socket, "zone", "list").code
    assert status() == 3
    assert reload(server, f"roles: {{read: [user {user}]}}\n").out == "changed: roles.read\n"
    wait_until(lambda: status() == 0, "the role")
    assert reload(server, "{}\n").code == 0
    wait_until(lambda: status() == 3, "no role")


def test_many_at_once_are_one_after_the_other(tenured, tmp_path):
    server = tenured(config=f"export: {{file: {tmp_path / 'x.json'}}}\n")
    import concurrent.futures
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda i: server.ctl(*(("reload",) if i % 2 else ("audit", "targets"))).code, range(40)))
    assert set(codes) == {0}
    server.ctl_ok("zone", "add", "last.example")
    wait_until(lambda: "last.example" in zones(tmp_path / "x.json"), "the event")
