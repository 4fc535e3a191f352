# SPDX-License-Identifier: BSD-2-Clause
"""JSON is a contract: what each command gives is what doc/schema says, no more and no less."""
import json
import os
import re
import subprocess

import dns.name
import dns.rdata
import pytest

from contract import TYPED, Forms, word_of
from json_lab import Lab, ZONE, control
from tenure import SOURCE, program, run

# Commands that give no JSON, with the reason.
WITHOUT = {
    "help": "it is for people",
    "complete-words": "it is for shells",
    "zone edit": "an editor is for people; `zone import` takes a file",
    "record edit": "an editor is for people; `record set` takes records",
    "zone policy edit": "an editor is for people; `zone policy set` takes a file",
    "demo": "it becomes a server of its own",
    "migrate": "it writes files, a table of findings among them",
}
# Names that are of two types, with the reason.
TWO_TYPES = {
    "old": "the record before (an object), a setting (as zone show has it), a field of a row (a text)",
    "new": "the same after",
    "names": "how many; of events which, as schema 1 of them had it",
    "acting": "a setting of groups; of events the group, as schema 1 had it",
    "rows": "how many; of events which",
    "before": "what is changed by `apply`: a text, an RRset, or whether a group acts",
    "after": "the same after; of a key or a zone that is made an object",
    "add": "of `apply` who and which rules come; in the summary how many",
    "change": "what becomes of a record; in the summary of `apply` how many",
    "guarded": "the option that `apply` needs; in its summary how many",
    "data": "the data of a record; of an RRset in a plan of `apply` that of each",
    "log": "which log; of `apply` its last entry",
    "schema": "the version of events; of `apply` the form of its rows",
}
# What is described and cannot be given here, with what gives it.
NOT_HERE = {
    ("audit-verify", "result", "bad_log"): "a log of refusals that was written anew",
    ("apply", "seed", "text"): "of a seed that is not taken (test_apply.py)",
    ("common", "warning", "mark"): "tenurectl makes file and line of it; records of the socket are packed",
    ("zone-add", "result", "mark"): "the same",
    ("zone-check", "result", "mark"): "the same",
    ("zone-import", "result", "mark"): "the same",
    ("common", "state_row", "stated"): "of a store of 0.1.0 (test_upgrade.py)",
    ("common", "entry", "person"): "somebody who logged in, and sudo (test_roles.py)",
    ("common", "entry", "node"): "a cluster",
    **{("common", "progress", member): "longer work than there is here (test_progress.py)"
       for member in ("done", "of", "noun")},
    ("common", "entry", "rows_cut"): "rows of more than 100 KiB (test_audit_rows.py)",
}
# Texts that may look like a number or a word of settings, since others say what is in them.
FREE = {"data", "text", "note", "old_note", "comment", "update", "reason", "user", "value", "type",
        "secret", "mac_hex", "name", "zone", "file", "before", "after", "typed"}


def commands_of_help():
    text = run(program("tenurectl"), "help").out
    lines = text.split("commands:\n")[1].split("\n\n")[0].splitlines()
    commands = {line[2:21].strip() for line in lines} - {"zone policy"}
    roles = (SOURCE / "base/role.c").read_text()
    commands |= set(re.findall(r'^\t\{"([a-z -]+)",', roles, re.MULTILINE))
    return commands | {"zone policy edit", "complete-words"}


@pytest.fixture(scope="module")
def forms():
    return Forms()


def test_each_command_has_a_form_or_a_reason(forms):
    commands = commands_of_help()
    assert len(commands) > 80, "the table is not read as it is written"
    named = {word_of(command) for command in commands - set(WITHOUT)}
    assert named == forms.commands(), "a command without a form, or a form without a command"


def test_each_member_is_described_and_of_one_type_in_all_commands(forms):
    types, faults = {}, []
    for document, name, member, form in forms.members():
        place = f"{document}.json, {name}.{member}"
        if not form.get("description"):
            faults.append(f"{place}: no description")
        if member.endswith("_at") and not forms.is_time(form):
            faults.append(f"{place}: it is no time")
        if not re.fullmatch(r"[a-z0-9_]+", member):
            faults.append(f"{place}: words have _ between them")
        types.setdefault(member, {}).setdefault(frozenset(forms.types_of(document, form)),
                                                []).append(place)
    for member, of in types.items():
        if len(of) > 1 and member not in TWO_TYPES:
            faults.append(f"{member} has several types: {of}")
    faults += [f"{member} has one type" for member in TWO_TYPES if len(types[member]) == 1]
    assert not faults, "\n".join(faults)


def texts_of(given, member=None):
    if isinstance(given, dict):
        for name, value in given.items():
            yield from texts_of(value, name)
    elif isinstance(given, list):
        for value in given:
            yield from texts_of(value, member)
    elif isinstance(given, str):
        yield member, given


def free_of(given):
    """Without rows of state, whose fields are as they are typed."""
    return {name: value for name, value in given.items() if name not in ("rows", "old", "new")}


def test_what_commands_give_is_what_is_described_and_all_of_it(tenured, made, tmp_path,
                                                               monkeypatch, forms):
    lab = Lab(tenured, made, tmp_path, monkeypatch)
    lab.commands = commands_of_help()
    lab.live()
    faults = []
    for output in lab.seen:
        way = "line" if output.way == "cli" else "row"
        try:
            for row in output.rows:
                forms.check(output.command, way, row)
            if output.result is not None:
                assert output.result["protocol"] == 1, output
                forms.check(output.command, "result", output.result)
        except AssertionError as fault:
            faults.append(str(fault))
        for row in output.rows + [output.result or {}]:
            faults += [f"{output.command}: {member} is the text {text!r}"
                       for member, text in texts_of(free_of(row))
                       if TYPED.match(text) and member not in FREE]
    given = {output.command for output in lab.seen}
    faults += [f"{name}: no command of it was given" for name in forms.commands()
               if name not in {word_of(command) for command in given}]
    for document, name, member, _ in forms.members():
        place = (document, name, member)
        if place not in forms.met and place not in NOT_HERE:
            faults.append(f"{document}.json, {name}.{member}: never given")
    faults += [f"{place}: given here" for place, why in NOT_HERE.items()
               if place in forms.met and "longer work" not in why]
    assert not faults, f"{len(faults)} faults:\n" + "\n".join(sorted(set(faults)))


def raw(server, *words):
    """What tenurectl --json prints, as bytes; words may be bytes."""
    done = subprocess.run([program("tenurectl"), "--socket", str(server.socket), "--json", *words],
                          capture_output=True, timeout=20, check=False)
    return done.returncode, done.stdout


def test_names_keys_and_data_of_any_bytes_are_utf_8(tenured, forms):
    server = tenured()
    server.zone(ZONE, "ns A 10.0.0.53", update="nonsecure", max_names="none")
    key = server.key("odd\\255\\000key.example")
    apex = dns.name.from_text(ZONE)
    labels = sorted({bytes([byte]).lower() for byte in range(256)})
    for number, label in enumerate(labels):
        name = dns.name.Name([b"x" + label + b"y"]) + apex
        update = server.update(ZONE, key if number % 2 else None)
        text = '"' + "".join(f"\\{byte:03}" for byte in (label[0], number % 256, 34, 92)) + '"'
        update.add(name, 60, "TXT", text)
        assert server.ask(update).rcode() == 0, label
    server.ctl_ok("record", "note", ZONE, "x\\255y", 'K\u00fcche "\\ \U0001f5a8')
    for words in (["record", "list", ZONE], ["audit"], ["owner", "list", "key:odd\\255\\000key.example"],
                  ["key", "list"], ["record", "notes"], ["stats", "--all"], ["digest", "--lines"],
                  ["history", f"x\\255y.{ZONE}"], ["why", "--seq", str(server.last_change() - 1)]):
        code, out = raw(server, *words)
        assert code == 0 and out.isascii(), words
        rows = [json.loads(line) for line in out.splitlines()]
        assert rows, words
        for row in rows:
            forms.check(" ".join(word for word in words[:2] if word.isalpha() or word == "list")
                        if words[0] in ("record", "owner", "key") else words[0], "line", row)
    rows, _ = control(server, "record list", {"zone": ZONE})
    names = {dns.name.from_text(row["name"] + ".").labels[0] for row in rows if row["type"] == "TXT"}
    assert names == {b"x" + label + b"y" for label in labels}, "each is read back as what it was"
    data = {dns.rdata.from_text("IN", "TXT", row["data"]).strings[0][:1]
            for row in rows if row["type"] == "TXT"}
    assert data == set(labels)


def test_paths_of_any_bytes_are_utf_8(tenured, tmp_path, forms):
    server = tenured()
    server.zone(ZONE, "ns A 10.0.0.53")
    folder = os.fsencode(tmp_path)
    zone, backup, data = folder + b"/z\xff.zone", folder + b"/b\xfe.backup", folder + b"/d\xfd"
    with open(zone, "wb") as file:
        file.write(b"@ 60 IN SOA a b 1 2 3 4 5\n@ 60 IN NS a\na 60 IN A 10.0.0.1\nb\\032c 60 IN A 10.0.0.1\n")
    code, out = raw(server, "zone", "check", "--file", zone, "--origin", ZONE)
    rows = [json.loads(line) for line in out.splitlines()]
    assert code == 0 and out.isascii() and rows[0]["file"].endswith("/z\\255.zone"), rows
    code, out = raw(server, "backup", backup)
    row = json.loads(out)
    assert code == 0 and row["file"].endswith("/b\\254.backup"), row
    assert server.rows("status")[0]["backup_file"].endswith("/b\\254.backup")
    done = subprocess.run([program("tenurectl"), "restore", backup, "--data", data, "--json"],
                          capture_output=True, timeout=20, check=False)
    row = json.loads(done.stdout)
    assert done.returncode == 0 and row["data"].endswith("/d\\253"), done
    forms.check("restore", "line", row)


# --- tenure-control(7)

# tenured carries them out without a server, or tenurectl alone, by other commands.
OFFLINE = {"check", "restore", "version", "key-export", "kea-diff"}

CONTROL = (SOURCE / "doc/tenure-control.7").read_text()
KINDS = {"s": "text", "b": "boolean", "i": "number", "o": "object", "a": "array"}


def arguments_of_sources():
    """What the tables in admin/ say that each command takes."""
    found = {}
    shared = {}
    for path in (SOURCE / "admin").glob("*.h"):
        for name, value in re.findall(r'#define (COMMAND_[A-Z_]+)((?:\s*\\\n|\s*"[^"]*")+)',
                                      path.read_text()):
            shared[name] = " ".join(re.findall(r'"[^"]*"', value))
    for path in sorted((SOURCE / "admin").glob("*.c")):
        text = re.sub(r"\bCOMMAND_[A-Z_]+\b", lambda word: shared.get(word[0], word[0]),
                      path.read_text())
        rows = re.finditer(r'^\t\{"([a-z -]+)",\s+\w+,\s*((?:"[^"]*"\s*)+)\},', text, re.MULTILINE)
        for row in rows:
            words = "".join(re.findall(r'"([^"]*)"', row[2])).split()
            pairs = (word.partition("=")[::2] for word in words)
            found[row[1]] = [f"{name}: {KINDS[kind[0]]}{kind[1:]}" for name, kind in pairs]
    return found


def test_the_page_has_the_arguments_of_each_command():
    text = CONTROL.split("\n.Sh COMMANDS\n")[1].split("\n.Sh ")[0]
    page = {}
    for item in text.split("\n.It Li ")[1:]:
        words, body = item.split("\n", 1)
        page[words] = re.findall(r"^\.Ar (\S+) Ns \\&(: )(\S+)", body, re.MULTILINE)
    ours = arguments_of_sources()
    assert {word_of(words) for words in ours} >= Forms().commands() - OFFLINE, \
        "the tables are not read as they are written"
    assert {words: ["".join(parts) for parts in list_] for words, list_ in page.items()} == ours


def example(number):
    text = CONTROL.split("\n.Sh EXAMPLES\n")[1]
    return text.split(".Bd -literal -offset indent\n")[number].split("\n.Ed")[0].replace("\\e", "\\")


def test_the_examples_of_the_page_work(tenured):
    server = tenured()
    server.zone(ZONE, "ns A 10.0.0.53", aging="on")
    place = "/run/tenure/control.sock"
    assert place in example(1) and place in example(2)
    done = run("sh", "-c", example(1).replace(place, str(server.socket)))
    assert done.code == 0 and f'"zone":"{ZONE}"' in done.out and '"ok":true' in done.out, done
    done = run("python3", "-c", example(2).replace(place, str(server.socket)))
    assert done.code == 0 and done.out == f"{ZONE} 2 True\n", done
    wrong = example(2).replace(place, str(server.socket)).replace('"zone list")', '"zone lisst")')
    assert "did you mean 'zone list'?" in run("python3", "-c", wrong).err


def test_words_of_a_list_are_those_of_the_sources(forms):
    def listed(path, pattern, start=""):
        text = (SOURCE / path).read_text()
        return set(re.findall(pattern, text[text.index(start):].split("\n\n")[0] if start else text))

    def of(document, name, member):
        form = forms.documents[document]["$defs"][name]["properties"][member]
        return set(form.get("items", form)["examples"])

    states = listed("journal/run.h", r'X\([A-Z_]+, "([a-z-]+)"\)', "#define RUN_STATES")
    holds = listed("scavenger/plan.c", r'\[PLAN_[A-Z_]+\] = \{"([a-z-]+)"') - {"none"}
    kinds = listed("journal/entry.h", r'X\([A-Z_]+, "([a-z-]+)"\)', "#define ENTRY_KINDS")
    assert of("scavenge-history", "row", "state") == of("scavenge-status", "row", "last_state") == states
    assert of("scavenge-status", "row", "holds") == of("scavenge-plan", "row", "holds") == holds
    assert of("common", "entry", "kind") == kinds
