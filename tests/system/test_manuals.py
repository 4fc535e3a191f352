# SPDX-License-Identifier: BSD-2-Clause
"""The man pages and --help say the same: each command, option, setting and exit code stands in both."""
import pathlib
import re

import pytest

from tenure import SOURCE, program, run

# Options of a command whose man page refers to another command's.
LIKE = {"zone add": ["zone import"], "zone check": ["zone import"], "audit export": ["audit"]}
# Each command takes these; the page describes them once, at its beginning.
GLOBAL = {"--socket", "--data", "--json", "--columns", "--wide", "--color", "--reason", "--help"}


def page(name):
    """The lines of a man page's source, each item head (.It, .It Xo ... .Xc) as one line."""
    text = (SOURCE / "doc" / name).read_text()
    return re.sub(r"^\.It Xo\n(.*?)^\.Xc\n", lambda m: ".It " + " ".join(
        line.lstrip(".") for line in m.group(1).splitlines()) + "\n", text,
        flags=re.MULTILINE | re.DOTALL)


def flags(text):
    """Options in a piece of mdoc: `Fl -name`, also `| -name` behind another, as `Fl -plan | -yes`."""
    found = set(re.findall(r"\bFl -([a-z0-9][a-z0-9-]*)", text))
    found |= set(re.findall(r"\bFl -[a-z-]+ \| -([a-z][a-z-]*)", text))
    return {f"--{name}" for name in found}


def commands_of(head):
    """The commands that an item's head names: `Cm key show Ar name , Cm key export Ar name`."""
    named = re.findall(r"\bCm ((?:[a-z][a-z0-9-]* ?)+)", head)
    return [words.strip() for words in named]


def described(known):
    """Each command of tenurectl(8): the heads that name it, and all that is said of it. Heads that
    follow each other share what is said."""
    found = {command: {"heads": "", "body": ""} for command in known}
    named, now, has_body = set(), [], True
    text = page("tenurectl.8").split("\n.Sh ZONES\n")[1].split("\n.Sh ENVIRONMENT\n")[0]
    for line in text.splitlines():
        theirs = []
        if line.startswith(".It "):
            theirs = [c for words in commands_of(line[4:]) if (c := longest(words, known))]
        if theirs:
            now = theirs if has_body else now + theirs
            named |= set(theirs)
        has_body = not theirs
        for command in [] if line.startswith(".Sh ") else theirs or now:
            found[command]["heads" if theirs else "body"] += line + "\n"
        now = [] if line.startswith(".Sh ") else now
    return found, named


def longest(words, known):
    """`scavenge approve clock` is `scavenge approve` with a word; None: it is no command."""
    words = words.split()
    for count in range(len(words), 0, -1):
        if " ".join(words[:count]) in known:
            return " ".join(words[:count])
    return None


def help_of(command):
    """Options and settings that the help of a command lists."""
    said = run(program("tenurectl"), "help", *command.split()).out
    sections = {part.split(":\n")[0]: part for part in said.split("\n\n") if ":\n" in part}
    options = re.findall(r"^  (--[a-z0-9-]+)", sections.get("options", ""), re.MULTILINE)
    settings = re.findall(r"^  ([a-z-]+)=", sections.get("settings", ""), re.MULTILINE)
    return set(options) - GLOBAL, settings


@pytest.fixture(scope="module")
def known():
    """All commands, as `help` lists them."""
    listed = run(program("tenurectl"), "help").out.split("commands:\n")[1].split("\n\noptions:")[0]
    return [re.split(r"\s{2,}", line.strip())[0] for line in listed.splitlines()]


def test_each_command_is_in_both(known):
    assert sorted(described(known)[1]) == sorted(known)


def test_each_option_is_in_both(known):
    said, _ = described(known)
    everything = set().union(daemons_options(), *(help_of(command)[0] for command in known))
    faults = []
    for command in set(known) - {"help", "version"}:
        options, _ = help_of(command)
        heads, body = said[command]["heads"], said[command]["body"]
        near = flags(heads + body)
        for other in LIKE.get(command, []):
            near |= flags(said[other]["heads"] + said[other]["body"])
        faults += [f"tenurectl(8), {command}: {o} is missing" for o in options - near]
        allowed = options | GLOBAL
        faults += [f"{command}: there is no {o}" for o in flags(heads) - allowed
                   if len(commands_of(heads)) == 1]
        faults += [f"{command}: no command has {o}" for o in flags(body) - everything - GLOBAL]
    assert not faults, "\n".join(faults)


def daemons_options():
    first = run(program("tenured"), "--help").out.split("\nOnly in the configuration file")[0]
    return re.findall(r"^  (--[a-z-]+)", first, re.MULTILINE)


def listed(text, after):
    """Names of the items of the first list behind a line, as `Cm a , b` is two."""
    items = text.split(after, 1)[1].split("\n.El\n")[0]
    return [name for head in re.findall(r"^\.It Cm (.*)$", items, re.MULTILINE)
            for name in head.split(" , ")]


def settings_of(tenured):
    """The settings of a new zone, as they are typed."""
    server = tenured()
    server.zone("corp.example")
    text = server.ctl_ok("zone", "show", "corp.example")
    return dict(line.split(None, 1) for line in text.split("\nzone ")[0].splitlines())


def test_each_setting_of_a_zone_is_in_all_three(tenured):
    theirs = list(settings_of(tenured))
    helped = help_of("zone set")[1]
    assert helped == theirs and help_of("zone add")[1] == theirs
    assert sorted(listed(page("tenurectl.8"), "\nThe settings are:\n")) == sorted(theirs)


def test_each_default_of_a_zone_is_the_one_that_the_page_says(tenured):
    is_now = settings_of(tenured)
    text = page("tenurectl.8").split("\nThe settings are:\n")[1].split("\n.El\n")[0]
    for item in text.split("\n.It Cm ")[1:]:
        head, body = item.split("\n", 1)
        for name in head.split(" , "):
            value = is_now[name].strip()
            assert re.search(rf"\b{re.escape(value)}(?!\w)", body), f"{name}: {value}"


@pytest.mark.parametrize("command, after", [
    ("scavenge set", "\nSettings of the whole server:\n"),
])
def test_each_setting_of_the_server_is_in_both(tenured, command, after):
    helped = help_of(command)[1]
    assert sorted(listed(page("tenurectl.8"), after)) == sorted(helped)
    said = tenured().ctl(*command.split(), "nonsense=1").err
    assert [name for name in helped if name not in said] == []


def test_the_settings_of_audit_and_group_are_in_both(known, tenured):
    said, _ = described(known)
    for command in ("audit set", "group set"):
        text = said[command]["heads"] + said[command]["body"]
        for name in help_of(command)[1]:
            assert re.search(rf"\bCm {name}\b", text), name
    refused = tenured().ctl("audit", "set", "nonsense=1").err
    assert all(name in refused for name in help_of("audit set")[1])


def test_the_exit_codes_are_in_the_page():
    text = page("tenurectl.8").split("\n.Sh EXIT STATUS\n")[1].split("\n.El\n")[0]
    codes = re.findall(r"CLIENT_[A-Z_]+ = (\d+)", (SOURCE / "ctl/client.h").read_text())
    assert re.findall(r"^\.It (\d+)$", text, re.MULTILINE) == codes


def test_each_option_and_setting_of_the_daemon_is_in_both():
    second = run(program("tenured"), "--help").out.split("\nOnly in the configuration file")[1]
    text = page("tenured.8").split("\n.Sh DESCRIPTION\n")[1].split("\n.Ss Starting\n")[0]
    items = re.findall(r"^\.It Fl Fl ([a-z-]+)", text, re.MULTILINE)
    assert sorted(f"--{name}" for name in items) == sorted(daemons_options())
    table = re.findall(r'^\t\{"([a-z0-9.-]+)", ', (SOURCE / "server/settings.c").read_text(),
                       re.MULTILINE)
    assert set(re.findall(r"^  ([a-z0-9.-]+): ", second, re.MULTILINE)) <= set(table)
    assert sorted(re.findall(r"^\.It Cm ([a-z0-9.-]+)", page("tenured.yaml.5"), re.MULTILINE)) \
        == sorted(table)


def test_each_default_of_the_configuration_is_the_one_that_the_page_says():
    second = run(program("tenured"), "--help").out.split("\nOnly in the configuration file")[1]
    items = {}
    for item in page("tenured.yaml.5").split("\n.It Cm ")[1:]:
        head, body = item.split("\n", 1)
        items[head.split()[0]] = body
    values = re.findall(r"^  ([a-z0-9.-]+): .*\(default: ([0-9]+[A-Za-z]*)\)$", second, re.MULTILINE)
    assert len(values) > 10
    assert [f"{n}: {v}" for n, v in values
            if not re.search(rf"Default: {v}\b", items[n])] == []


def test_each_example_of_help_is_a_command_with_its_options(known):
    for command in known:
        if command in ("help", "version"):
            continue
        said = run(program("tenurectl"), "help", *command.split()).out
        example = said.split("\nexample:\n  tenurectl ")[1].split("\n")[0]
        assert example.startswith(command), command
        options = help_of(command)[0] | GLOBAL
        assert set(re.findall(r"(?<= )--[a-z-]+", example)) <= options, example


def test_no_page_refers_to_what_is_not_in_the_tree():
    for path in sorted(pathlib.Path(SOURCE / "doc").glob("*.[58]")):
        for name, section in re.findall(r"^\.Xr ([a-z.-]+) (\d)", path.read_text(), re.MULTILINE):
            ours = SOURCE / "doc" / f"{name}.{section}"
            assert ours.exists() or not name.startswith("tenure"), f"{path.name}: {name}({section})"
