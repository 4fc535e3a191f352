# SPDX-License-Identifier: BSD-2-Clause
"""The shells complete what tenurectl says may follow."""
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

from tenure import program, run

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "contrib/completion"

BASH = r"""
source "$1/tenurectl.bash"
shift
line=$*
# As readline does it: a word ends at a blank, at = and at :.
mapfile -t COMP_WORDS < <(sed -e 's/[=:]/\n&\n/g' -e 's/ /\n/g' <<<"$line" | sed -e '/^$/d')
[[ $line != *' ' ]] || COMP_WORDS+=("")
COMP_LINE=$line COMP_POINT=${#line} COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
[[ ${COMP_WORDS[COMP_CWORD]} != [=:] ]] || { COMP_WORDS+=(""); ((++COMP_CWORD)); }
_tenurectl
printf '%s\n' "${COMPREPLY[@]}"
"""
# Prints what _describe and _files are given.
ZSH = r"""
folder=$1 typed=$2
_describe() { print -rl -- ${${(P)2}%%:*}; }
_files() { print -r -- "files $PREFIX"; }
compset() { [[ $PREFIX == *=* ]] && PREFIX=${PREFIX#*=}; }
words=(${(s: :)typed})
[[ $typed != *' ' ]] || words+=("")
CURRENT=$#words PREFIX=$words[-1]
source $folder/tenurectl.zsh
"""
FISH = r"""
source $argv[1]/tenurectl.fish
complete -C $argv[2]
"""


def complete(shell, line, **env):
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    if shell == "bash":
        words = ["bash", "-c", BASH, "bash", FOLDER, line]
    elif shell == "zsh":
        words = ["zsh", "-f", "-c", ZSH, "zsh", FOLDER, line]
    else:
        words = ["fish", "--no-config", "-c", FISH, FOLDER, line]
    path = f"{pathlib.Path(program('tenurectl')).parent}:{os.environ['PATH']}"
    with tempfile.TemporaryDirectory() as home:  # fish makes folders there
        answer = subprocess.run([str(w) for w in words], capture_output=True, text=True, timeout=30,
                                env={**os.environ, "PATH": path, "HOME": home, **env}, check=False)
    assert not answer.stderr, answer.stderr
    return sorted(line.split("\t")[0] for line in answer.stdout.splitlines() if line)


SHELLS = pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])


@SHELLS
def test_commands_options_and_settings_come_from_the_tables(shell):
    assert complete(shell, "tenurectl zone th") == ["thaw"]
    assert complete(shell, "tenurectl zone set corp.example prot") == ["protect-static="]
    assert complete(shell, "tenurectl zone check --fi") == ["--file"]
    assert complete(shell, "tenurectl --json au") == ["audit"]
    assert complete(shell, "tenurectl help scavenge un") == ["undo"]


@SHELLS
def test_a_settings_values_follow_its_sign(shell):
    values = complete(shell, "tenurectl zone set corp.example update=")
    # bash replaces what stands behind the sign alone.
    assert [value.split("=")[-1] for value in values] == ["none", "nonsecure", "report", "secure"]


@SHELLS
def test_zones_come_from_the_server(shell, tenured):
    server = tenured()
    server.zone("corp.example", "ns A 10.0.0.53")
    server.zone("lab.example", "ns A 10.0.0.53")
    env = {"TENURE_SOCKET": str(server.socket)}
    assert complete(shell, "tenurectl zone show ", **env) == ["corp.example", "lab.example"]
    assert complete(shell, "tenurectl record list lab", **env) == ["lab.example"]
    assert complete(shell, f"tenurectl --data {server.data} zone freeze c") == ["corp.example"]


def test_without_a_server_there_are_no_names_and_no_errors(tmp_path):
    answer = run(program("tenurectl"), "complete-words", "--data", tmp_path, "zone", "show", "")
    assert (answer.code, answer.out, answer.err) == (0, "", "")


def test_a_server_that_never_answers_is_waited_for_a_second(tmp_path):
    import socket
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(tmp_path / "control.sock"))
        mute.listen(1)
        answer = run(program("tenurectl"), "complete-words", "--data", tmp_path, "zone", "show", "")
    assert (answer.code, answer.out, answer.err) == (0, "", "")


@pytest.mark.parametrize("words, said", [
    (["backup", ""], [":files"]), (["check", "--data", ""], [":folders"]),
    (["zone", "import", "corp.example", ""], [":files"]),
    (["zone", "import", "corp.example", "file", ""], []), (["no-such-noun", ""], []), ([""] * 40, None),
    (["zone", "set", "x", "update=none", "upd"], []), (["zone policy", "\xff="], []), ([], []),
    (["zone", "list", "--columns", "zone,seri"], ["zone,serial\t"]),
    (["zone", "list", "--columns=zone,up"], ["--columns=zone,update\t"]),
    (["zone", "list", "--columns", "serial,policy,seri"], []), (["stop", "--columns", ""], []),
    (["zone", "list", "--color", "a"], ["auto\t", "always\t"]),
    (["group", "set", "g", "acting=of"], ["acting=off\t"]), (["zone", "policy", "ed"], ["edit\t"]),
])
def test_words_of_every_kind(words, said):
    answer = run(program("tenurectl"), "complete-words", *words)
    assert answer.code == 0 and not answer.err
    assert said is None or answer.out.splitlines() == said


def test_each_command_of_the_help_can_be_completed():
    listed = run(program("tenurectl"), "help").out.split("options:")[0].splitlines()
    names = [line[2:20].strip() for line in listed if line.startswith("  ")]
    assert len(names) > 60
    for name in names:
        words = name.split()
        offered = run(program("tenurectl"), "complete-words", *words).out.splitlines()
        assert words[-1] in [line.split("\t")[0] for line in offered], name
