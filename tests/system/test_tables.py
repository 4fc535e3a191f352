# SPDX-License-Identifier: BSD-2-Clause
"""Each table of tenurectl on a terminal of 80 columns and of 200, with long and odd data: no line is
wider, and nothing that a table holds is missing without a word."""
import re

import pytest

from table_lab import HOST, LONG, ZONE, Terminal, columns_of, fill, terminal, width
from tenure import SOURCE, program, run, wait_until

# Each command that gives a table, with words that make it give each of its tables. A command whose
# help lists columns and that is not here fails the first test. What changes something stands in
# CHANGES, and is done once, in this order, on one terminal.
TABLES = {
    "zone add": [[f"{'b' * 40}.{ZONE}", "--plan"]],
    "zone check": [[ZONE]],
    "zone windows": [[ZONE]],
    "zone rewindow": [[ZONE, "--plan"]],
    "zone list": [[]],
    "zone set": [[ZONE, "refresh=5m", "max-count=3", "--plan"],
                 ["open.example", "update=secure", "--plan"],
                 ["report.example", "update=secure", "--plan", "--clients"]],
    "zone restore": [["gone.example", "--plan"]],
    "zone copy": [[ZONE, "copied.example", "--plan"]],
    "zone rename": [[ZONE, "copied.example", "--plan"]],
    "record list": [[ZONE], [ZONE, "--notes"]],
    "record show": [[f"{LONG}.{ZONE}"], [f"pc2.{ZONE}"]],
    "record del": [[ZONE, LONG, "--plan"]],
    "record pin": [[ZONE, LONG, "--plan"]],
    "record unpin": [[ZONE, "pinned", "--plan"]],
    "record release": [[ZONE, LONG, "--plan"]],
    "record set": [[ZONE, LONG, "A", "10.0.0.1", "10.255.255.255", "--plan"]],
    "record adopt": [[ZONE, "--owner", "key:kea1", "--plan"]],
    "record set-class": [[ZONE, LONG, "ANY", "static", "--plan"]],
    "record touch": [[ZONE, LONG, "--plan"]],
    "record restore": [[f"www.{ZONE}", "--plan"]],
    "record notes": [[]],
    "history": [[f"{LONG}.{ZONE}"], [f"pc2.{ZONE}"]],
    "audit": [[], ["--denied"]],
    "audit events": [[]],
    "audit revert": [["SEQ", "--plan"]],
    "audit targets": [[]],
    "bin list": [[]],
    "group list": [[]],
    "group show": [["@dhcp"]],
    "group create": [["@new", "--acting", "key:kea1", "--plan"]],
    "group add": [["@dhcp", "key:kea3", "--plan"]],
    "group remove": [["@dhcp", "key:kea1", "--plan", "--yes"]],
    "group set": [["@dhcp", "acting=off", "--plan"]],
    "group del": [["@dhcp", "--plan"]],
    "key list": [[]],
    "notify status": [[]],
    "owner show": [[f"{LONG}.{ZONE}"]],
    "owner list": [[HOST], ["--contested"]],
    "owner transfer": [["--from", HOST, "--to", "key:kea1", "--plan"]],
    "owner release": [[f"{LONG}.{ZONE}", "--plan"]],
    "scavenge plan": [[ZONE], [], ["open.example", "--enable"], ["--by-owner"], ["--contested"]],
    "scavenge run": [[ZONE, "--plan"]],
    "scavenge status": [[]],
    "scavenge history": [[]],
    "stats": [[], ["--all"]],
}
CHANGES = {
    "scavenge run": [[ZONE]],
    "scavenge approve": [["RUN", "--yes"]],
    "scavenge undo": [["RUN", "--plan"]],
}
# Two tables; one that goes on; those that need another server, a file or an editor: tests of their own.
OTHERS = {"audit show", "trace", "kea diff", "shadow show", "zone import", "zone edit", "record edit", "zone diff", "zone commit"}
# Of these nothing but a sentence is left to be shown in this server.
WITHOUT_ROWS = {"group create", "group add", "group del"}
# What differs from one moment to the next.
MOVES = {"stats": {"VALUE"}, "audit targets": {"TAKEN", "SIGNED", "UNSIGNED", "BEHIND", "BEHIND FOR"},
         "notify status": {"STATE", "ANSWERED AT", "BEHIND FOR", "FAILURES", "PROBLEMS"}}
NUMBERS = {"SEQ", "RUN"}  # columns that may stand first, to the right


def test_what_is_known_of_members_is_of_members_that_tables_have():
    sources = "".join(path.read_text() for path in (SOURCE / "ctl").glob("*.c"))
    members = set(re.findall(r'\{"(\w+)",\s*"[^"]+",\s*TABLE_\w+\}', sources))
    known = (SOURCE / "ctl/table_paint.c").read_text()
    first_out = known.split("table_first_out[] = {")[1].split("NULL")[0]
    assert members > set(re.findall(r'"(\w+)"', first_out))
    assert members > set(re.findall(r'\{"(\w+)", "[\w-]+", PAINT_', known))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    from tenure import Tenured
    servers = []

    def make(*options, **settings):
        servers.append(Tenured(*options, **settings).start())
        return servers[-1]

    yield fill(make, tmp_path_factory.mktemp("tables"))
    for one in servers:
        one.close()


def run_of(server, state):
    return next((row["run"] for row in server.rows("scavenge", "history")
                 if row["state"] == state and (row["removed"] or state == "held")), None)


def words_of(server, command, words):
    known = {"FOLDER": server.folder}
    if "SEQ" in words:
        known["SEQ"] = server.rows("audit", "--event", "record-delete")[-1]["seq"]
    if "RUN" in words:
        state = "held" if command == "scavenge approve" else "done"
        # The test of the command that makes one may have its turn in another process.
        known["RUN"] = run_of(server, state) or \
            (server.ctl_ok("scavenge", "run", ZONE) and run_of(server, state))
        assert known["RUN"], server.rows("scavenge", "history")
    text = "\0".join(words)
    for name, value in known.items():
        text = text.replace(name, str(value))
    return command.split() + [word for word in text.split("\0") if word]


def offered(command):
    """The columns that the help of a command lists."""
    shown = run(program("tenurectl"), *command.split(), "--help").out
    found = re.search(r"\ncolumns:\n(.*?)\n\n", shown, re.S)
    return found.group(1).split() if found else []


def commands():
    listed = run(program("tenurectl"), "help").out.split("commands:\n")[1].split("\noptions:")[0]
    return [re.split(r"\s{2,}", line.strip())[0] for line in listed.strip().splitlines()]


def test_each_command_that_gives_a_table_is_tried_here():
    giving = {command for command in commands() if offered(command)}
    assert giving == set(TABLES) | set(CHANGES) | OTHERS


def cells(server, words, rows):
    """What each column holds, without a terminal: {title: cells}; of the tables of the command all
    that have rows. Behind so many rows are sentences."""
    table = {}
    for word in offered(" ".join(words[:2])) or offered(words[0]):
        answer = server.ctl(*words, "--columns", word)
        lines = answer.out.splitlines()
        title = re.sub(r" \(UTC\)$", "", lines[0].strip()) if lines else ""
        if answer.code == 2:
            assert f"'{word}' is not one of " in answer.err, answer
        elif title.lower().replace(" ", "-") == word:
            table[title] = [line.strip() for line in lines[1:1 + rows]]
    head = re.sub(r" \(UTC\)", "", server.ctl(*words).out.split("\n")[0])
    titles = re.split(r"\s\s+", head.strip())
    return {title: table[title] for title in titles if title in table}


def split(lines):
    """Columns of a table, by the blanks between them: [[slice of each line]]."""
    lines = [columns_of(line) for line in lines]
    most = max(map(len, lines))
    used = [any(line[i:i + 1].strip() for line in lines) for i in range(most)] + [False, False]
    starts = [i for i in range(most) if used[i] and not any(used[max(i - 2, 0):i])]
    return [[line[start:end] for line in lines]
            for start, end in zip(starts, starts[1:] + [most])]


def squeezed(text):
    return re.sub(r"\s", "", text)


def check_table(shown, table, columns, moves):
    """The text on a terminal holds all of `table`, or says what not."""
    note = re.search(r"^\((no room for|what is long).*\)$", shown, re.S | re.M)
    said = " ".join(note.group(0).split()) if note else ""
    missing = re.search(r"no room for ([^:;]*)", said)
    missing = missing.group(1).split(", ") if missing else []
    body = (shown[:note.start()] if note else shown).splitlines()
    assert max(map(width, body)) <= columns, "\n".join(body)
    titles = [title for title in table if title not in missing]
    assert set(missing) <= set(table), said
    parts = split(body)
    assert len(parts) == len(titles), (titles, "\n".join(body))
    first, rows = parts[0], []
    for at, line in enumerate(first):
        is_new = line.strip() and (not line.startswith(" ") or titles[0] in NUMBERS)
        if at == 0 or (is_new and not rows) or (is_new and at > 0):
            rows.append([])
        rows[-1].append(at)
    got = {}
    for title, part in zip(titles, parts):
        whole = [squeezed("".join(part[at] for at in row)) for row in rows]
        assert whole[0] in (squeezed(title), squeezed(title) + "(UTC)"), (title, whole[0])
        got[title] = whole[1:]
    for title in titles:
        wanted = [squeezed(columns_of(cell)) for cell in table[title]]
        assert len(got[title]) == len(wanted), (title, "\n".join(body))
        for is_, should in [] if title in moves else zip(got[title], wanted):
            if "…" in is_ and "…" not in should:
                assert "what is long is cut" in said and should.startswith(is_.split("…")[0])
            else:
                assert is_ == should, (title, "\n".join(body))


@pytest.mark.parametrize("command", TABLES)
def test_a_table_fits_the_terminal_and_lacks_nothing_unsaid(server, command):
    for some in TABLES[command]:
        words = words_of(server, command, some)
        plain = server.ctl(*words)
        rows = server.ctl(*words, "--json").rows()
        rows = [row for row in rows if "warning" not in row and row.get("ok") is None]
        table = cells(server, words, len(rows))
        assert plain.code in (0, 1, 6), plain
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", plain.out + plain.err), plain
        if command in WITHOUT_ROWS:
            assert not table
            continue
        assert table, plain
        sentences = plain.out.splitlines()[len(rows) + 1:]
        for columns in (80, 200):
            code, shown, _ = terminal(*words, columns=columns, socket=server.socket)
            assert code == plain.code
            shown = re.sub("\x1b\\[(31|33|0)m", "", shown)
            assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", shown)
            for sentence in sentences:
                assert shown.endswith(sentence + "\n"), shown
                shown = shown.removesuffix(sentence + "\n")
            check_table(shown, table, columns, MOVES.get(command, set()))
        _, shown, _ = terminal(*words, "--wide", "--color", "never", socket=server.socket)
        assert shown == plain.out or command in MOVES, "--wide is what a pipe gets"


def test_an_entry_has_its_tables_within_the_terminal(server):
    whole = server.rows("audit", "--event", "record-create", "--name", f"{LONG}.{ZONE}")[-1]["seq"]
    rule = server.rows("audit", "--event", "zone-policy")[-1]["seq"]
    for seq, titles in ((whole, ("NAME", "OLD", "NEW")), (rule, ("TABLE", "FIELD"))):
        plain = server.ctl_ok("audit", "show", str(seq))
        for columns in (80, 200):
            _, shown, _ = terminal("audit", "show", seq, columns=columns, socket=server.socket)
            table = shown.split("\n\n")[1]
            assert max(map(width, table.splitlines())) <= columns, table
            assert all(title in table.split("\n")[0] for title in titles), table
            if "…" not in table:
                lines = plain.split("\n\n")[1].splitlines()
                assert squeezed(table).startswith(squeezed(lines[0])) or columns == 80
        only = server.ctl_ok("audit", "show", str(seq), "--columns", "new")
        assert only.split("\n\n")[1].startswith("NEW\n"), only
    answer = server.ctl("audit", "show", str(whole), "--columns", "new,owner")
    assert answer.code == 2 and "'owner' is not one of name, type, event, old, new, table" in answer.err


@pytest.mark.parametrize("words", [["trace", "--limit", "2"], ["audit", "--follow", "--limit", "1"]])
def test_what_is_followed_is_shown_at_once(server, words):
    def traces():
        return {row["name"]: row["value"] for row in server.rows("stats")}["traces"]

    before, is_trace = traces(), words[0] == "trace"
    screen = Terminal(*words, "--socket", server.socket)
    try:
        wait_until(lambda: traces() > before if is_trace else "SEQ" in screen.shown(), "it runs")
        for number in range(2):
            server.query(f"{LONG}.{ZONE}", "TXT")
            server.ctl_ok("record", "note", ZONE, "pc1", f"{words[0]}-{number}")
            wait_until(lambda n=number: screen.shown().count(" query ") > n if is_trace
                       else f"audit-{n}" in screen.shown(), "the row")
    finally:
        if not is_trace:
            screen.process.terminate()
        code, shown = screen.end()
    assert code == 0 or not is_trace
    assert max(map(width, shown.replace("\r", "").splitlines())) <= 80, shown


def test_help_fits_the_terminal(server):
    for words in ([], ["zone"], ["zone", "set"], ["audit"], ["backup"], ["record", "list"]):
        _, shown, _ = terminal("help", *words, socket=None)
        piped = run(program("tenurectl"), "help", *words).out
        lines = [line for line in shown.splitlines() if not line.startswith(("usage:", "  tenurectl"))]
        assert max(map(len, lines)) <= 80, [line for line in lines if len(line) > 80]
        assert squeezed(shown) == squeezed(piped)
        assert not re.search(r"\n( {22}| {29}| {33})\S", shown), "what goes on stands below"


def test_a_table_keeps_one_of_its_times(server):
    for words in (["record", "touch", ZONE, LONG, "--plan"],
                  ["record", "set-class", ZONE, LONG, "ANY", "static", "--plan"]):
        _, shown, _ = terminal(*words, "--color", "never", socket=server.socket)
        assert re.search(r"20\d\d-\d\d-\d\d", shown), shown


def test_columns_are_chosen_and_ordered(server):
    shown = server.ctl_ok("record", "list", ZONE, "--columns", "owner,NAME,stale_at")
    assert re.match(r"OWNER +NAME +STALE AT \(UTC\)\n", shown)
    assert f"{HOST}  host1  -\n" in re.sub(r"  +", "  ", shown)
    _, shown, _ = terminal("record", "list", ZONE, "--columns", "stamp,age,ttl,class,type,data,owner",
                           socket=server.socket)
    assert "no room" not in shown or "--wide" in shown
    wrong = server.ctl("record", "list", ZONE, "--columns", "name,ownr")
    assert (wrong.code, wrong.err) == (2, "tenurectl: record list: --columns: 'ownr' is not one of "
                                       "name, ttl, type, data, class, owner, stamp, age, stale-at, "
                                       "window, note\n")
    for words in (["zone", "list", "--columns", ""], ["zone", "list", "--columns", "zone,,serial"],
                  ["zone", "list", "--columns", "zone,zone"], ["status", "--columns", "zone"],
                  ["zone", "list", "--columns", "zone", "--json"],
                  ["audit", "--columns", "name", "--format", "csv"],
                  ["audit", "--columns", "name", "--format", "json"],
                  ["stats", "--prometheus", "--columns", "counter"],
                  ["scavenge", "plan", "--histogram", "--columns", "name"],
                  ["scavenge", "plan", "--columns", "name,renewed-by"],
                  ["zone", "set", ZONE, "refresh=1d", "--columns", "setting"]):
        answer = server.ctl(*words)
        assert answer.code == 2 and "--columns" in answer.err and not answer.out, answer
    assert server.rows("zone", "show", ZONE)[0]["refresh"] in ("1m", 60), "refused before it was done"


def test_where_a_locale_has_no_utf8_a_terminal_gets_none(server):
    for words in (["record", "notes"], ["record", "list", ZONE, "--notes"], ["zone", "check", ZONE]):
        _, shown, _ = terminal(*words, "--color=never", env={"LC_ALL": "C"}, socket=server.socket)
        assert shown.isascii() and max(map(len, shown.splitlines())) <= 80
        assert "notes" not in words or r"\u5009\u5eab" in squeezed(shown)
    piped = run(program("tenurectl"), "--socket", server.socket, "record", "notes",
                env={"LC_ALL": "C"})
    assert "倉庫" in piped.out, "a pipe gets what is stored"


def test_columns_of_the_environment_count_on_a_terminal_alone(server):
    env = {"COLUMNS": "100", "NO_COLOR": "1"}
    _, shown, _ = terminal("record", "list", ZONE, env=env, socket=server.socket)
    assert 90 < max(map(width, shown.splitlines())) <= 100
    _, shown, _ = terminal("record", "list", ZONE, "--color=never", columns=5, socket=server.socket)
    assert max(map(width, shown.splitlines())) <= 40, "narrower ones are taken as 40 columns wide"
    piped = run(program("tenurectl"), "--socket", server.socket, "record", "list", ZONE,
                env={"COLUMNS": "40", "LC_ALL": "C.UTF-8"})
    assert piped.out == server.ctl_ok("record", "list", ZONE)


RED, YELLOW, PLAIN = "\x1b[31m", "\x1b[33m", "\x1b[0m"


def test_colours_are_of_a_terminal_and_sparse(server):
    def shown(*words, **options):
        return terminal(*words, socket=server.socket, split=False, **options)[1]

    audit = shown("audit", "--denied", columns=200)
    assert f"{RED}update-denied{PLAIN}" in audit
    assert set(re.findall("\x1b\\[[0-9;]*m", audit)) == {RED, PLAIN}
    stale = shown("record", "list", ZONE, columns=200)
    assert re.search(f"pc2 .*{re.escape(YELLOW)}20..-..-.. ..:..{re.escape(PLAIN)}", stale)
    assert RED not in stale and stale.count(YELLOW) == 4, "what is stale, and nothing else"
    assert shown("zone", "show", "no.example").startswith(f"{RED}tenurectl: {PLAIN}zone show: ")
    assert f"{YELLOW}warning:{PLAIN} " in shown("zone", "policy", "check", ZONE) + shown("status")
    for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}, {"TERM": ""}):
        assert "\x1b" not in shown("audit", "--denied", env=env), env
    assert RED in shown("audit", "--denied", env={"NO_COLOR": ""}), "empty, it says nothing"
    assert RED in shown("audit", "--denied", "--color", "always", env={"NO_COLOR": "1"})
    assert "\x1b" not in shown("audit", "--denied", "--color", "never")
    assert "\x1b" not in server.ctl_ok("audit", "--denied")
    assert "\x1b" not in server.ctl("zone", "show", "no.example").err
    always = server.ctl("--color=always", "audit", "--denied").out
    assert RED in always and re.sub("\x1b\\[[0-9;]*m", "", always) == \
        server.ctl_ok("audit", "--denied")
    wrong = server.ctl("audit", "--color", "blue")
    assert wrong.code == 2 and "'blue' is not one of never, auto, always" in wrong.err


@pytest.mark.parametrize("command", CHANGES)
def test_so_does_the_table_of_what_was_done(server, command):
    words = words_of(server, command, CHANGES[command][0])
    code, shown, err = terminal(*words, "--color", "never", socket=server.socket)
    assert code == 0, err
    assert all(width(line) <= 80 for line in shown.splitlines() if not re.match(r"\d+ record", line))
    for title in ("WHAT", "NAME") if command == "scavenge undo" else ("RUN", "REMOVED", "SKIPPED"):
        assert title in shown.split("\n")[0], shown
