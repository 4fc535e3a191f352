# SPDX-License-Identifier: BSD-2-Clause
"""Roles: an auditor and a help desk, real users of the system, do their work and nothing else, and
the log names them; the person behind sudo; reasons.

The users are some that Debian always has: `games` audits, `man` is the help desk by its group, `lp`
has no role."""
import grp
import json
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess

import pytest

from tenure import SOURCE, program, run, wait_until

pytestmark = pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"),
                                reason="needs root and setpriv to be somebody else")

AUDITOR, HELP_DESK, STRANGER, PERSON = "games", "man", "lp", "news"
OURS, THEIRS = "corp.example", "lab.example"
ROLES = f"""roles:
  read:
    - user {AUDITOR}
  operate:
    - group {HELP_DESK} of {OURS}
  admin: user backup
"""


def ctl_as(server, user, *words, groups=None, person=None, env=None):
    """tenurectl as a user with its groups, or with `groups`; `person` has logged in as somebody."""
    entry = pwd.getpwnam(user)
    kind = ["--init-groups"] if groups is None else [f"--groups={groups}"]
    command = ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", *kind, "--",
               program("tenurectl"), "--socket", server.socket, *words]
    if person is not None:
        login = pwd.getpwnam(person).pw_uid
        command = ["sh", "-c", f"echo {login} > /proc/self/loginuid; exec \"$@\"", "sh", *command]
    return run(*command, env={**os.environ, **env} if env else None)


def entries(server, *filters):
    return server.ctl("--json", "audit", *filters).rows()


@pytest.fixture
def server(made):
    one = made(config=ROLES).start()
    one.folder.chmod(0o711)
    for zone in (OURS, THEIRS):
        one.ctl("zone", "add", zone, "--ns", f"ns1.{zone}", "update=secure")
        one.ctl("record", "add", zone, "www", "A", "10.0.0.1")
    one.ctl("record", "add", THEIRS, "secret", "TXT", "hidden")
    one.ctl("record", "note", THEIRS, "secret", "hidden")
    assert len(one.ctl("--json", "zone", "list").rows()) == 2
    return one


def test_the_auditor_reads_everything_and_changes_nothing(server):
    def auditor(*words):
        return ctl_as(server, AUDITOR, *words)
    for words in (["status"], ["zone", "list"], ["zone", "show", THEIRS], ["record", "list", THEIRS],
                  ["audit"], ["audit", "show", "1"], ["audit", "verify"], ["audit", "export"],
                  ["history", f"secret.{THEIRS}"], ["stats"], ["group", "list"], ["key", "list"],
                  ["scavenge", "plan"], ["bin", "list"], ["zone", "export", THEIRS], ["digest"],
                  ["why", f"new.{OURS}", "A", "--as", "key:x"], ["owner", "show", f"www.{OURS}"]):
        answer = auditor(*words)
        assert answer.code == 0, (words, answer)
    before = server.ctl("digest").out
    for words in (["record", "add", OURS, "x", "A", "10.0.0.2"], ["record", "del", OURS, "www"],
                  ["zone", "add", "new.example"], ["zone", "del", OURS, "--yes"], ["stop"],
                  ["audit", "revert", "2"], ["zone", "freeze", OURS], ["key", "generate", "k"],
                  ["key", "show", "k"], ["backup", "-"], ["server", "set", "realms=none"],
                  ["digest", "--lines"], ["zone", "import", OURS, "/dev/null"]):
        answer = auditor(*words)
        assert answer.code == 3, (words, answer)
        assert re.search(r"needs the role (operate|admin); you have read of all zones "
                         rf"\(user {AUDITOR}, in roles.read of tenured.yaml\)", answer.err), answer
    assert server.ctl("digest").out == before
    assert "control command refused" in server.log()


def test_the_help_desk_works_on_its_zone_and_the_log_names_it(server):
    def desk(*words, **how):
        return ctl_as(server, HELP_DESK, *words, **how)
    assert desk("record", "add", OURS, "laptop", "A", "10.0.0.9", "--reason", "CHG-1").code == 0
    assert desk("record", "pin", OURS, "laptop").code == 0
    assert desk("record", "del", OURS, "laptop", env={"TENURE_REASON": "CHG-2"}).code == 0
    assert desk("record", "restore", f"laptop.{OURS}").code == 0
    assert desk("record", "note", OURS, "laptop", "lent to Bea", "--reason", "CHG-3").code == 0
    assert "lent to Bea" in desk("record", "notes").out
    mine = entries(server, "--principal", f"local:{HELP_DESK}")
    assert [event.get("comment") for event in mine] == \
        ["CHG-1", None, "CHG-2", None, "CHG-3"]
    assert {event["principal"] for event in mine} == {f"local:{HELP_DESK}"}
    assert "CHG-1" in server.ctl("history", f"laptop.{OURS}").out
    assert f"you have operate of {OURS} (group {HELP_DESK}, in roles.operate of tenured.yaml)" in \
        desk("zone", "add", "new.example").err
    answer = desk("--json", "status")
    assert answer.rows()[0]["role"] == \
        f"operate of {OURS} (group {HELP_DESK}, in roles.operate of tenured.yaml)"


def test_health_without_the_role_for_it_is_no_outage(server):
    """2 wakes somebody up; who may not ask knows nothing (3)."""
    for user in (HELP_DESK, STRANGER):
        answer = ctl_as(server, user, "health")
        assert answer.code == 3 and answer.out.startswith("unknown: "), answer
        row = ctl_as(server, user, "health", "--json").rows()[0]
        assert (row["level"], row["code"]) == ("unknown", "not-allowed"), row
    assert ctl_as(server, AUDITOR, "health").code in (0, 1)


def test_the_help_desk_is_warned_of_its_zones_alone(server):
    for zone in (OURS, THEIRS):
        server.ctl_ok("zone", "set", zone, "max-names=2")
        for name in ("a", "b"):
            server.ctl_ok("record", "add", zone, name, "A", "10.0.0.3", "--class", "dynamic", "--owner", "key:kea")
    assert f"zone {THEIRS}: key:kea owns 2 names" in server.ctl("status").err
    for words in (["status"], ["--json", "status"]):
        answer = ctl_as(server, HELP_DESK, *words)
        assert f"zone {OURS}: key:kea owns 2 names" in answer.err, answer
        assert THEIRS not in answer.out + answer.err, answer


def test_the_help_desk_sees_and_changes_nothing_of_others(server):
    def desk(*words):
        return ctl_as(server, HELP_DESK, *words)
    for words in (["zone", "list"], ["audit"], ["audit", "export"], ["bin", "list"], ["status"],
                  ["scavenge", "plan"], ["scavenge", "status"], ["scavenge", "history"],
                  ["owner", "list", "local:root"], ["record", "list", OURS], ["record", "notes"]):
        answer = desk("--json", *words)
        assert answer.code == 0, (words, answer)
        said = answer.out + answer.err
        assert "hidden" not in said and THEIRS not in said, (words, answer)
    log = [(event["log"], event["seq"]) for event in entries(server, "--zone", THEIRS)]
    before = server.ctl("digest").out
    for words in (["record", "list", THEIRS], ["record", "add", THEIRS, "x", "A", "10.0.0.2"],
                  ["zone", "export", THEIRS], ["history", f"secret.{THEIRS}"],
                  ["record", "show", f"secret.{THEIRS}"], ["why", "--last", f"secret.{THEIRS}"],
                  ["owner", "transfer", "--from", "local:root", "--to", "anonymous"],
                  ["audit", "--zone", THEIRS], ["stats"], ["scavenge", "run"],
                  *(["audit", "show", str(seq)] for _, seq in log),
                  *(["audit", "revert", str(seq)] for _, seq in log)):
        answer = desk(*words)
        assert answer.code == 3 and "hidden" not in answer.out + answer.err, (words, answer)
        assert f"you have operate of {OURS}" in answer.err, (words, answer)
    assert server.ctl("digest").out == before
    # Whether a zone is here is not told.
    here, never = desk("zone", "show", THEIRS), desk("zone", "show", "never.example")
    assert here.err.replace(THEIRS, "Z") == never.err.replace("never.example", "Z")


def test_following_the_log_shows_only_its_zones(server):
    entry = pwd.getpwnam(HELP_DESK)
    told = server.folder / "told"
    with told.open("w") as out, subprocess.Popen(
            ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--init-groups", "--",
             program("tenurectl"), "--socket", str(server.socket), "--json", "audit", "--follow"],
            stdout=out) as follower:
        wait_until(told.read_text, "it follows")
        for number in range(3):
            server.ctl("record", "add", THEIRS, f"hidden{number}", "A", "10.0.0.3")
            server.ctl("record", "add", OURS, f"seen{number}", "A", "10.0.0.3")
        wait_until(lambda: "seen2" in told.read_text(), "it shows what comes")
        follower.kill()
    assert "hidden" not in told.read_text() and THEIRS not in told.read_text()


def test_a_user_without_a_role_is_told_one_sentence(server):
    uid = pwd.getpwnam(STRANGER).pw_uid
    for words in (["status"], ["zone", "list"], ["stop"]):
        answer = ctl_as(server, STRANGER, *words)
        assert answer.code == 3 and not answer.out, answer
        assert answer.err.count("\n") == 1 and f"user {uid} may not command this server, and has " \
            "no role" in answer.err, answer
    assert "control connection refused" in server.log()


def test_groups_are_those_of_the_process(server):
    desk = grp.getgrnam(HELP_DESK).gr_gid
    assert ctl_as(server, STRANGER, "zone", "list", groups=str(desk)).code == 0
    # The group database says that it is in the group; the process is not.
    entry = pwd.getpwnam(HELP_DESK)
    answer = run("setpriv", f"--reuid={entry.pw_uid}", "--regid=4711", "--clear-groups", "--",
                 program("tenurectl"), "--socket", server.socket, "zone", "list")
    assert answer.code == 3 and "a new group counts from the next log-in on" in answer.err


def test_an_administrator_by_role_does_everything(server):
    assert ctl_as(server, "backup", "zone", "add", "new.example").code == 0
    assert ctl_as(server, "backup", "key", "generate", "k").code == 0
    assert ctl_as(server, "backup", "key", "show", "k").code == 0
    assert entries(server, "--event", "key-read")[0]["principal"] == "local:backup"


def test_everybody_may_connect_and_reads_no_file(server):
    assert stat.S_IMODE(os.stat(server.socket).st_mode) == 0o666
    assert stat.S_IMODE(os.stat(server.data).st_mode) == 0o711
    for path in server.data.iterdir():
        assert path == server.socket or not stat.S_IMODE(path.stat().st_mode) & 0o077, path


def test_without_roles_the_socket_is_as_it_was(made):
    server = made().start()
    assert stat.S_IMODE(os.stat(server.socket).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(server.data).st_mode) == 0o700


def refusals_of_metrics(server, user):
    """What a user is told who may read counters alone."""
    assert ctl_as(server, user, "stats", "--prometheus").code == 0
    said = set()
    for words in (["status"], ["health"], ["audit"], ["zone", "list"], ["record", "list", OURS],
                  ["record", "add", OURS, "x", "A", "10.0.0.2"], ["trace"], ["key", "list"], ["stop"]):
        answer = ctl_as(server, user, *words)
        assert answer.code == 3, (words, answer)
        said.update(re.findall(r"you have (.*)", answer.err + answer.out))
    return said


def test_the_role_metrics_reads_counters_and_nothing_else(made):
    server = made(config=f"roles:\n  metrics: user {AUDITOR}\n").start()
    server.folder.chmod(0o711)
    assert refusals_of_metrics(server, AUDITOR) == \
        {f"metrics of all zones (user {AUDITOR}, in roles.metrics of tenured.yaml)"}


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs unshare")
def test_the_exporters_user_has_it_by_itself(made, tmp_path):
    """On a machine with tenure-exporter's user, which is played by another's number."""
    entry, users = pwd.getpwnam(STRANGER), tmp_path / "passwd"
    users.write_text(f"{open('/etc/passwd').read()}tenure-exporter:x:{entry.pw_uid}:{entry.pw_gid}::/:\n")
    for config, has_role in (("{}", True), ("roles:\n  metrics: user root\n", False)):
        server = made(config=config)
        plain = server.command()
        server.command = lambda plain=plain: [
            "unshare", "--mount", "sh", "-c", f"mount --bind {users} /etc/passwd && exec \"$@\"", "sh",
            *plain]
        server.start()
        server.folder.chmod(0o711)
        assert "a role is nobody's" not in server.log()
        if has_role:
            assert refusals_of_metrics(server, STRANGER) == \
                {"metrics of all zones (user tenure-exporter, by default)"}
        else:
            assert ctl_as(server, STRANGER, "stats").code == 3


def reload(server, config, said):
    count = server.log().count(said)
    server.config.write_text(config)
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: server.log().count(said) > count, said)


def test_roles_are_read_again_at_a_hangup(server):
    """One that was taken counts no more at the next command, also of a connection that is open."""
    entry = pwd.getpwnam(AUDITOR)
    script = ("import json, socket, struct, sys\n"
              "one = socket.socket(socket.AF_UNIX)\n"
              f"one.connect({str(server.socket)!r})\n"
              "for line in sys.stdin:\n"
              "    body = json.dumps({'verb': 'zone list', 'args': {}}).encode()\n"
              "    one.sendall(struct.pack('>IB', len(body) + 1, ord('C')) + body)\n"
              "    kind = None\n"
              "    while kind != ord('Z'):\n"
              "        head = one.recv(5, socket.MSG_WAITALL)\n"
              "        kind = head[4]\n"
              "        got = one.recv(struct.unpack('>I', head[:4])[0] - 1, socket.MSG_WAITALL)\n"
              "    print(json.loads(got)['code'], flush=True)\n")
    told = server.folder / "told"
    follow = ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--init-groups", "--"]
    with subprocess.Popen([*follow, "/usr/bin/python3", "-c", script], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as client, told.open("w") as out, \
            subprocess.Popen([*follow, program("tenurectl"), "--socket", str(server.socket), "audit",
                              "--follow"], stdout=out, stderr=subprocess.STDOUT) as follower:
        def asked():
            client.stdin.write("\n")
            client.stdin.flush()
            return int(client.stdout.readline())
        assert asked() == 0
        wait_until(told.read_text, "it follows")
        reload(server, "roles: {read: [us", "the configuration is not read again")
        assert asked() == 0
        reload(server, f"roles:\n  read: user {STRANGER}\n", "the configuration is read again")
        assert follower.wait(20) == 1 and "roles were given anew" in told.read_text()
        assert asked() == 3
        client.stdin.close()
    assert ctl_as(server, STRANGER, "zone", "list").code == 0
    assert ctl_as(server, AUDITOR, "zone", "list").code == 3
    reload(server, "{}\n", "the configuration is read again")
    assert stat.S_IMODE(os.stat(server.socket).st_mode) == 0o600
    assert ctl_as(server, STRANGER, "zone", "list").code == 3
    assert server.ctl("zone", "list").code == 0


def test_a_role_of_nobody_is_told(made):
    server = made(config="roles:\n  read: [user no-such-user, user 65534, group no-such-group]\n")
    server.start()
    assert server.log().count("a role is nobody's") == 2
    assert "a role is given to nobody in particular" in server.log()


def test_a_role_of_a_zone_that_is_not_here_is_told(made):
    config = "roles:\n  operate: user 4002 of corp.exmaple, lab.example\n"
    server = made(config=config)
    server.start()
    assert server.log().count("a role is of a zone that is not here") == 2, "an empty store"
    for zone in (OURS, THEIRS):
        server.ctl_ok("zone", "add", zone, "--ns", f"ns1.{zone}")
    reload(server, config, "a role is of a zone that is not here")
    assert server.log().count("zone=lab.example") == 1
    assert ('warning a role is of a zone that is not here role=operate of="user 4002" zone=corp.exmaple '
            'why="no zone has that name: did you mean corp.example?"') in server.log()


def test_wrong_roles_are_told_with_their_line(made):
    server = made(config="roles:\n  read:\n    - bea\n  admin:\n    - user bea of x.example\n"
                         "  operate: [user bea of]\n  reed: [user bea]\n")
    checked = run(*server.command(), "--check-config")
    assert checked.code == 1 or checked.code == 2, checked
    for said in ('3:7: roles.read: expected user NAME or group NAME, and perhaps "of ZONE, ZONE", '
                 'found "bea"', "5:7: roles.admin: expected a user or group alone: admin is of all",
                 '6:13: roles.operate: expected a zone behind "of"',
                 'unknown option "roles.reed"; did you mean "roles.read"?'):
        assert said in checked.err + checked.out, checked


def can_log_in():
    """Whether this kernel and container let a process get a login uid."""
    done = run("sh", "-c", "echo 1 > /proc/self/loginuid && cat /proc/self/loginuid")
    return done.code == 0 and done.out.strip() == "1"


@pytest.mark.skipif(not can_log_in(), reason="the kernel gives no login uid here")
def test_the_person_behind_root_is_named(server):
    assert ctl_as(server, "root", "record", "add", OURS, "a", "A", "10.0.0.4", person=PERSON,
                  env={"TENURE_REASON": "why \"not\""}).code == 0
    event = entries(server, "--person", PERSON)[0]
    assert event["principal"] == "local:root" and event["person"] == PERSON
    assert event["comment"] == 'why "not"' and event["name"] == f"a.{OURS}"
    line = next(line for line in server.ctl("audit").out.splitlines() if f"a.{OURS}" in line)
    assert f"local:root ({PERSON})" in line and '"why "not""' in line
    shown = server.ctl("audit", "show", str(event["seq"])).out
    assert re.search(rf"^person +{PERSON}$", shown, re.MULTILINE)
    assert re.search(r'^comment +why "not"$', shown, re.MULTILINE)
    exported = [json.loads(line) for line in server.ctl("audit", "export").out.splitlines()]
    assert any(entry.get("person") == PERSON for entry in exported)
    # Who is who he logged in as is not said twice; whom no login began has no person.
    assert ctl_as(server, "backup", "zone", "freeze", OURS, person="backup").code == 0
    assert "person" not in entries(server, "--event", "zone-freeze")[0]
    # A scavenging run that somebody asked for names him, too.
    assert ctl_as(server, "root", "scavenge", "run", THEIRS, person=PERSON).code in (0, 6)


def test_a_zone_may_ask_for_reasons(server):
    assert server.ctl("zone", "set", OURS, "require-reason=on").code == 0
    refused = server.ctl("record", "add", OURS, "b", "A", "10.0.0.5")
    assert refused.code == 3 and "--reason TEXT" in refused.err
    assert server.ctl("record", "add", OURS, "b", "A", "10.0.0.5", "--reason", "CHG-3").code == 0
    assert server.ctl("record", "add", THEIRS, "b", "A", "10.0.0.5").code == 0
    assert server.ctl("record", "pin", OURS, "b", "--plan").code == 0
    assert server.ctl("zone", "show", OURS, "--reason", "x").code == 2
    assert [e["name"] for e in entries(server, "--comment", "CHG-3")] == [f"b.{OURS}"]
    # What a client does needs none.
    assert server.ctl("zone", "set", OURS, "update=nonsecure", "--reason", "x").code == 0
    update = server.update(OURS)
    update.add("host", 300, "A", "10.0.0.6")
    assert server.ask(update).rcode() == 0


@pytest.mark.parametrize("reason", ["a\nb", "a\x1b[2Jb", "\u202eevil", "x" * 513, " ", "\x7f"])
def test_reasons_are_plain_text(server, reason):
    refused = server.ctl("record", "add", OURS, "c", "A", "10.0.0.7", "--reason", reason)
    assert refused.code == 2 and "the reason" in refused.err, refused


def test_the_page_says_the_roles_of_help():
    text = (SOURCE / "doc" / "tenurectl.8").read_text()
    section = text.split("\n.Sh ROLES\n")[1].split("\n.Sh ")[0]
    named = {}
    for part in section.split("\n.It Cm ")[1:]:
        role, *lines = part.splitlines()
        for line in lines:
            if line.startswith(".Cm "):
                named[line[4:].rstrip(" ,.")] = role
    listed = re.findall(r"^  ([a-z-]+(?: [a-z-]+)?) +\S", run(program("tenurectl"), "help").out,
                        re.MULTILINE)
    helped = {}
    for command in listed:
        said = run(program("tenurectl"), "help", *command.split()).out
        role = re.search(r"^role: (.*)$", said, re.MULTILINE)
        for one in role.group(1).split(", ") if role else []:
            word, part = re.fullmatch(r"(\w+)(?: \((.*)\))?", one).groups()
            helped[f"{command} {part}" if part else command] = word
    assert len(helped) > 80
    assert named == helped


def test_a_help_desk_has_drafts_and_owners_of_its_zones_alone(server):
    def help_desk(*words):
        return ctl_as(server, HELP_DESK, *words)
    table = server.folder / "owners.csv"
    table.write_text(f"zone,name,to\n{OURS},www,local:ann\n{THEIRS},www,local:ann\n")
    table.chmod(0o644)
    server.ctl_ok("zone", "begin", THEIRS)
    server.ctl_ok("record", "add", THEIRS, "drafted", "A", "10.0.0.9")
    before = server.ctl("digest").out
    for words in (["zone", "begin", THEIRS], ["zone", "diff", THEIRS], ["zone", "commit", THEIRS],
                  ["zone", "diff", THEIRS, "--principal", "local:root"],
                  ["zone", "abort", THEIRS, "--principal", "local:root", "--yes"],
                  ["record", "adopt", THEIRS, "--owner", "local:ann"],
                  ["owner", "transfer", "--file", str(table), "--yes"],
                  ["zone", "copy", OURS, "new.example"], ["zone", "copy", THEIRS, "new.example"],
                  ["zone", "rename", OURS, "new.example", "--yes"]):
        answer = help_desk(*words)
        assert answer.code == 3 and "needs the role" in answer.err, (words, answer)
    answer = help_desk("owner", "transfer", "--file", str(table), "--zone", OURS, "--yes")
    assert answer.code == 2 and "it is of zone lab.example" in answer.err
    assert server.ctl("digest").out == before
    listed = help_desk("--json", "zone", "list").rows()
    assert [row["zone"] for row in listed] == [OURS] and "drafts" not in listed[0]
    assert "drafted" not in help_desk("record", "list", OURS).out
    # Its own drafts, and those of others in its zone.
    assert help_desk("zone", "begin", OURS).code == 0
    assert help_desk("record", "add", OURS, "mine", "A", "10.0.0.9").code == 0
    server.ctl_ok("record", "add", OURS, "other", "A", "10.0.0.9")
    assert "other" in server.ctl_ok("record", "list", OURS, "other"), "somebody else's is no draft"
    server.ctl_ok("zone", "begin", OURS)
    server.ctl_ok("record", "add", OURS, "forgotten", "A", "10.0.0.9")
    rows = help_desk("--json", "zone", "diff", OURS, "--principal", "local:root").rows()
    assert [row["name"] for row in rows if "change" in row] == [f"forgotten.{OURS}"]
    assert help_desk("zone", "abort", OURS, "--principal", "local:root", "--yes").code == 0
    done = help_desk("zone", "commit", OURS)
    assert done.code == 0, done
    rows = server.rows("record", "list", OURS, "mine")
    assert [row["owner"] for row in rows] == [f"local:{HELP_DESK}"]
    assert ctl_as(server, AUDITOR, "zone", "begin", OURS).code == 3
