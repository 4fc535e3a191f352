# SPDX-License-Identifier: BSD-2-Clause
"""Each command that the report of a migration names is one that tenurectl has."""
import re

from tenure import SOURCE, program, run

STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
COMMAND = re.compile(r"\btenurectl ([a-z-]+)(?: ([a-z-]+))?(?: ([a-z-]+))?")


def texts():
    """The strings of the sources, those that follow each other as the one that they are."""
    for path in sorted((SOURCE / "migrate").glob("*.c")):
        text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
        for run_of in re.findall(r'"(?:[^"\\\n]|\\.)*"(?:\s*"(?:[^"\\\n]|\\.)*")*', text):
            yield path.name, "".join(STRING.findall(run_of))


def test_each_command_is_there():
    said = run(program("tenurectl"), "help").out
    known = {line[:19].strip() for line in said.split("options:")[0].splitlines() if line.startswith("  ")}
    seen = 0
    for file, text in texts():
        for words in COMMAND.findall(text):
            seen += 1
            assert words[0] in known or " ".join(words[:2]) in known, (file, text)
            if words[:2] == ("zone", "policy"):
                assert words[2] in ("show", "set", "add", "edit", "check"), (file, text)
    assert seen > 15


def test_each_manual_that_is_named_has_what_is_said_of_it():
    """A page is there; a section is one of it."""
    for file, text in texts():
        for page, number, section in re.findall(r"\b(tenure[a-z-]*(?:\.yaml)?)\(([578])\)(?: says under ([A-Z ]+[A-Z]))?", text):
            manual = SOURCE / "doc" / f"{page}.{number}"
            assert manual.exists(), (file, text)
            assert not section or f".Sh {section}\n" in manual.read_text(), (file, text)
