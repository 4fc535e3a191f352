# SPDX-License-Identifier: BSD-2-Clause
"""Commands that README, the guide, the man pages and --help print are typed into a shell, as they
stand there. Each must be understood; those that a fresh server can carry out must be carried out."""
import os
import re
import shutil

import pytest

from tenure import BUILD, SOURCE, program, run, wait_until

# What is left out: it ends the server, or is played by test_three_in_the_morning.py or
# test_backup_days.py.
LEFT_OUT = re.compile(r"tenurectl ((stop|restore|check)\b|why --update FILE|--data /var/tmp/drill)")
# Examples with numbers and names that stand for those of the reader: no such run, entry, zone, ...
NOTHING_THERE = 4
DONE, NOTHING_TO_DO = 0, 6


def indented(path):
    """Lines of a page's examples that begin with our command, without what follows `#`."""
    text = (SOURCE / path).read_text()
    return [line.strip() for line in re.findall(r"^    +(tenurectl .*)$", text, re.MULTILINE)]


def literal(path):
    """The same of a man page: in literal displays."""
    text = (SOURCE / path).read_text()
    found = []
    for block in re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed$", text, re.MULTILINE | re.DOTALL):
        found += [line.strip() for line in block.splitlines() if line.strip().startswith("tenurectl ")]
    return [line.replace("\\(dq", '"').replace("\\e", "\\") for line in found]


def of_help():
    listed = run(program("tenurectl"), "help").out.split("commands:\n")[1].split("\n\noptions:")[0]
    commands = [re.split(r"\s{2,}", line.strip())[0] for line in listed.splitlines()]
    for command in commands:
        if command not in ("help", "version"):
            said = run(program("tenurectl"), "help", *command.split()).out
            yield said.split("\nexample:\n  ")[1].split("\n")[0]


class Shell:
    """A shell in a folder with the files that the examples name, on a machine whose /var, /etc and
    /archive are folders of the test."""

    def __init__(self, server, folder):
        self.folder = folder
        for place in ("var/backups/tenure", "var/lib/kea", "archive", "etc/bind"):
            (folder / place).mkdir(parents=True)
        for family, address in ((4, "10.0.0.77"), (6, "fd00::77")):
            (folder / f"var/lib/kea/kea-leases{family}.csv").write_text(
                "address,expire,valid_lifetime,fqdn_fwd,fqdn_rev,hostname,state\n"
                f"{address},4000000000,3600,1,0,pc77.corp.example,0\n")
        (folder / "etc/bind/named.conf").write_text("")
        for name, part in (("DomainDnsZones", "domain"), ("ForestDnsZones", "forest"),
                           ("accounts", "accounts"), ("deleted", "deleted")):
            shutil.copy(SOURCE / f"tests/migration/samba/{part}-ldap.ldif", folder / f"{name}.ldif")
        shutil.copy(SOURCE / "contrib/examples/corp.example.zone", folder)
        shutil.copy(SOURCE / "contrib/examples/corp.example.zone", folder / "corp.example.txt")
        (folder / "corp.policy").write_text("allow @dhcp claim\n")
        (folder / "site.yaml").write_text("tenure: 1\nzones: [{name: site.example}]\n")
        (folder / "lease.txt").write_text("zone corp.example\nupdate add pc1 1200 A 10.0.0.7\nsend\n")
        self.env = {**os.environ, "TENURE_SOCKET": str(server.socket), "HOME": str(folder),
                    "PATH": f"{BUILD}:{os.environ['PATH']}", "EDITOR": "true", "VISUAL": "true"}

    def type(self, line):
        if "audit verify" in line:
            wait_until((self.folder / "checkpoint.key.checkpoints").exists, "a signed head")
        for place in ("/var/", "/archive/", "/etc/bind/"):
            line = line.replace(f" {place}", f" {self.folder}{place}")
        return run("bash", "-c", f"cd {self.folder} && {line}", env=self.env)


@pytest.fixture
def shell(tenured, tmp_path):
    key = tmp_path / "checkpoint.key"
    made = run("openssl", "genpkey", "-algorithm", "ed25519", "-out", key)
    assert made.code == 0, made
    key.chmod(0o600)
    (tmp_path / "copy-of").mkdir()
    (tmp_path / "copy-of/checkpoints").symlink_to(tmp_path / "checkpoint.key.checkpoints")
    config = f"checkpoint:\n  key: {key}\n  entries: 1\n"
    return Shell(tenured(clock="2026-01-05T09:00:00Z", config=config), tmp_path)


def play(shell, lines):
    """Types them; what is not done, with the exit code."""
    undone = {}
    assert lines
    for line in lines:
        if LEFT_OUT.match(line):
            continue
        # What a pager or diff(1) makes of it is theirs; --follow has no end.
        line = line.split(" | ")[0].replace(" --follow", "")
        if line.startswith("tenurectl trace"):
            line = f"timeout 1 {line}; [ $? = 124 ]"
        answer = shell.type(line)
        assert answer.code in (DONE, NOTHING_THERE, NOTHING_TO_DO), (line, answer)
        if answer.code:
            undone[line] = answer.code
    return undone


def test_the_guides_first_steps_work_on_a_fresh_server(shell):
    text = indented("doc/guide.md")
    first = text[:text.index("tenurectl key generate web7.corp.example > web7.key") + 1]
    assert len(first) == 13
    assert play(shell, [line.replace("--data /var/lib/tenure ", "") for line in first]) == {}


def test_each_command_of_the_guide_is_understood(shell):
    lines = [line.replace("--data /var/lib/tenure ", "") for line in indented("doc/guide.md")]
    assert len(lines) > 80
    # The name is there a second time: the guide makes the zone again from a file of Windows.
    again = "tenurectl zone add corp.example --file corp.example.txt"
    lines.remove(again)
    undone = play(shell, lines)
    # What came from a directory is not there, nor its controllers' records.
    assert len(undone) < 15, undone


def test_each_example_of_the_man_pages_is_understood(shell):
    lines = literal("doc/tenurectl.8")
    assert len(lines) >= 5
    undone = play(shell, lines)
    assert undone == {}


def test_each_example_of_help_is_understood(shell):
    lines = list(of_help())
    assert len(lines) > 60
    # In the zone of our sources www is an alias, beside which no address can stand.
    path = shell.folder / "corp.example.zone"
    path.write_text(re.sub(r"^www\s.*\n", "", path.read_text(), flags=re.MULTILINE))
    undone = play(shell, lines)
    assert len(undone) < len(lines) / 2, undone


@pytest.mark.parametrize("page", ["doc/tenure-policy.5", "doc/guide.md"])
def test_each_rule_that_a_page_shows_is_accepted(tmp_path, page):
    text = (SOURCE / page).read_text()
    rules = re.findall(r"^(?:    )?((?:allow|deny) \S+ [a-z,]+(?: .*)?)$", text, re.MULTILINE)
    rules += re.findall(r"^\.Ql (allow [a-z].*?)(?: \.)?$", text, re.MULTILINE)
    rules = [rule for rule in rules if "WHO" not in rule]
    assert len(rules) >= 4
    for rule in rules:
        (tmp_path / "rules").write_text(rule + "\n")
        answer = run(program("tenurectl"), "--socket", tmp_path / "none", "zone", "policy", "check",
                     "10.in-addr.arpa" if "ptr" in rule else "corp.example", tmp_path / "rules")
        assert answer.code == 0 and "0 warnings" in answer.out, (rule, answer)


def test_the_configuration_that_the_page_shows_is_right(tmp_path):
    text = (SOURCE / "doc/tenured.yaml.5").read_text().split("\n.Sh EXAMPLES\n")[1]
    example = text.split(".Bd -literal -offset indent\n")[1].split(".Ed\n")[0]
    path = tmp_path / "tenured.yaml"
    for mistake, code in ((False, 0), (True, 2)):
        # Users of a machine that this one is not.
        shown = re.sub(r"^(user|group): .*\n", "", example, flags=re.MULTILINE)
        # Files that are there.
        run("openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-subj", "/CN=x", "-keyout",
            tmp_path / "key", "-out", tmp_path / "file")
        shown = re.sub(r"^( +\S+): /\S+$", rf"\1: {tmp_path}/file", shown, flags=re.MULTILINE)
        path.write_text(example.replace("server-id", "sever-id") if mistake else shown)
        answer = run(program("tenured"), "--config", path, "--check-config")
        assert answer.code == code, answer
    said = re.search(r"^tenured\.yaml:(\d+):1: unknown option .*$", text, re.MULTILINE).group(0)
    assert said.replace("\\(dq", '"') in answer.err
