# SPDX-License-Identifier: BSD-2-Clause
"""apply: a server becomes what a site's file says; what is wrong changes nothing and has its place."""
import json
import os
import re
import shutil

import pytest

from tenure import SOURCE
from json_lab import control
from test_ask import on_terminal

SITE = SOURCE / "tests/system/site"
SECRET = "R3HI8P6BKw9ZwXwN3VZKuQ=="
OTHER = "QUJDREVGR0hJSktMTU5PUA=="
NOON = "2026-01-05T09:00:00Z"

HEAD = """tenure: 1
zones:
  - name: corp.example
    soa: {mname: ns1.corp.example., rname: hostmaster.corp.example.}
"""
ZONE = HEAD + """    records: |
      @    NS    ns1
      ns1  A     192.0.2.53
      www  A     192.0.2.80
"""


class Site:
    """A folder with a site's file."""

    def __init__(self, server, folder):
        self.server, self.folder = server, folder
        self.path = folder / "site.yaml"

    def write(self, text, name="site.yaml"):
        self.path = self.folder / name
        self.path.write_text(text)
        return self

    def secret(self, name, text, mode=0o600):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(mode)

    def apply(self, *options, text=None):
        if text is not None:
            self.write(text)
        return self.server.ctl("apply", self.path, *options)

    def ok(self, *options, text=None):
        answer = self.apply("--yes", *options, text=text)
        assert answer.code == 0, answer
        return answer.out

    def rows(self, *options, text=None, code=0):
        answer = self.apply("--json", *options, text=text)
        assert answer.code == code, answer
        return answer.rows()

    def plan(self, *options, text=None, code=0):
        """The rows of the plan that do something, and the summary."""
        rows = self.rows("--plan", *options, text=text, code=code)
        assert rows[0].pop("schema") == "tenure.apply-plan/1"
        assert rows[-1]["object"] == "summary"
        return [row for row in rows[:-1] if row["action"] != "same"], rows[-1]


@pytest.fixture
def site(tenured, tmp_path):
    return Site(tenured(clock=NOON), tmp_path)


def state(server):
    """All that is decided, but for numbers, times, and whose file it is."""
    return server.ctl_ok("digest")


def records(server, zone="corp.example"):
    return sorted((row["name"], row["ttl"], row["type"], row["data"], row["owner"], row["class"])
                  for row in server.rows("record", "list", zone))


def last(server):
    return server.last_change()


# --- the examples

def keys_of_small_site(site, monkeypatch):
    for name in ("kea1", "kea2"):
        site.secret(f"keys/{name}.key",
                    f'key "{name}" {{\n\talgorithm hmac-sha256;\n\tsecret "{SECRET}";\n}};\n')
    monkeypatch.setenv("NS2_SECRET", OTHER)


def test_a_small_site_is_made_and_stays(site, monkeypatch):
    keys_of_small_site(site, monkeypatch)
    site.write((SITE / "small-site.yaml").read_text(), "small-site.yaml")
    assert site.apply("--plan").code == 0 and last(site.server) == 0
    said = site.ok()
    assert "applied: 21 to add" in said, said
    assert ("www.corp.example", 300, "CNAME", "web7.corp.example.", "local:apply", "static") in \
        records(site.server)
    assert site.server.query("printer.corp.example", "A").answer[0][0].address == "192.0.2.50"
    assert site.server.rows("zone", "show", "corp.example")[0]["update"] == "secure"
    assert {row["name"] for row in site.server.rows("key", "list")} == \
        {"kea1", "kea2", "transfer.ns2", "web7.corp.example"}
    before, serial = last(site.server), site.server.query("corp.example", "SOA").answer
    assert "0 to add, 0 to change, 0 to delete" in site.ok()
    assert last(site.server) == before and site.server.query("corp.example", "SOA").answer == serial
    assert SECRET not in site.server.ctl_ok("audit", "export") + site.server.log()


def test_a_zone_begins_with_the_same_settings_as_by_zone_add(site):
    site.ok(text=HEAD)
    site.server.ctl_ok("zone", "add", "other.example")
    site.server.ctl_ok("scavenge", "set", "default-refresh=3d", "default-aging=on")
    site.ok(text=HEAD.replace("corp.example", "late.example"))
    site.server.ctl_ok("zone", "add", "last.example")

    def settings(zone):
        shown = site.server.rows("zone", "show", zone)[0]
        return {name: value for name, value in shown.items()
                if name in ("update", "policy", "aging", "no_refresh", "refresh", "max_names", "max_share", "transfer")}
    assert settings("corp.example") == settings("other.example")
    assert settings("corp.example")["no_refresh"] == 7 * 86400
    assert settings("late.example") == settings("last.example")
    assert settings("late.example")["refresh"] == 3 * 86400 and settings("late.example")["aging"] is True


def test_what_came_from_bind_is_taken_with_its_seeds_once(site, monkeypatch):
    for name in ("admin-key", "ddns-web", "kea1", "xfer-ns2"):
        site.secret(f"keys/{name}.key", f"{SECRET}\n")
    shutil.copytree(SITE / "data", site.folder / "data")
    site.write((SITE / "bind-migrated.yaml").read_text(), "bind-migrated.yaml")
    site.ok()
    have = records(site.server, "dyn.example")
    assert ("pc1.dyn.example", 3600, "A", "192.0.2.101", "key:kea1", "dynamic") in have
    assert ("www.dyn.example", 300, "A", "192.0.2.81", "key:ddns-web", "pinned") in have
    assert site.server.query("dyn.example", "SOA").answer[0][0].serial == 14
    assert len(site.server.rows("zone", "list")) == 8
    before = last(site.server)
    # The seeds are remembered, and read no more.
    shutil.rmtree(site.folder / "data")
    assert "0 to add" in site.ok() and last(site.server) == before
    site.server.ctl_ok("record", "del", "raw.example", "host", "A", "--yes")
    assert "0 to add" in site.ok(), "a seed is not taken twice"


# --- records

def test_records_follow_the_file(site):
    site.ok(text=ZONE)
    text = ZONE.replace("www  A     192.0.2.80", "www  300 A 192.0.2.81\n      new  A 192.0.2.82")
    rows, summary = site.plan(text=text)
    assert [(r["name"], r["type"], r["action"]) for r in rows] == \
        [("new", "A", "add"), ("www", "A", "change")]
    assert rows[1]["before"] == {"ttl": 3600, "data": ["192.0.2.80"]}
    assert rows[1]["after"] == {"ttl": 300, "data": ["192.0.2.81"]}
    assert (summary["add"], summary["change"], summary["applied"]) == (1, 1, False)
    before = site.server.query("corp.example", "SOA").answer[0][0].serial
    done = site.rows("--yes")
    assert done[-1]["applied"] is True and done[-1]["run"] > 0
    assert site.server.query("corp.example", "SOA").answer[0][0].serial == before + 1
    site.ok(text=ZONE.replace("      www  A     192.0.2.80\n", ""))
    assert not [r for r in records(site.server) if r[0].startswith(("www", "new"))]
    assert [r["name"] for r in site.server.rows("bin", "list")] == [
        "www.corp.example", "new.corp.example", "www.corp.example"]


def test_a_run_is_taken_back_whole(site):
    site.ok(text=ZONE)
    before = records(site.server)
    site.ok(text=ZONE.replace("192.0.2.80", "192.0.2.81").replace("ns1  A     192.0.2.53",
                                                                  "ns1  A     192.0.2.54"))
    run = site.server.rows("audit", "--limit", "1")[0]["run"]
    site.server.ctl_ok("audit", "revert", "--run", str(run))
    assert [r for r in records(site.server) if r[2] != "SOA"] == \
        [r for r in before if r[2] != "SOA"]


def test_records_of_others_are_left_and_named(site):
    site.ok(text=ZONE)
    key = site.server.key("pc1.corp.example")
    site.server.ctl_ok("record", "add", "corp.example", "pc1", "3600", "A", "192.0.2.9", "--owner",
                       f"key:{key.name}", "--class", "dynamic")
    site.server.ctl_ok("record", "add", "corp.example", "hand", "3600", "A", "192.0.2.10")
    before = last(site.server)
    text = ZONE + "      pc1  A     192.0.2.9\n      hand A     192.0.2.10\n"
    rows, summary = site.plan(text=text, code=1)
    assert [(r["name"], r["type"], r["reason"], r["owner"], r["fix"]) for r in rows] == \
        [("hand", "A", "foreign-owner", site_user(site), "adopt"),
         ("pc1", "A", "foreign-owner", f"key:{key.name}", "owner-transfer")]
    assert summary["conflict"] == 2
    answer = site.apply("--yes")
    assert answer.code == 1 and last(site.server) == before, answer
    # What is static is taken over where that is said, what is dynamic is not.
    rows, _ = site.plan("--adopt", code=1)
    assert {(r["name"], r["action"]) for r in rows} == {("hand", "add"), ("pc1", "conflict")}
    site.ok("--adopt", text=ZONE + "      hand A     192.0.2.10\n")
    assert ("hand.corp.example", 3600, "A", "192.0.2.10", "local:apply", "static") in \
        records(site.server)
    assert ("pc1.corp.example", 3600, "A", "192.0.2.9", f"key:{key.name}", "dynamic") in \
        records(site.server)
    # Without its line the dynamic one stays: it never was the file's.
    site.ok(text=ZONE)
    assert [r for r in records(site.server) if r[0] == "pc1.corp.example"]
    assert not [r for r in records(site.server) if r[0] == "hand.corp.example"]


def test_what_mends_a_conflict_mends_it(site):
    site.ok(text=ZONE)
    key = site.server.key("pc1.corp.example")
    site.server.ctl_ok("record", "add", "corp.example", "pc1", "3600", "A", "192.0.2.9", "--owner",
                       f"key:{key.name}", "--class", "dynamic")
    site.write(ZONE + "      pc1  A     192.0.2.9\n")
    rows, _ = site.plan(code=1)
    assert rows[0]["fix"] == "owner-transfer"
    site.server.ctl_ok("owner", "transfer", "--from", f"key:{key.name}", "--to", "local:apply", "--yes")
    site.server.ctl_ok("record", "set-class", "corp.example", "pc1", "A", "static")
    rows, summary = site.plan()
    assert not rows and summary["conflict"] == 0


def site_user(site):
    return site.server.rows("audit", "--limit", "1")[0]["principal"]


def test_a_record_may_be_taken_over_alone(site):
    site.ok(text=ZONE)
    site.server.ctl_ok("record", "add", "corp.example", "hand", "300", "A", "192.0.2.10")
    site.ok(text=HEAD + """    records:
      - {name: "@", type: NS, data: [ns1]}
      - {name: ns1, type: A, data: [192.0.2.53]}
      - {name: hand, ttl: 600, type: A, data: [192.0.2.10, 192.0.2.11], adopt: true}
""")
    assert [r[1:6] for r in records(site.server) if r[0] == "hand.corp.example"] == \
        [(600, "A", "192.0.2.10", "local:apply", "static"),
         (600, "A", "192.0.2.11", "local:apply", "static")]


@pytest.mark.parametrize("line, word", [
    ("www CNAME ns1", "CNAME beside other records"),
    ("below.sub A 192.0.2.1", "sub.corp.example"),
])
def test_what_cannot_stand_there_is_a_conflict(site, line, word):
    site.ok(text=ZONE)
    site.server.ctl_ok("zone", "add", "sub.corp.example")
    before = last(site.server)
    answer = site.apply("--yes", text=ZONE + f"      {line}\n")
    assert answer.code == 1 and word in answer.out + answer.err, answer
    assert last(site.server) == before


def test_no_records_and_no_word_of_records_differ(site):
    site.ok(text=ZONE)
    rows, _ = site.plan(text=HEAD)
    assert not rows, "a zone whose records are not named keeps them"
    rows, _ = site.plan(text=HEAD + '    records: ""\n', code=1)
    assert {(r["name"], r["action"]) for r in rows} == \
        {("@", "conflict"), ("ns1", "delete"), ("www", "delete")}


def test_many_that_go_are_held(site):
    hosts = "".join(f"      h{i} A 192.0.2.{i}\n" for i in range(1, 31))
    site.ok(text=ZONE + hosts)
    few = "".join(f"      h{i} A 192.0.2.{i}\n" for i in range(1, 20))
    before = last(site.server)
    answer = site.apply("--yes", text=ZONE + few)
    assert answer.code == 3 and "--yes-many" in answer.err, answer
    assert last(site.server) == before
    site.ok("--yes-many")
    assert len([r for r in records(site.server) if r[0].startswith("h")]) == 19


# --- deletes, files

def test_a_zone_goes_only_by_two_words(site):
    site.ok(text=ZONE)
    assert "0 to delete" in site.ok(text="tenure: 1\nzones: []\n"), "left out is left alone"
    site.write("tenure: 1\nzones:\n  - {name: corp.example, state: absent}\n")
    rows, summary = site.plan()
    assert (rows[0]["action"], rows[0]["guarded"]) == ("delete", "allow-delete")
    assert rows[0]["records"] == 4 and rows[0]["foreign"] == 1 and summary["guarded"] == 1
    answer = site.apply("--yes")
    assert answer.code == 3 and "--allow-delete" in answer.err
    site.ok("--allow-delete")
    assert not site.server.rows("zone", "list")
    assert "0 to delete" in site.ok("--allow-delete"), "what is absent is as it should be"
    site.server.ctl_ok("zone", "restore", "corp.example", "--yes")
    assert ("www.corp.example", 3600, "A", "192.0.2.80", "local:apply", "static") in \
        records(site.server)


def test_a_zone_is_of_one_file(site):
    site.ok(text=ZONE)
    before = last(site.server)
    for text in (ZONE, "tenure: 1\nzones:\n  - {name: corp.example, state: absent}\n"):
        answer = site.write(text, "other.yaml").apply("--yes", "--allow-delete")
        assert answer.code == 1 and "is managed by the file 'site'" in answer.err, answer
    assert last(site.server) == before
    site.write(ZONE, "other.yaml").ok("--take")
    assert "managed by the file 'other'" in site.write(ZONE, "site.yaml").apply("--yes").err
    site.write("name: other\n" + ZONE, "third.yaml")
    assert "0 to add, 0 to change" in site.ok(), "a file's name may be said"


# --- keys and groups

def test_keys_and_groups(site):
    text = """tenure: 1
keys:
  - {name: kea1, secret: {file: kea1.key}}
  - {name: web, generate: true}
groups:
  - {name: dhcp, acting: on, members: ["key:kea1"]}
"""
    site.secret("kea1.key", SECRET)
    site.ok(text=text)
    web = site.server.ctl_ok("key", "show", "web")
    assert SECRET in site.server.ctl_ok("key", "show", "kea1")
    assert "0 to add, 0 to change" in site.ok() and site.server.ctl_ok("key", "show", "web") == web
    site.secret("kea1.key", OTHER)
    rows, _ = site.plan(text=text.replace('["key:kea1"]', '["key:kea1", "key:kea2"]'))
    assert [(r["object"], r["name"], r["action"], r["field"]) for r in rows] == \
        [("key", "kea1", "change", "secret"), ("group", "dhcp", "change", "members")]
    assert rows[0]["after"] == {"algorithm": "hmac-sha256", "secret": "kea1.key"}
    assert rows[1]["add"] == ["key:kea2"] and rows[1]["remove"] == []
    shown = site.ok()
    assert OTHER not in shown + site.server.ctl_ok("audit", "export") + site.server.log()
    assert OTHER in site.server.ctl_ok("key", "show", "kea1")
    assert "0 to add, 0 to change" in site.ok()
    answer = site.apply("--yes", text="tenure: 1\nkeys:\n  - {name: web, state: absent}\n"
                                      "groups:\n  - {name: dhcp, state: absent}\n")
    assert answer.code == 3 and "--allow-delete" in answer.err
    site.ok("--allow-delete")
    assert [r["name"] for r in site.server.rows("key", "list")] == ["kea1"]
    assert not site.server.rows("group", "list")


@pytest.mark.parametrize("mode, name, word", [
    (0o644, "kea1.key", "others can read it (mode 0644): chmod 600"),
    (0o640, "kea1.key", "others can read it"),
    (0o600, "none.key", "No such file"),
])
def test_a_secret_is_its_owners_alone(site, mode, name, word):
    site.secret("kea1.key", SECRET, mode)
    text = "tenure: 1\nkeys:\n  - {name: kea1, secret: {file: %s}}\n" % name
    answer = site.apply("--yes", text=text)
    assert answer.code == 2 and f"site.yaml:3:33: secret: {name}: {word}" in answer.err, answer
    assert not site.server.rows("key", "list")


@pytest.mark.skipif(os.geteuid() != 0, reason="another user's link is made by root alone")
def test_links_of_others_are_not_followed(site):
    site.folder.chmod(0o777)
    site.secret("real.key", SECRET)
    link = site.folder / "kea1.key"
    link.symlink_to("real.key")
    os.lchown(link, 65534, 65534)
    answer = site.apply("--yes",
                        text="tenure: 1\nkeys:\n  - {name: kea1, secret: {file: kea1.key}}\n")
    assert answer.code == 2 and "site.yaml:3:33:" in answer.err and SECRET not in answer.err
    os.lchown(link, 0, 0)
    site.ok()


def test_a_secret_in_the_file_is_refused_and_never_quoted(site):
    text = f"tenure: 1\nkeys:\n  - {{name: kea1, secret: {SECRET}}}\n"
    answer = site.apply("--yes", text=text)
    assert answer.code == 2 and "site.yaml:3:26:" in answer.err and SECRET not in answer.err
    site.ok("--allow-inline-secrets")
    assert SECRET in site.server.ctl_ok("key", "show", "kea1")
    for wrong in (SECRET[:-3], "key \"other\" { algorithm hmac-sha256; secret \"%s\"; };" % SECRET):
        site.secret("kea1.key", wrong)
        answer = site.apply("--yes", text="tenure: 1\nkeys:\n  - {name: kea1, "
                                          "secret: {file: kea1.key}}\n")
        assert answer.code == 2 and "site.yaml:3:26:" in answer.err, answer
        assert SECRET[:10] not in answer.err


# --- compare and swap

def test_a_plan_is_good_until_somebody_comes_to_it(site):
    site.ok(text=ZONE)
    saved = site.folder / "plan.json"
    text = ZONE.replace("192.0.2.80", "192.0.2.81")
    site.apply("--plan", "--save", saved, text=text)
    # What has nothing to do with it does not matter.
    site.server.ctl_ok("record", "add", "corp.example", "mail", "300", "A", "192.0.2.25")
    site.server.ctl_ok("zone", "add", "other.example")
    answer = site.server.ctl("apply", saved, "--yes")
    assert answer.code == 0, answer
    assert site.server.query("www.corp.example", "A").answer[0][0].address == "192.0.2.81"
    # The same record does.
    site.apply("--plan", "--save", saved, text=ZONE)
    site.server.ctl_ok("record", "add", "corp.example", "www", "3600", "A", "192.0.2.99")
    before = last(site.server)
    answer = site.server.ctl("apply", saved, "--yes")
    assert answer.code == 1 and "www.corp.example A was changed since the plan was made" in \
        answer.err and last(site.server) == before, answer
    # And another file is another plan.
    site.apply("--plan", "--save", saved, text=ZONE)
    site.write(ZONE + "# more\n")
    answer = site.server.ctl("apply", saved, "--yes")
    assert answer.code == 1 and "is another than when the plan was made" in answer.err, answer
    assert json.loads(saved.read_text())["schema"] == "tenure.apply-saved/1"


@pytest.mark.parametrize("deed", [
    ("zone", "set", "corp.example", "max-rate=5"),
    ("zone", "del", "corp.example", "--yes"),
    ("record", "note", "corp.example", "www", "changed"),
    ("zone", "policy", "add", "corp.example", "allow key:x claim"),
])
def test_rows_of_state_are_compared_too(site, deed):
    text = ZONE + """    settings: {update: secure}
    rules: |
      allow key:kea claim
    notes:
      - {name: www, text: first}
"""
    site.ok(text=text)
    saved = site.folder / "plan.json"
    site.apply("--plan", "--save", saved, text=text.replace("secure", "none").replace("first", "second")
               .replace("key:kea", "key:other"))
    site.server.ctl_ok(*deed)
    before = last(site.server)
    answer = site.server.ctl("apply", saved, "--yes")
    assert answer.code == 1 and "since the plan was made" in answer.err, answer
    assert last(site.server) == before


def test_it_asks_and_takes_no_for_an_answer(site):
    site.write(ZONE)
    answer = site.apply()
    assert answer.code == 3 and "--yes" in answer.err and not site.server.rows("zone", "list")
    code, shown = on_terminal(site.server, "apply", str(site.path), answer="n")
    assert code == 3 and "to add" in shown and not site.server.rows("zone", "list")
    code, shown = on_terminal(site.server, "apply", str(site.path), answer="y")
    assert code == 0 and len(site.server.rows("zone", "list")) == 1


def test_the_log_says_who_and_for_whom_and_by_which_file(site):
    site.ok("--reason", "CHG-7", text=ZONE)
    first = site.server.rows("audit", "show", "1")[0]
    assert first["acting"] == "local:apply" and first["principal"].startswith("local:")
    assert first["comment"] == "CHG-7"
    digest = __import__("hashlib").sha256(ZONE.encode()).hexdigest()
    assert f"apply site, SHA-256 {digest}" in json.dumps(first)
    assert {row["run"] for row in site.server.rows("audit")} == {first["run"]}


# --- what is wrong has its place

WRONG = [
    # text, line:column, what is said
    ("tenur: 1\n", "1:1", "unknown field 'tenur': did you mean 'tenure'?"),
    ("tenure: 2\n", "1:9", "expected 1"),
    ("zones: []\n", "1:1", "`tenure: 1`, is missing"),
    ("- a\n", "", "expected fields"),
    ("tenure: 1\ntenure: 1\n", "2:1", "said before, in line 1"),
    ("tenure: 1\nzones: {}\n", "2:8", "zones: expected a list"),
    ("tenure: 1\nzones:\n  - corp.example\n", "3:5", "expected fields"),
    ("tenure: 1\nzones:\n  - {names: a.example}\n", "3:6", "unknown field 'names'"),
    ("tenure: 1\nzones:\n  - {soa: {}}\n", "3:5", "either a name or"),
    ("tenure: 1\nzones:\n  - {name: a..example}\n", "3:12", "'a..example'"),
    ("tenure: 1\nzones:\n  - {reverse: 192.0.2.0/23}\n", "3:15", "whole label"),
    ("tenure: 1\nzones:\n  - {reverse: 192.0.2}\n", "3:15", "ADDRESS/BITS"),
    ("tenure: 1\nzones:\n  - {name: a.example, state: gone}\n", "3:30", "expected absent"),
    ("tenure: 1\nzones:\n  - {name: a.example, state: absent, ttl: 1h}\n", "3:5", "no other fields"),
    ("tenure: 1\nzones:\n  - {name: a.example}\n  - {name: A.example.}\n", "4:5",
     "said before, in line 3"),
    (HEAD + "    settings: {refresh: 7}\n", "5:25", "refresh: '7' is not a duration"),
    (HEAD + "    settings: {refreshed: 7d}\n", "5:27", "unknown setting 'refreshed'"),
    (HEAD + "    settings: {aging: yes}\n", "5:23", "aging: 'yes' is not one of"),
    (HEAD + "    settings: {aging: [on]}\n", "5:23", "expected a single value, found a list"),
    (HEAD + "    settings: {aging: on, aging: off}\n", "5:27", "said before"),
    (HEAD + "    settings: {notify: 192.0.2.7 key nobody}\n", "5:24", "no key 'nobody' here"),
    (HEAD + "    settings: {ptr: on}\n", "5:21", "ptr-from=PREFIX"),
    (HEAD + "    rules: |\n      allow key:a claim\n      permit key:b claim\n", "7:7", "permit"),
    (HEAD + "    rules: [a]\n", "5:12", "expected a text"),
    (HEAD + "    soa: {}\n", "5:5", "said before"),
    (HEAD.replace("rname", "rnam"), "4:37", "unknown field 'rnam'"),
    (HEAD.replace("ns1.corp.example.", "ns1..x."), "4:18", "not a name"),
    (HEAD + "    ttl: soon\n", "5:10", "'soon' is not seconds"),
    (HEAD + "    serial-at-least: -1\n", "5:22", "not a number"),
    (HEAD + "    records:\n", "5:13", "expected lines of a zone file"),
    (HEAD + "    records: |\n      @ NS ns1\n      www AAA 1.2.3.4\n", "7:11", "not a record type"),
    (HEAD + "    records: |\n      @ NS ns1\n      www A 1.2.3\n", "7:13", "IPv4"),
    (HEAD + "    records: |\n      www 300 A 1.2.3.4\n      www 600 A 1.2.3.5\n", "7:7",
     "two TTLs, 300 and 600"),
    (HEAD + "    records: |\n      www CNAME a\n      www CNAME b\n", "7:7", "one CNAME"),
    (HEAD + "    records: |\n      @ SOA a b 1 2 3 4 5\n", "6:7", "SOA"),
    (HEAD + "    records: |\n      x.other.example. A 1.2.3.4\n", "6:7", "outside of the zone"),
    (HEAD + "    records: |\n      $INCLUDE /etc/passwd\n", "6:7", "INCLUDE"),
    (HEAD + "    records:\n      - {name: www, type: A}\n", "6:9", "data: expected a list"),
    (HEAD + "    records:\n      - {name: www, type: A, data: [1.2.3]}\n", "6:37", "data:"),
    (HEAD + "    records:\n      - {name: www, typ: A, data: [1.2.3.4]}\n", "6:21", "unknown field"),
    (HEAD + "    records:\n      - {name: www, ttl: x, type: A, data: [1.2.3.4]}\n", "6:26", "ttl:"),
    (HEAD + "    records-file: ../x\n", "5:19", "out of this file's folder"),
    (HEAD + "    records-file: /etc/passwd\n", "5:19", "relative to this file"),
    (HEAD + "    records-file: none.zone\n", "5:19", "No such file"),
    (HEAD + "    records: \"\"\n    records-file: x\n", "6:5", "records already, in line 5"),
    (HEAD + "    rules: \"\"\n    rules-file: x\n", "6:5", "rules already, in line 5"),
    (HEAD + "    seed: {file: ../x}\n", "5:18", "out of this file's folder"),
    ("tenure: 1\nzones:\n  - {name: n.example, seed: {file: none.zone}}\n", "3:36", "No such file"),
    (HEAD + "    seed: {}\n", "5:11", "file is missing"),
    (HEAD + "    reserve:\n      - {name: web8}\n", "6:9", "for is missing"),
    (HEAD + "    reserve:\n      - {name: web8, for: bea}\n", "6:27", "bea"),
    (HEAD + "    reserve:\n      - {name: \"@\", for: \"key:a\"}\n", "6:16", "the zone itself"),
    (HEAD + "    reserve:\n      - {name: a, for: \"key:a\"}\n      - {name: A, for: \"key:b\"}\n",
     "7:9", "kept for somebody already"),
    (HEAD + "    notes:\n      - {name: a}\n", "6:9", "text is missing"),
    (HEAD + "    notes:\n      - {name: a, text: \"x\\ty\"}\n", "6:25", "the note"),
    (HEAD + "    notes:\n      - {name: a, type: FOO, text: x}\n", "6:25", "FOO"),
    ("tenure: 1\nkeys:\n  - {name: a}\n", "3:5", "either a secret or"),
    ("tenure: 1\nkeys:\n  - {name: a, generate: maybe}\n", "3:25", "expected on or off"),
    ("tenure: 1\nkeys:\n  - {generate: true}\n", "3:5", "name is missing"),
    ("tenure: 1\nkeys:\n  - {name: a, generate: true, algorithm: hmac-sha255}\n", "3:42",
     "did you mean 'hmac-sha256'?"),
    ("tenure: 1\nkeys:\n  - {name: a, generate: true, algorithm: hmac-md5}\n", "3:5", "hmac-md5"),
    ("tenure: 1\nkeys:\n  - {name: a, secret: {env: NO_SUCH_NAME}}\n", "3:29", "NO_SUCH_NAME"),
    ("tenure: 1\nkeys:\n  - {name: a, secret: {fil: x}}\n", "3:23", "expected {file: NAME}"),
    ("tenure: 1\nkeys:\n  - {name: a, generate: true}\n  - {name: A, generate: true}\n", "4:5",
     "said before, in line 3"),
    ("tenure: 1\ngroups:\n  - {name: Dhcp}\n", "3:12", "group"),
    ("tenure: 1\ngroups:\n  - {name: dhcp, members: \"key:a\"}\n", "3:27", "expected a list"),
    ("tenure: 1\ngroups:\n  - {name: dhcp, members: [\"key:a\", kea]}\n", "3:37", "'kea'"),
    ("tenure: 1\ngroups:\n  - {name: dhcp, acting: 1}\n", "3:26", "expected on or off"),
    ("tenure: 1\nserver: {bin: 7}\n", "2:15", "'7' is not a duration"),
    ("tenure: 1\nserver: {bn: 7d}\n", "2:10", "unknown field 'bn'"),
    ("tenure: 1\nserver: {scavenge: {schedul: off}}\n", "2:30", "unknown setting 'schedul'"),
    ("tenure: 1\nserver: {scavenge: {period: 7}}\n", "2:29", "period"),
    ("tenure: 1\nserver: {defaults: {refresh: x}}\n", "2:30", "default-refresh"),
    ("tenure: 1\nserver: {audit: {retention-age: 7}}\n", "2:33", "retention-age"),
    ("tenure: 1\nx: &a [1]\ny: *a\n", "2:4", "anchors and aliases"),
    ("tenure: !!int 1\n", "1:9", "tags"),
    ("tenure: 1\n---\ntenure: 1\n", "2:1", "second document"),
    ("tenure: 1\n? [a]\n: b\n", "2:3", "name of a field"),
    ("tenure: [[[[[[[[1]]]]]]]]\n", "1:16", "deeper"),
    ("tenure: 1\n\tzones: []\n", "2:1", "not YAML"),
    ("tenure: 1\nzones: [\n", "3:1", "not YAML"),
    ("tenure: \"a\\0b\"\n", "1:9", "NUL"),
]


@pytest.fixture(scope="module")
def wrong_site(tmp_path_factory):
    from tenure import Tenured
    server = Tenured(clock=NOON).start()
    one = Site(server, tmp_path_factory.mktemp("wrong"))
    yield one
    server.close()


@pytest.mark.parametrize("text, place, word", WRONG, ids=[str(i) for i in range(len(WRONG))])
def test_what_is_wrong_has_its_place_and_changes_nothing(wrong_site, text, place, word):
    site, before = wrong_site, last(wrong_site.server)
    answer = site.apply("--yes", text=text)
    assert answer.code == 2, answer
    at = f"site.yaml:{place}: " if place else "site.yaml: "
    line = [one for one in answer.err.splitlines() if at in one]
    assert line and word in line[0], answer.err
    assert last(site.server) == before and not site.server.rows("zone", "list")


def test_several_faults_are_named_at_once(site):
    answer = site.apply("--plan", text="tenure: 1\nzone: []\nkeys:\n  - {name: a, state: b}\n")
    assert ":2:1: unknown field 'zone'" in answer.err and ":4:22: state" in answer.err
    assert "3 faults" in answer.err


def test_a_bomb_is_refused(site):
    text = "tenure: 1\na: &a [x,x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)},*{chr(97 + i)}]\n" for i in range(20))
    answer = site.apply("--plan", text=text)
    assert answer.code == 2 and "site.yaml:2:4:" in answer.err
    site.path.write_bytes(b"x" * (17 << 20))
    answer = site.apply("--plan")
    assert answer.code == 2 and "longer than" in answer.err


def test_a_fault_in_a_file_of_records_is_named_there(site):
    (site.folder / "corp.zone").write_text("@ NS ns1\nns1 A 192.0.2.53\nwww A 192.0.2\n")
    answer = site.apply("--yes", text=HEAD + "    records-file: corp.zone\n")
    assert answer.code == 2 and re.search(r"corp\.zone:3:7: ", answer.err), answer
    (site.folder / "rules").write_text("# one\nallow key:a clam\n")
    answer = site.apply("--yes", text=HEAD + "    rules-file: rules\n")
    assert answer.code == 2 and re.search(r"rules:2:13: ", answer.err), answer
    (site.folder / "seed.zone").write_text("@ 60 SOA a b 1 2 3 4 5\n@ 60 NS a\nw 60 CNAME a\n"
                                           "w 60 A 192.0.2.1\n")
    answer = site.apply("--yes", text="tenure: 1\nzones:\n  - name: corp.example\n"
                                      "    seed: {file: seed.zone}\n")
    assert answer.code == 2 and re.search(r"seed\.zone:[34]: ", answer.err), answer
    assert not site.server.rows("zone", "list")


# --- the form as a schema

SCHEMA = json.loads((SOURCE / "doc/schema/tenure-site.json").read_text())
# What a schema cannot know: names, values of settings, zone files, what is in other files.
UNKNOWN_TO_SCHEMA = re.compile(
    r"said before|duration|unknown setting|not one of|no key|permit|not a name|seconds|not a number"
    r"|record type|IPv4|two TTLs|one CNAME|SOA|outside of the zone|INCLUDE|data:|ttl:|folder"
    r"|relative to this file|No such file|already, in line|bea|the zone itself|kept for somebody"
    r"|the note|FOO|either a secret|no other fields|a\.\.example|whole label|hmac-md5|NO_SUCH_NAME"
    r"|'kea'|period|default-refresh|retention-age|anchors|tags|second|name of a field|not YAML|NUL"
    r"|schedul|found nothing|expected lines|ptr-from")


def form_of(text):
    """The file as JSON Schema sees it: plain words of YAML 1.2, where on and off are texts."""
    import yaml

    class Loader(yaml.SafeLoader):
        pass
    Loader.yaml_implicit_resolvers = {
        first: [(tag, expression) for tag, expression in known
                if tag not in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:float")]
        for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()}
    return yaml.load(text, Loader)


def test_the_schema_takes_what_apply_takes():
    import jsonschema
    validator = jsonschema.Draft202012Validator(SCHEMA)
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    for name in ("small-site.yaml", "bind-migrated.yaml"):
        errors = [error.message for error in validator.iter_errors(form_of((SITE / name).read_text()))]
        assert not errors, errors
    missed = []
    for text, _, word in WRONG:
        if UNKNOWN_TO_SCHEMA.search(word):
            continue
        if validator.is_valid(form_of(text)):
            missed.append((text, word))
    assert not missed, missed


def test_the_schema_and_the_reader_have_the_same_fields():
    def fields(form):
        found = set()
        if isinstance(form, dict):
            if form.get("additionalProperties") is False:
                found |= set(form["properties"])
            for value in form.values():
                found |= fields(value)
        elif isinstance(form, list):
            for value in form:
                found |= fields(value)
        return found
    reader = (SOURCE / "ctl/site_form.c").read_text() + (SOURCE / "ctl/site_records.c").read_text()
    known = set(re.findall(r'\{"([a-z0-9-]+)", site_(?:put|unknown)\w*\}', reader))
    known |= {"file", "env"} | set(re.search(r'known\[\] = \{(.*?)\}', reader).group(1)
                                   .replace('"', "").replace(" ", "").split(","))
    assert fields(SCHEMA) == known
    page = (SOURCE / "doc/tenure-site.5").read_text()
    missing = {field for field in known if not re.search(rf"\b{field}\b", page)}
    assert not missing, missing


# --- what fails in the middle, and who asks without tenurectl

def document(**more):
    return json.dumps({"tenure": 1, "name": "site", "digest": "0" * 64, **more}).encode()


def ask(server, data, **args):
    return control(server, "apply", {name.replace("_", "-"): value for name, value in args.items()},
                   [data])[1]


def records_of(zone, count):
    return [{"name": f"h{i}.{zone}", "type": "A", "ttl": 60, "data": f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}"}
            for i in range(count)]


def test_an_rrset_that_fits_no_message_takes_all_back(site):
    site.ok(text=ZONE)
    lines = "".join(f"      big 60 TXT \"{i:03} {'x' * 250}\"\n" for i in range(300))
    before, decided = last(site.server), state(site.server)
    answer = site.apply("--yes", text=ZONE.replace("zones:", "server: {bin: 20d}\nzones:") + lines)
    assert answer.code == 1 and "nothing was changed: more records than a message can carry" in \
        answer.err, answer
    assert last(site.server) == before and state(site.server) == decided
    # The server goes on.
    site.ok(text=ZONE + "      big 60 TXT small\n")


def test_a_full_map_changes_nothing(made, tmp_path):
    server = made(config="map-size: 16MiB\n", clock=NOON).start()
    site = Site(server, tmp_path)
    site.ok(text=ZONE)
    before, decided = last(server), state(server)
    text = " ".join(["x" * 250] * 16)
    lines = "".join(f"      h{i} 60 TXT {text}\n" for i in range(3000))
    answer = site.apply("--yes", text=ZONE + lines)
    assert answer.code == 1 and "nothing was changed: the store's map is full" in answer.err, answer
    assert last(server) == before and state(server) == decided
    assert server.query("www.corp.example", "A").answer[0][0].address == "192.0.2.80"
    site.ok(text=ZONE + "      new A 192.0.2.9\n")


def test_a_large_zone_is_made_in_parts_and_is_one_then(site):
    lines = "".join(f"      h{i} A 10.0.{i >> 8}.{i & 255}\n" for i in range(3000))
    assert "run 0" not in site.ok(text=ZONE + lines).lower()
    assert len(records(site.server)) == 3004
    before = last(site.server)
    assert "0 to add, 0 to change" in site.ok() and last(site.server) == before
    seed = "".join(f"s{i} 60 A 10.1.{i >> 8}.{i & 255} ; tenure owner=key:k{i % 7} "
                   f"stamp={NOON} class=dynamic\n" for i in range(3000))
    (site.folder / "seed.zone").write_text("@ 60 SOA ns h 7 2 3 4 5\n@ 60 NS ns\n" + seed)
    text = ("tenure: 1\nzones:\n  - name: seeded.example\n    settings: {update: secure}\n"
            "    rules: allow key:k1 claim\n    seed: {file: seed.zone}\n"
            "    records: |\n      extra A 192.0.2.1\n")
    site.write(text, "seeded.yaml").ok()
    have = records(site.server, "seeded.example")
    assert len(have) == 3003 and ("extra.seeded.example", 3600, "A", "192.0.2.1", "local:apply",
                                  "static") in have
    assert site.server.rows("zone", "policy", "show", "seeded.example")[0]["rules"] == 1
    before = last(site.server)
    assert "0 to add, 0 to change" in site.ok() and last(site.server) == before


def test_a_conflict_with_a_seed_takes_both_back(site):
    (site.folder / "seed.zone").write_text(
        "@ 60 SOA ns h 7 2 3 4 5\n@ 60 NS ns\nwww 60 A 192.0.2.1 ; tenure owner=key:web "
        f"stamp={NOON} class=dynamic\n")
    text = ("tenure: 1\nserver: {bin: 20d}\nzones:\n  - name: seeded.example\n"
            "    seed: {file: seed.zone}\n    records: |\n      www 60 A 192.0.2.1\n")
    answer = site.apply("--yes", text=text)
    assert answer.code == 1 and "is owned by key:web (dynamic)" in answer.err, answer
    assert last(site.server) == 0 and not site.server.rows("zone", "list")


def test_an_address_that_gives_way_is_no_conflict(site):
    site.server.ctl_ok("zone", "add", "--reverse", "192.0.2.0/24")
    site.ok(text=ZONE + "    settings: {ptr: on, ptr-from: 192.0.2.0/24}\n")
    reverse = "2.0.192.in-addr.arpa"
    assert ("80." + reverse, 3600, "PTR", "www.corp.example.") in \
        {row[:4] for row in records(site.server, reverse) if row[5] == "derived"}
    site.write(f"tenure: 1\nzones:\n  - name: {reverse}\n    records:\n"
               "      - {name: '80', ttl: 60, type: PTR, data: [other.corp.example.]}\n", "reverse.yaml")
    site.ok()
    assert [row[1:6] for row in records(site.server, reverse) if row[0].startswith("80.")] == \
        [(60, "PTR", "other.corp.example.", "local:apply", "static")]
    before = last(site.server)
    assert "0 to add, 0 to change" in site.ok() and last(site.server) == before


@pytest.mark.parametrize("data, said", [
    (b"", "no JSON object"),
    (b"[]", "no JSON object"),
    (b'{"tenure": 1, "tenure": 1}', "no JSON object"),
    (b'{"secret": "SECRET-IN-BROKEN-JSON"', "no JSON object"),
    (b"\xff", "no JSON object"),
    (b'{"tenure": 1}', "the file's name is missing"),
    (document(name="a\nb"), "control character"),
    (document(digest="x"), "not that of a file"),
    (document(more=1), "unknown field 'more'"),
    (document(zones={}), "zones: is not a list"),
    (document(zones=[7]), "is no group of fields"),
    (document(zones=[{"name": "."}]), "it is empty"),
    (document(zones=[{"name": "a", "settings": {"update": 7}}]), "is not an object of texts"),
    (document(zones=[{"name": "a", "records": [{"name": "b", "type": "A", "ttl": 1, "data": "1.2.3.4"}]}]),
     "outside of the zone"),
    (document(zones=[{"name": "a", "records": [{"name": "a", "type": "A", "ttl": 2 ** 31, "data": "1.2.3.4"}]}]),
     "no number of seconds"),
    (document(zones=[{"name": "a", "records": [{"name": "a", "type": "OPT", "ttl": 1, "data": ""}]}]),
     "only in messages"),
    (document(zones=[{"name": "a", "records": [{"name": "a", "type": "A", "ttl": 1, "data": "1.2.3.4"},
                                               {"name": "a", "type": "A", "ttl": 2, "data": "1.2.3.5"}]}]),
     "two TTLs"),
    (document(zones=[{"name": "a"}, {"name": "A."}]), "said before"),
    (document(keys=[{"name": "k", "secret": "AAAA", "generate": True}]), "either a secret or"),
    (document(keys=[{"name": "k", "secret": "SECRET"}]), "neither a key file"),
    (document(groups=[{"name": "g", "members": ["@h"]}]), "groups do not nest"),
    (document(zones=[{"name": "a", "rules": "allow key:a claim\x00"}]), "no JSON object"),
    (document(zones=[{"name": "a", "notes": [{"name": "b", "text": "\u202e"}]}]), "the note"),
])
def test_a_document_is_not_trusted(wrong_site, data, said):
    server, before = wrong_site.server, last(wrong_site.server)
    for is_plan in (True, False):
        result = ask(server, data, plan=is_plan)
        assert result["code"] == 2 and said in result["error"], result
        assert "SECRET" not in json.dumps(result)
    assert last(server) == before and server.is_alive()


def test_a_document_of_any_size_is_bounded(wrong_site):
    server = wrong_site.server
    piece = b'{"x": "' + b"y" * (1 << 19)
    _, result = control(server, "apply", {}, [piece] * 70)
    assert result["code"] == 2 and "longer than" in result["error"], result
    data = document(zones=[{"name": "big.example", "records": records_of("big.example", 200001)}])
    pieces = [data[at:at + (1 << 19)] for at in range(0, len(data), 1 << 19)]
    _, result = control(server, "apply", {}, pieces)
    assert result["code"] == 2 and "more items than one file may have" in result["error"], result


@pytest.mark.parametrize("seeds, pieces", [
    (["0"], [b"", b"junk"]), (["7"], [b"", b""]), (["x"], [b""]), ([], [b""]), (["0", "0"], [b"", b""]),
])
def test_seeds_are_not_trusted(wrong_site, seeds, pieces):
    data = document(zones=[{"name": "a.example", "seed": {"file": "a", "digest": "0" * 64}}])
    _, result = control(wrong_site.server, "apply", {"seeds": seeds}, [data, *pieces])
    assert result["code"] in (1, 2) and wrong_site.server.is_alive(), result
    assert not wrong_site.server.rows("zone", "list")


# --- seeds that are not taken

SEED = "@ 60 SOA ns h 7 2 3 4 5\n@ 60 NS ns\nwww 60 A 192.0.2.1\n"
SEEDED = "tenure: 1\nzones:\n  - name: seeded.example\n    seed: {file: seed.zone}\n"


def test_a_seed_is_not_passed_over_where_a_zone_holds_records(site):
    (site.folder / "seed.zone").write_text(SEED)
    site.server.ctl_ok("zone", "add", "seeded.example")
    site.server.ctl_ok("record", "add", "seeded.example", "hand", "60", "A", "192.0.2.7")
    before, have = last(site.server), records(site.server, "seeded.example")
    rows, summary = site.plan(text=SEEDED, code=1)
    assert [(r["object"], r["action"], r["reason"], r["fix"]) for r in rows[-1:]] == \
        [("seed", "conflict", "not-taken", "keep-seeds")]
    assert "holds 1 record beside SOA and NS" in rows[-1]["text"] and summary["conflict"] == 1
    shown = site.apply("--plan")
    assert shown.code == 1 and re.search(r"seed +seed\.zone +! is not taken: the zone holds 1 record beside", shown.out)
    answer = site.apply("--yes")
    assert answer.code == 1 and "tenurectl zone import seeded.example seed.zone --plan" in answer.err, answer
    assert last(site.server) == before, "nothing was changed"
    # The words that are named lead on.
    said = site.ok("--keep-seeds")
    assert re.search(r"seed +seed\.zone += left, the zone stays: the zone holds 1 record", said), said
    assert {row for row in records(site.server, "seeded.example") if row[2] != "SOA"} == \
        {row for row in have if row[2] != "SOA"}
    site.server.ctl_ok("zone", "import", "seeded.example", site.folder / "seed.zone", "--replace")
    assert [r[0] for r in records(site.server, "seeded.example") if r[2] == "A"] == ["www.seeded.example"]


def test_another_seed_than_the_one_taken_is_said(site):
    (site.folder / "seed.zone").write_text(SEED)
    site.ok(text=SEEDED)
    site.server.ctl_ok("record", "del", "seeded.example", "www", "A", "--yes")
    before = last(site.server)
    assert "0 to add" in site.ok() and last(site.server) == before, "the same seed is nothing to do"
    (site.folder / "seed.zone").write_text(SEED + "late 60 A 192.0.2.2\n")
    answer = site.apply("--yes")
    assert answer.code == 1 and "another seed than the one taken before (SHA-256 " in answer.err, answer
    assert last(site.server) == before
    said = site.ok("--keep-seeds")
    assert "= left, the zone stays: it is another seed" in said and last(site.server) == before, said


def test_the_row_of_a_seed_stands_behind_its_zone(site):
    (site.folder / "seed.zone").write_text(SEED)
    rows, _ = site.plan(text=SEEDED)
    assert [row["object"] for row in rows] == ["zone", "seed"]


# --- what is changed by hand

@pytest.mark.parametrize("words", [
    ("set", "corp.example", "www", "A", "192.0.2.99"),
    ("add", "corp.example", "www", "3600", "A", "192.0.2.80"),
    ("del", "corp.example", "www", "A"),
])
def test_a_change_of_a_managed_record_warns(site, words):
    site.ok(text=ZONE)
    done = site.server.ctl("record", *words, *(["--yes"] if words[0] == "del" else []))
    assert done.code == 0 and "www.corp.example is managed by the site's file 'site'" in done.err, done
    quiet = site.server.ctl("record", "set", "corp.example", "other", "A", "192.0.2.1")
    assert quiet.code == 0 and "managed" not in quiet.err, quiet


def test_what_was_set_by_hand_is_replaced_by_adopt(site):
    site.ok(text=ZONE)
    plan = site.server.ctl("record", "set", "corp.example", "www", "A", "192.0.2.98", "192.0.2.99", "--plan")
    assert plan.code == 0 and "managed by the site's file" in plan.err, plan
    site.server.ctl_ok("record", "set", "corp.example", "www", "A", "192.0.2.98", "192.0.2.99")
    rows, _ = site.plan("--adopt")
    assert [(r["name"], r["action"], r["before"]["data"], r["after"]["data"]) for r in rows] == \
        [("www", "change", ["192.0.2.98", "192.0.2.99"], ["192.0.2.80"])]
    site.ok("--adopt")
    assert [r[3:] for r in records(site.server) if r[0] == "www.corp.example"] == \
        [("192.0.2.80", "local:apply", "static")]
    # What a client has beside stays, and so does what stands there without the word.
    site.server.ctl_ok("record", "set", "corp.example", "www", "A", "192.0.2.97")
    assert "beside records of" in site.ok()
    assert len([r for r in records(site.server) if r[0] == "www.corp.example"]) == 2


def test_the_last_line_says_what_a_revert_leaves(site):
    assert "zones that were made stay until `zone del`" in site.ok(text=ZONE)
    said = site.ok(text=ZONE.replace("192.0.2.80", "192.0.2.81"))
    assert "takes it back." in said, said
    gone = site.ok("--allow-delete", text="tenure: 1\nzones:\n  - {name: corp.example, state: absent}\n")
    assert "zones that went come back by `zone restore`" in gone, gone


def test_a_slip_in_a_rule_is_warned_of(site):
    group = "groups:\n  - {name: dhcp, members: ['key:kea1']}\n"
    text = ZONE.replace("zones:", group + "zones:") + "    rules: |\n      allow @GROUP claim\n      allow key:kea9 claim\n"
    said = site.apply("--plan", text=text.replace("GROUP", "dhpc"))
    assert "corp.example: rules, line 1: there is no group @dhpc: this matches nobody" in said.err, said
    assert "rules, line 2: there is no key 'kea9' here" in said.err and said.err.count("line 1:") == 1, said
    # What the file itself makes is there.
    keys = "keys:\n  - {name: kea9, generate: true}\n"
    said = site.apply("--yes", text=text.replace("GROUP", "dhcp").replace("groups:", keys + "groups:"))
    assert said.code == 0 and "rules, line" not in said.err, said
