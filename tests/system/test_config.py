# SPDX-License-Identifier: BSD-2-Clause
"""The command line and the configuration file, as an operator meets them."""
import re

import pytest

from tenure import SOURCE, program, run


def tenured(*words):
    return run(program("tenured"), *words)


@pytest.fixture
def checked(tmp_path):
    """Writes a file and checks it."""
    def check(text, *words):
        path = tmp_path / "t.yaml"
        path.write_text(text)
        answer = tenured("--check-config", "--config", path, *words)
        return answer.code, answer.out, answer.err.replace(str(path), "t.yaml")
    return check


def test_a_right_file_is_called_right(checked):
    code, out, err = checked("data: /srv/tenure\nlisten:\n  - 192.0.2.1\n  - ::1@5353\n")
    assert (code, out, err) == (0, "the configuration is right\n", "")


def test_several_mistakes_are_told_in_one_run(checked):
    code, out, err = checked("lisen: 127.0.0.1\nthreads: many\ntcp:\n  connections: 0\n")
    assert code == 2 and out == ""
    assert err == ('t.yaml:1:1: unknown option "lisen"; did you mean "listen"?\n'
                   't.yaml:2:10: threads: expected a number from 0 to 256, found "many"\n'
                   't.yaml:4:16: tcp.connections: expected a number from 1 to 1000000, '
                   'found "0"\n')


def test_checking_starts_nothing(checked, tmp_path):
    code, _, _ = checked(f"data: {tmp_path}/data\n")
    assert code == 0 and not (tmp_path / "data").exists()


def test_a_file_that_is_not_there():
    answer = tenured("--config", "/nonexistent/t.yaml")
    assert answer.code == 2
    assert answer.err == "/nonexistent/t.yaml: cannot be read: No such file or directory\n"


@pytest.mark.parametrize("words,error", [
    (["--lisen", "x"], "unknown option --lisen; did you mean --listen?"),
    (["--listen", "here"], '--listen: expected ADDRESS or ADDRESS@PORT (not an IP address), '
                           'found "here"'),
    (["--data"], "--data: its value is missing"),
    (["start"], 'unexpected word "start"'),
])
def test_mistakes_of_the_command_line(words, error):
    answer = tenured(*words)
    assert (answer.code, answer.err) == (2, f"tenured: {error}\n")


def test_the_command_line_stands_above_the_file(made):
    server = made(config="listen: 192.0.2.1\ndata: /nonexistent/data\n")
    server.start()
    assert f"listening address=127.0.0.1@{server.port}" in server.log()
    assert "192.0.2.1" not in server.log()


def test_version_and_help():
    assert re.fullmatch(r"tenured \d+\.\d+\.\d+\n", tenured("--version").out)
    answer = tenured("--help")
    assert answer.code == 0 and answer.out.startswith("usage: tenured ")


def options_of_help():
    return re.findall(r"^  --([a-z0-9-]+)", tenured("--help").out, re.M)


def settings_of_help():
    in_file = tenured("--help").out.split("Only in the configuration file")[1]
    return re.findall(r"^  ([a-z0-9.-]+):", in_file, re.M)


def test_the_manual_knows_every_option_and_no_other():
    page = (SOURCE / "doc" / "tenured.8").read_text()
    assert sorted(re.findall(r"^\.It Fl Fl ([a-z0-9-]+)", page, re.M)) == sorted(options_of_help())


def test_the_manual_knows_every_setting_and_no_other():
    page = (SOURCE / "doc" / "tenured.yaml.5").read_text()
    words = set(re.findall(r"^\.It Cm ([a-z0-9.-]+)", page, re.M))
    shared = {"data", "listen", "socket", "user", "group", "threads", "log.target", "log.level",
              "gss.keytab"}
    assert words == shared | set(settings_of_help())


def test_the_example_is_right(tmp_path):
    text = (SOURCE / "contrib" / "tenured.yaml").read_text()
    path = tmp_path / "tenured.yaml"
    # The package's group is not on this machine.
    path.write_text(re.sub(r"^group: tenure$", "group: root", text, flags=re.M))
    answer = tenured("--check-config", "--config", path)
    assert (answer.code, answer.err) == (0, "")
