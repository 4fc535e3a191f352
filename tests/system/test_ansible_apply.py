# SPDX-License-Identifier: BSD-2-Clause
"""contrib/ansible: the module, run by Debian's Ansible as a playbook runs it."""
import json
import os

import pytest

from peers import found
from tenure import SOURCE, program, run
from test_apply import NOON, OTHER, SECRET, ZONE, Site, last

ANSIBLE = found("ansible-playbook")
pytestmark = pytest.mark.skipif(not ANSIBLE, reason="ansible-playbook is not installed")


@pytest.fixture
def site(tenured, tmp_path):
    return Site(tenured(clock=NOON), tmp_path)


def play(site, *options, **params):
    """A task of the module; what it gave."""
    params = {"path": str(site.path), "socket": str(site.server.socket),
              "tenurectl": str(program("tenurectl")), **params}
    book = site.folder / "play.json"
    book.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "connection": "local",
                                 "tasks": [{"tenure_apply": params}]}]))
    env = {**os.environ, "ANSIBLE_LIBRARY": str(SOURCE / "contrib/ansible"), "ANSIBLE_STDOUT_CALLBACK": "json",
           "ANSIBLE_LOCALHOST_WARNING": "False", "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
           "ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3",
           "ANSIBLE_HOME": str(site.folder), "ANSIBLE_LOCAL_TEMP": str(site.folder / "temp"), "HOME": str(site.folder)}
    answer = run(ANSIBLE, book, *options, env=env, patience=60)
    whole = json.loads(answer.out[answer.out.index("{"):])
    return whole["plays"][0]["tasks"][0]["hosts"]["localhost"], answer.out


def test_a_task_changes_once(site):
    site.write(ZONE)
    got, _ = play(site, "--check", "--diff")
    assert got["changed"] is True and last(site.server) == 0
    assert "corp.example rrset www A" in got["diff"]["after"] and got["diff"]["before"] == ""
    got, _ = play(site, reason="CHG-9")
    assert got["changed"] is True and got["summary"]["applied"] is True and got["summary"]["run"] > 0
    assert site.server.rows("audit", "show", "1")[0]["comment"] == "CHG-9"
    before = last(site.server)
    for options in ([], ["--check"]):
        got, _ = play(site, *options)
        assert got["changed"] is False and last(site.server) == before
    site.write(ZONE.replace("192.0.2.80", "192.0.2.81"))
    got, _ = play(site, "--check", "--diff")
    assert got["changed"] is True
    assert "192.0.2.80" in got["diff"]["before"] and "192.0.2.81" in got["diff"]["after"]


def test_what_fails_says_why(site):
    site.write(ZONE)
    play(site)
    site.write("tenure: 1\nzones:\n  - {name: corp.example, state: absent}\n")
    got, _ = play(site)
    assert got["failed"] is True and got["rc"] == 3 and "--allow-delete" in got["msg"]
    site.write(ZONE.replace("tenure: 1", "tenure: 1\nzone: []"))
    got, _ = play(site)
    assert got["failed"] is True and got["rc"] == 2 and "site.yaml:2:1: unknown field" in got["msg"]
    site.write(ZONE)
    site.server.ctl_ok("record", "add", "corp.example", "hand", "60", "A", "192.0.2.9")
    site.write(ZONE + "      hand 60 A 192.0.2.9\n")
    got, _ = play(site)
    assert got["failed"] is True and got["summary"]["conflict"] == 1
    got, _ = play(site, adopt=True)
    assert got["changed"] is True


def test_secrets_stay_out_of_what_it_says(site):
    site.secret("kea.key", SECRET)
    site.write("tenure: 1\nkeys:\n  - {name: kea, secret: {file: kea.key}}\n")
    shown = play(site, "-vvv", "--diff")[1]
    site.secret("kea.key", OTHER)
    shown += play(site, "-vvv", "--check", "--diff")[1] + play(site, "-vvv", "--diff")[1]
    assert SECRET not in shown and OTHER not in shown and "kea.key" in shown
