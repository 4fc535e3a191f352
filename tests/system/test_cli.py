# SPDX-License-Identifier: BSD-2-Clause
"""tenurectl by itself: help, typing errors, exit codes."""
import os
import re

import pytest

from tenure import program, run


def ctl(*words, **env):
    return run(program("tenurectl"), *words, env={**os.environ, **env})


def verbs():
    """All commands, as `help` lists them."""
    listed = ctl("help").out.split("commands:\n")[1].split("\noptions:")[0]
    return [re.split(r"\s{2,}", line.strip())[0] for line in listed.strip().splitlines()]


def test_help_knows_what_the_work_asks_for():
    wanted = {f"zone {v}" for v in "add del list show set import export check".split()}
    wanted |= {f"record {v}" for v in "list add del".split()}
    wanted |= {f"key {v}" for v in "generate import show export list del".split()}
    wanted |= {f"scavenge {v}" for v in "run status plan set".split()}
    wanted |= {"audit", "owner show", "stats", "status", "stop", "clock set", "clock forward",
               "help", "version"}
    assert wanted <= set(verbs())


def test_each_verb_has_help_with_its_options_and_an_example():
    for verb in verbs():
        if verb in ("help", "version"):
            continue
        by_option, by_verb = ctl(*verb.split(), "--help"), ctl("help", *verb.split())
        assert by_option.code == 0 and by_option.out == by_verb.out, verb
        assert f"usage: tenurectl {verb} " in by_option.out
        assert f"example:\n  tenurectl {verb}" in by_option.out
        assert "--json" in by_option.out
        assert not by_option.err


def test_each_verb_refuses_an_option_that_it_does_not_have():
    for verb in verbs():
        if verb not in ("help", "version"):
            answer = ctl(*verb.split(), "--jsno")
            code = 3 if verb == "health" else 2  # as monitoring plugins have it
            assert answer.code == code and "did you mean '--json'?" in answer.err, verb


@pytest.mark.parametrize("words, said", [
    (["zone", "lizt"], "did you mean 'zone list'?"),
    (["zoen", "list"], "did you mean 'zone list'?"),
    (["zoen"], "did you mean 'zone'?"),
    (["reocrd", "add", "x"], "did you mean 'record add'?"),
    (["statsu"], "did you mean"),
    (["zone", "frobnicate"], "unknown command 'zone frobnicate'"),
    (["hlep"], "did you mean 'help'?"),
    (["zone", "add", "x", "--flie", "y"], "did you mean '--file'?"),
    (["--sokcet", "x", "status"], "did you mean '--socket'?"),
    (["zone", "del"], "too few words"),
    (["zone", "list", "x"], "too many words"),
    (["version", "x"], "unknown command 'version x'"),
    (["zone"], "usage: tenurectl zone"),
    ([], "usage: tenurectl"),
    (["--socket", "a", "--data", "b", "status"], "exclude"),
    (["status", "--socket"], "needs a value"),
    (["status", "--json", "--json"], "twice"),
    (["status", "--json=1"], "takes no value"),
])
def test_what_is_mistyped_is_not_done(words, said):
    answer = ctl(*words)
    assert answer.code == 2 and said in answer.err and not answer.out, answer


def test_help_and_version_are_well():
    for words in (["help"], ["--help"], ["help", "zone"], ["zone", "--help"]):
        answer = ctl(*words)
        assert answer.code == 0 and "zone add" in answer.out and not answer.err, words
    for word in ("help", "version"):
        assert ctl("help", word).out == ctl("help").out
    assert "\n  audit verify " in ctl("help", "audit").out
    assert "\n  max-share=PERCENT|none " in ctl("help", "zone", "set").out
    assert ctl("help", "zoen").code == 2
    assert ctl("version").out == ctl("--version").out != ""


def test_no_server_is_an_exit_code_of_its_own(tmp_path):
    answer = ctl("--data", tmp_path, "status")
    assert answer.code == 5 and str(tmp_path) in answer.err and not answer.out
    assert ctl("status", TENURE_SOCKET=str(tmp_path / "x")).code == 5
    assert ctl("--socket", "/" + "x" * 200, "status").code == 5


def test_the_environment_names_the_socket(tenured):
    server = tenured()
    assert ctl("status", TENURE_SOCKET=str(server.socket)).code == 0
    assert ctl("--data", server.data, "status", TENURE_SOCKET="/nowhere").code == 0


def test_options_may_stand_anywhere(tenured):
    server = tenured()
    for words in (["--data", server.data, "--json", "status"],
                  ["status", "--json", "--data", server.data],
                  ["status", f"--data={server.data}", "--json"]):
        assert ctl(*words).rows()[0]["version"]


def test_words_that_are_not_text_are_refused(tenured):
    server = tenured()
    answer = server.ctl("zone", "show", b"\xff.example".decode("utf-8", "surrogateescape"))
    assert answer.code == 2 and "UTF-8" in answer.err


def test_status_and_stats_say_how_it_is(tenured):
    server = tenured()
    server.zone("corp.example", "ns A 10.0.0.53")
    server.query("ns.corp.example", "A")
    status = server.rows("status")[0]
    assert status["zones"] == 1 and status["pid"] == server.process.pid
    assert status["listen"] == [f"127.0.0.1@{server.port}"]
    stats = {row["name"]: row["value"] for row in server.rows("stats")}
    assert stats["udp-queries"] >= 1 and stats["writer-commits"] >= 1


def test_the_clock_moves_only_where_it_was_set(tenured):
    server = tenured()
    for words in (["set", "2026-01-05"], ["forward", "7d"]):
        answer = server.ctl("clock", *words)
        assert answer.code == 3 and "--clock" in answer.err
    moved = tenured(clock="2026-01-05T09:00:00Z")
    moved.ctl_ok("clock", "forward", "90m")
    assert moved.rows("status")[0]["time"] == "2026-01-05T10:30:00Z"
    moved.ctl_ok("clock", "set", "2026-02-01T00:00:00Z")
    assert moved.rows("status")[0]["time"] == "2026-02-01T00:00:00Z"
    assert moved.ctl("clock", "forward", "later").code == 2


def test_stop_stops(tenured):
    server = tenured()
    server.was_told = True
    server.ctl_ok("stop")
    assert server.process.wait(20) == 0
    assert not server.socket.exists()
    assert server.ctl("status").code == 5
