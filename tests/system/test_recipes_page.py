# SPDX-License-Identifier: BSD-2-Clause
"""doc/recipes.md and contrib/recipes say the same: each file is spoken of, each rule of the page is one of the
files', each command is carried out, and each file is of a form that its program takes."""
import re
import subprocess

import pytest

from peers import found
from site_lab import PLACEHOLDER, RECIPES, REVERSE, ZONE, recipe
from tenure import BUILD, SOURCE, program, run

PAGE = (SOURCE / "doc/recipes.md").read_text()
FILES = sorted(path.name for path in RECIPES.iterdir())
POLICIES = [name for name in FILES if name.endswith(".policy")]
RULE = re.compile(r"^(?:    +)?((?:allow|deny) \S+ [a-z,]+(?: .*)?)$", re.MULTILINE)


def rules_of(text):
    return [" ".join(rule.split("#")[0].split()) for rule in RULE.findall(text)]


def test_each_file_is_spoken_of_and_each_that_is_spoken_of_is_there():
    unnamed = [name for name in FILES if f"`{name}`" not in PAGE and not name.endswith(".policy") and
               not re.search(rf"`{re.escape(name.split('-')[0])}-\*`", PAGE)]
    assert not unnamed
    named = set(re.findall(r"`([a-z][\w.-]*\.(?:conf|policy|sh|network|yaml|yml|ini|tf|env|py))`", PAGE))
    assert len(named) >= 10
    assert not named - set(FILES) - {"resolv.conf"}


def test_rules_of_the_page_are_those_of_the_files():
    files = {rule for name in POLICIES for rule in rules_of((RECIPES / name).read_text())}
    page = set(rules_of(PAGE))
    assert files and page == files


# What a policy is warned of, and means.
MEANT = {"samba-dc.policy": "this opens the apex"}


@pytest.mark.parametrize("name", POLICIES)
def test_each_policy_is_accepted_without_a_warning(tmp_path, name):
    text = (RECIPES / name).read_text()
    zone = REVERSE if "reverse" in name else ZONE
    answer = run(program("tenurectl"), "--socket", tmp_path / "none", "zone", "policy", "check", zone, RECIPES / name)
    assert answer.code == 0 and answer.err.count(": warning: ") == (name in MEANT), answer
    assert MEANT.get(name, "") in answer.err and f" {int(name in MEANT)} warning" in answer.out
    assert rules_of(text)


def test_each_command_of_the_page_is_carried_out(tenured, tmp_path):
    server = tenured()
    for zone in (ZONE, REVERSE):
        server.zone(zone, "@ NS ns", update="secure")
    for name in FILES:
        (tmp_path / name).write_bytes((RECIPES / name).read_bytes())
    env = {"TENURE_SOCKET": str(server.socket), "PATH": f"{BUILD}:/usr/bin:/bin", "HOME": str(tmp_path)}
    lines = re.findall(r"^    +((?:tenurectl|cat) .*)$", PAGE, re.MULTILINE)
    assert len(lines) >= 8
    for line in lines:
        done = subprocess.run(["bash", "-c", f"cd {tmp_path} && {line}"], capture_output=True, text=True, env=env,
                              timeout=60, check=False)
        if "why --last" in line or "record show" in line or "audit" in line:
            assert done.returncode in (0, 4, 6), (line, done)
        else:
            assert done.returncode == 0, (line, done)


def test_certbots_file_is_what_key_export_prints(tenured):
    server = tenured()
    key = server.key("acme")
    said = server.ctl_ok("key", "export", "acme", "--format", "certbot", "--server", "192.0.2.1")
    words = [dict(re.findall(r"^(\w+) = (.*?)\.?$", text, re.M))
             for text in (said, recipe("certbot.ini", [key.secret], **{"dns_rfc2136_port = 53": ""}))]
    assert words[0] == words[1] and len(words[0]) == 4


def test_a_secret_that_was_not_filled_in_is_seen():
    """Each place for a secret is the same words, and no file holds another secret."""
    for name in FILES:
        text = (RECIPES / name).read_text()
        for line in text.splitlines():
            words = re.findall(r"[A-Za-z0-9+/]{30,}={0,2}", line)
            assert [word for word in words if word != PLACEHOLDER and "/" not in word] == [], (name, line)


CHECKERS = [
    ("secondary-bind.conf", ["named-checkconf"]),
    ("signer-bind.conf", ["named-checkconf"]),
    ("secondary-knot.conf", ["knotc", "-c", "%", "conf-check"]),
    ("signer-knot.conf", ["knotc", "-c", "%", "conf-check"]),
    ("secondary-nsd.conf", ["nsd-checkconf"]),
    ("unbound.conf", ["unbound-checkconf"]),
    ("unbound-copy.conf", ["unbound-checkconf"]),
    ("dnsmasq.conf", ["dnsmasq", "--test", "-C"]),
    ("secondary-powerdns.sh", ["sh", "-n"]),
]


@pytest.mark.parametrize("name, words", CHECKERS, ids=lambda value: value if isinstance(value, str) else "")
def test_each_file_as_it_stands_is_right_for_its_program(name, words):
    if not found(words[0]):
        pytest.skip(f"not installed: {words[0]} (tools/packages.sh)")
    words = [str(RECIPES / name) if word == "%" else word for word in words]
    if str(RECIPES / name) not in words:
        words.append(RECIPES / name)
    answer = run(found(words[0]), *words[1:])
    assert answer.code == 0, answer
