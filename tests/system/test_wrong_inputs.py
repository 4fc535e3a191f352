# SPDX-License-Identifier: BSD-2-Clause
"""Wrong inputs, over all commands, with the sentences that they get: what was typed, what is wrong
with it, and what was probably meant. "Did you mean" never offers what destroys."""
import os
import shlex

import pytest

from tenure import program, run

ZONE = "corp.example"

WRONG = [
    ("zone lst", 2,
     "unknown command 'zone lst': did you mean 'zone list'?"),
    ("zone add", 2,
     "zone add: a zone's NAME or --reverse PREFIX is needed, one of both"),
    ("zone add corp.example", 1,
     "zone add: zone corp.example is here already"),
    ("zone add 10.1.0.0/16", 2,
     "zone add: '10.1.0.0/16' is a prefix, not a zone's name: `zone add --reverse 10.1.0.0/16` makes the reverse zone"),
    ("zone add fd00:1::/32 update=secure", 2,
     "zone add: 'fd00:1::/32' is a prefix, not a zone's name: `zone add --reverse fd00:1::/32` makes the reverse zone"),
    ("zone add 10.1.2.3", 2,
     "zone add: '10.1.2.3' is an address, not a zone's name: `zone add --reverse 10.1.2.3/BITS` makes the reverse zone"),
    ("zone add a..b", 2,
     "zone add: 'a..b' is not a zone's name: empty label in a name"),
    ("zone add x.example update=secur", 2,
     "zone add: update: 'secur' is not one of none, nonsecure, secure, report"),
    ("zone add x.example updte=secure", 2,
     "zone add: unknown setting 'updte': did you mean 'update'?"),
    ("zone add x.example update", 2,
     "zone add: 'update' is not SETTING=VALUE (a value with blanks stands in quotes)"),
    ("zone add x.example refresh=7", 2,
     "zone add: refresh: '7' is not a duration (7d, 168h, 90m, 30s)"),
    ("zone add x.example max-names=-1", 2,
     "zone add: max-names: '-1' is not a number from 1 to 1000000, hosts:NUMBER, or none"),
    ("zone del corp.exmaple --yes", 4,
     "zone del: no zone 'corp.exmaple' here: did you mean 'corp.example'?"),
    ("zone show nosuch", 4,
     "zone show: no zone 'nosuch' here"),
    ("zone set corp.example", 2,
     "zone set: too few words"),
    ("zone set corp.example aging=yes", 2,
     "zone set: aging: 'yes' is not one of off, on"),
    ("zone set corp.example refresh=7", 2,
     "zone set: refresh: '7' is not a duration (7d, 168h, 90m, 30s)"),
    ("zone set corp.example notify=here", 2,
     "zone set: notify: 'here' is not none, ns or an address, with [@PORT][ key NAME] behind "
     "it"),
    ("zone set corp.example transfer=10.0.0.0/33", 2,
     "zone set: transfer: '10.0.0.0/33': the prefix length behind / is not a number that fits "
     "the address"),
    ("zone set corp.example transfer=anybody", 2,
     "zone set: transfer: 'anybody': not an IP address"),
    ("zone set corp.example keep-types=AAA", 2,
     "zone set: keep-types: 'AAA' is not a record type: did you mean 'AAAA'?"),
    ("zone set corp.example max-share=120", 2,
     "zone set: max-share: '120' is not a percentage from 1% to 100%, or none"),
    ("zone freeze corp", 4,
     "zone freeze: no zone 'corp' here"),
    ("zone import corp.example /nonexistent/none", 1,
     "zone import: cannot read /nonexistent/none: No such file or directory"),
    ("zone export corp.example --at 99d", 4,
     "zone export: there was no zone 'corp.example' then"),
    ("zone check corp.exmaple", 4,
     "zone check: no zone 'corp.exmaple' here: did you mean 'corp.example'?"),
    ("zone policy shw corp.example", 2,
     "zone policy: 'shw' is not one of show, set, add, edit, check"),
    ("zone policy check corp.example --diff", 2,
     "zone policy: --diff compares a FILE with what is stored"),
    ("group list @x", 2,
     "group list: too many words: '@x' (a value with blanks stands in quotes)"),
    ("group show dhpc", 4,
     "group show: no group '@dhpc' here"),
    ("group create dhcp -acting key:a", 2,
     "group create: unknown option '-acting': did you mean '--acting'?"),
    ("group create @dhcp kea1", 2,
     "group create: member: 'kea1' is no principal and no group: did you mean 'key:kea1'?"),
    ("group create 'key:x' key:a", 2,
     "group create: 'key:x': a group's name is of a-z, 0-9, '-', '_' and '.'"),
    ("group create @DHCP key:a", 2,
     "group create: '@DHCP': a group's name is of a-z, 0-9, '-', '_' and '.'"),
    ("group add @nosuch key:a", 4,
     "group add: no group '@nosuch' here"),
    ("group remove @nosuch key:a", 4,
     "group remove: no group '@nosuch' here"),
    ("group set @nosuch acting=on", 4,
     "group set: no group '@nosuch' here"),
    ("group set @nosuch acting=maybe", 2,
     "group set: acting: 'maybe' is not one of on, off"),
    ("record list corp.example -owner key:a", 2,
     "record list: unknown option '-owner': did you mean '--owner'?"),
    ("record list corp.example --owner kea1", 2,
     "record list: owner: 'kea1' is no principal and no group: did you mean 'key:kea1'?"),
    ("record list corp.example --type AAA", 2,
     "record list: 'AAA' is not a record type: did you mean 'AAAA'?"),
    ("record list corp.example --class dynamc", 2,
     "record list: class: 'dynamc' is not one of static, dynamic, pinned"),
    ("record add corp.example www AAA 10.0.0.1", 2,
     "record add: 'AAA' is not a record type: did you mean 'AAAA'?"),
    ("record add corp.example www A 10.0.0.300", 2,
     "record add: data of A, column 1 of '10.0.0.300': not an IPv4 address"),
    ("record add corp.example www -5 A 10.0.0.1", 2,
     "record add: '-5' is not a TTL: seconds up to 2147483647, or as in 1h30m"),
    ("record add corp.example www 300 A", 2,
     "record add: a record needs TYPE and DATA"),
    ("record add corp.example www A", 2,
     "record add: too few words"),
    ("record add corp.example www.example.net. A 10.0.0.1", 2,
     "record add: 'www.example.net.' is outside of zone corp.example"),
    ("record add corp.exmaple www A 10.0.0.1", 4,
     "record add: no zone 'corp.exmaple' here: did you mean 'corp.example'?"),
    ("record add corp.example www CNAME x", 1,
     "record add: www.corp.example holds A: a CNAME cannot stand beside it"),
    ("record add corp.example t TXT", 2,
     "record add: too few words"),
    ("record add corp.example m MX mail", 2,
     "record add: data of MX, column 1 of 'mail': not a number, or one that is too large"),
    ("record add corp.example h A 10.0.0.1 --owner kea1", 2,
     "record add: owner: 'kea1' is no principal and no group: did you mean 'key:kea1'?"),
    ("record add corp.example h A 10.0.0.1 --class dynamc", 2,
     "record add: class: 'dynamc' is not one of static, dynamic, pinned"),
    ("record add corp.example h A 10.0.0.1 --ttl 1x", 2,
     "record add: unknown option '--ttl'"),
    ("record del corp.example nosuch", 4,
     "record del: no such record at nosuch.corp.example"),
    ("record del corp.example www AAA", 2,
     "record del: 'AAA' is not a record type: did you mean 'AAAA'?"),
    ("record del corp.example www A 10.9.9.9", 4,
     "record del: no such record at www.corp.example"),
    ("record sett corp.example www A 10.0.0.1", 2, "unknown command 'record sett'"),
    ("record set corp.example www A 10.0.0.1 10.0.0", 2,
     "record set: data of A, column 1 of '10.0.0': not an IPv4 address"),
    ("record set corp.example www MX 10 a 20 b", 2, "record set: data of MX, column 6 of '10 a 20 b': more "
     "words than the record's data has"),
    ("record pin corp.example nosuch", 4,
     "record pin: no such record at nosuch.corp.example"),
    ("record set-class corp.example www A dynamc", 2,
     "record set-class: class: 'dynamc' is not one of static, dynamic, pinned"),
    ("record touch corp.example nosuch", 4,
     "record touch: no records at nosuch.corp.example"),
    ("record restore nosuch.corp.example", 4,
     "record restore: no such record was removed from nosuch.corp.example"),
    ("record show www", 4,
     "record show: 'www' is in no zone of this server: did you mean 'www.corp.example'?"),
    ("record show www.corp.example AAA", 2,
     "record show: 'AAA' is not a record type: did you mean 'AAAA'?"),
    ("record rm corp.example www", 2,
     "unknown command 'record rm'"),
    ("key generate kea1", 1,
     "key generate: key kea1 is here already: `key rotate kea1` gives it a new secret, `key "
     "show kea1` prints it"),
    ("key generate a..b", 2,
     "key generate: name: 'a..b' is not a name: empty label in a name"),
    ("key generate new --algorithm sha256", 2,
     "key generate: unknown algorithm 'sha256': did you mean 'hmac-sha256'?"),
    ("key generate new --algorithm hmac-md5", 1,
     "key generate: key new: hmac-md5 is broken and not allowed here (allow-md5 in "
     "tenured.yaml); hmac-sha256 is what everybody has"),
    ("key show kae1", 4,
     "key show: no key 'kae1' here: did you mean 'kea1'?"),
    ("key import /nonexistent/none", 1,
     "key import: /nonexistent/none: No such file or directory"),
    ("key del kae1", 4,
     "key del: no key 'kae1' here: did you mean 'kea1'?"),
    ("key rotate kae1", 4,
     "key rotate: no key 'kae1' here: did you mean 'kea1'?"),
    ("key rotate kea1 --until yesterday", 2,
     "key rotate: until: 'yesterday' is in the past; 'for 0s' ends the old secret at once"),
    ("key rotate kea1 --for 7", 2,
     "key rotate: for: '7' is not a duration (7d, 168h, 90m, 30s)"),
    ("key disable kae1", 4,
     "key disable: no key 'kae1' here: did you mean 'kea1'?"),
    ("key list x", 2,
     "key list: too many words: 'x' (a value with blanks stands in quotes)"),
    ("audit shw", 2,
     "unknown command 'audit shw': did you mean 'audit show'?"),
    ("audit shw 5", 2,
     "unknown command 'audit shw': did you mean 'audit show'?"),
    ("audit show", 2,
     "audit show: too few words"),
    ("audit show x5", 2,
     "audit show: 'x5' is not the number of an entry"),
    ("audit show 99999", 4,
     "audit show: no entry 99999: the log holds 1 to 6"),
    ("audit show r99999", 4,
     "audit show: no entry r99999: the log of signed refusals is empty"),
    ("audit show -5", 2,
     "audit show: '-5' is not the number of an entry"),
    ("audit --since tomorow", 2,
     "audit: since: 'tomorow' is not a time (2026-01-05T09:00:00Z, 2026-01-05 09:00, 14:00, "
     "yesterday, now, 2h ago, in 2h; in UTC)"),
    ("audit --since 2h ago", 2,
     "audit: too many words: 'ago' (a value with blanks stands in quotes)"),
    ("audit --until 25:00", 2,
     "audit: until: '25:00' is not a time (2026-01-05T09:00:00Z, 2026-01-05 09:00, 14:00, "
     "yesterday, now, 2h ago, in 2h; in UTC)"),
    ("audit --limit 0", 2,
     "audit: --limit: '0' is not a number of events from 1 on"),
    ("audit --limit x", 2,
     "audit: --limit: 'x' is not a number of events from 1 on"),
    ("audit --run x", 2,
     "audit: --run: 'x' is not a number of runs from 1 on"),
    ("audit --event 999", 2,
     "audit: unknown event '999': 'tenurectl audit events' lists them"),
    ("audit --format xml", 2,
     "audit: --format: 'xml' is not one of table, json, csv"),
    ("audit --zone", 2,
     "audit: option --zone needs a value: ZONE"),
    ("audit --denied=yes", 2,
     "audit: option --denied takes no value"),
    ("audit set retention-age=forever", 2,
     "audit set: retention-age: 'forever' is not a duration (400d, 90d), or none"),
    ("audit set retention-size=10", 2,
     "audit set: retention-size: '10' is not a size from 1M on (10G, 500M), or none"),
    ("audit set age=7d", 2,
     "audit set: 'age' is not a setting of the log: retention-age, retention-size, "
     "refusal-age, refusal-size and principal-size are"),
    ("audit prune --yes --plan", 2,
     "audit prune: --plan and --yes exclude each other"),
    ("audit revert", 2,
     "audit revert: what is to be reverted? An entry's number, --run RUN, or --principal P "
     "with --since TIME"),
    ("audit revert 99999", 4,
     "audit revert: there is no entry 99999: the last is 6"),
    ("audit revert --since tomorow", 2,
     "audit revert: what is to be reverted? An entry's number, --run RUN, or --principal P "
     "with --since TIME"),
    ("audit revert --principal kea1 --plan", 2,
     "audit revert: since when? --since TIME is needed with --principal"),
    ("scavenge run corp.exmaple", 4,
     "scavenge run: no zone 'corp.exmaple' here: did you mean 'corp.example'?"),
    ("scavenge run corp.example", 6,
     "scavenge run: nothing was done: aging is off"),
    ("scavenge plan corp.example --at 30", 2,
     "scavenge plan: at: '30' is not a time (2026-01-05T09:00:00Z, 2026-01-05 09:00, 14:00, "
     "yesterday, now, 2h ago, in 2h; in UTC)"),
    ("scavenge approve 99", 4,
     "scavenge approve: there is no run 99"),
    ("scavenge approve all", 2,
     "scavenge approve: 'all' is not a run's number, as `scavenge status` shows"),
    ("scavenge cancel x", 2,
     "scavenge cancel: 'x' is not a run's number, as `scavenge status` shows"),
    ("scavenge set period=7", 2,
     "scavenge set: period: '7' is not a duration (7d, 168h) or off"),
    ("scavenge set schedule=Sun", 2,
     "scavenge set: schedule: 'Sun' is not a calendar like \"Sun 03:00\" or \"daily 02:30 "
     "UTC\": behind the days stands a time (03:00)"),
    ("scavenge set schedule=Sun 25:00", 2,
     "scavenge set: '25:00' is not SETTING=VALUE (a value with blanks stands in quotes)"),
    ("scavenge undo 99", 4,
     "scavenge undo: there is no run 99"),
    ("scavenge history --limit 0", 2,
     "scavenge history: --limit: '0' is not a number of runs"),
    ("owner show www", 4,
     "owner show: 'www' is in no zone of this server: did you mean 'www.corp.example'?"),
    ("owner list kea1", 2,
     "owner list: principal: 'kea1' is no principal and no group: did you mean 'key:kea1'?"),
    ("owner transfer --from kea1 --to key:b", 2,
     "owner transfer: from: 'kea1' is no principal and no group: did you mean 'key:kea1'?"),
    ("owner transfer --to key:b", 2,
     "owner transfer: --from and --to, or --file, are needed"),
    ("owner transfer --from key:kea1 --to @nosuch", 4,
     "owner transfer: to: there is no group @nosuch"),
    ("owner transfer --from key:nobody --to key:kea1", 4,
     "owner transfer: key:nobody owns no such records here"),
    ("owner transfer --from key:kea1 --to key:kea1", 2,
     "owner transfer: from and to are the same: key:kea1"),
    ("owner reserve x.corp.example", 2,
     "owner reserve: --for is needed: who may claim the name"),
    ("owner reserve x.corp.example --for kea1", 2,
     "owner reserve: for: 'kea1' is no principal and no group: did you mean 'key:kea1'?"),
    ("owner release nosuch.corp.example", 4,
     "owner release: nothing stands at nosuch.corp.example"),
    ("why", 2,
     "why: NAME and TYPE, --update FILE, --last NAME or --seq SEQ is needed"),
    ("why www.corp.example", 2,
     "why: --as PRINCIPAL is needed: who would ask"),
    ("why www.corp.example A", 2,
     "why: --as PRINCIPAL is needed: who would ask"),
    ("why www.corp.example A --as kea1", 2,
     "why: as: 'kea1' is no principal and no group: did you mean 'key:kea1'?"),
    ("why --seq x", 2,
     "why: --seq: 'x' is not the number of an entry"),
    ("why --seq r99", 4,
     "why: no entry r99: the log of signed refusals is empty"),
    ("stats x", 2,
     "stats: too many words: 'x' (a value with blanks stands in quotes)"),
    ("clock set tomorrow", 3,
     "clock set: the clock is the machine's: only a tenured that was started with --clock "
     "lets it be set"),
    ("notify status nosuch", 4,
     "notify status: no zone 'nosuch' here"),
    ("zone notify corp.exmaple", 4,
     "zone notify: no zone 'corp.exmaple' here: did you mean 'corp.example'?"),
    ("history", 2,
     "history: too few words"),
    ("history nosuch.corp.example --since tomorow", 2,
     "history: since: 'tomorow' is not a time (2026-01-05T09:00:00Z, 2026-01-05 09:00, 14:00, "
     "yesterday, now, 2h ago, in 2h; in UTC)"),
    ("bin list nosuch", 4,
     "bin list: no zone 'nosuch' here"),
    ("bin set 7", 2,
     "bin set: keeps: '7' is not a duration (7d, 168h, 90m, 30s)"),
    ("backup", 2,
     "backup: too few words"),
    ("backup /nonexistent/none/dir/file", 1,
     "backup: /nonexistent/none/dir/file: No such file or directory"),
    ("digest --lines x", 2,
     "digest: too many words: 'x' (a value with blanks stands in quotes)"),
    ("nonsense", 2,
     "unknown command 'nonsense'"),
    ("status --jsn", 2,
     "status: unknown option '--jsn': did you mean '--json'?"),
    ("help nonsense", 2,
     "unknown command 'nonsense'"),
    ("owner list 'key:kea-*'", 2,
     "owner list: principal: 'key:kea-*' is a pattern: here one principal or group is named"),
    ("owner transfer --from 'key:kea*' --to key:kea1", 2,
     "owner transfer: from: 'key:kea*' is a pattern: here one principal or group is named"),
    ("history pc17", 4,
     "history: 'pc17' is in no zone of this server: did you mean 'pc17.corp.example'?"),
    ("why --last pc17", 4,
     "why: the log holds no refusal about pc17: did you mean 'pc17.corp.example'?"),
    ("why --last pc1.corp.exmaple", 4,
     "why: the log holds no refusal about pc1.corp.exmaple: did you mean 'pc1.corp.example'?"),
    ("record show www.corp.exmaple", 4,
     "record show: 'www.corp.exmaple' is in no zone of this server: did you mean "
     "'www.corp.example'?"),
    ("zone policy add corp.example 'alow key:a claim'", 2,
     "zone policy: 'alow key:a claim', column 1: expected allow or deny, found 'alow': did "
     "you mean 'allow'?"),
    ("zone policy add corp.example 'allow kea1 claim'", 2,
     "zone policy: 'allow kea1 claim', column 7: 'kea1' is not authenticated, anonymous, a "
     "principal (key:kea1?) or a group (@kea1?)"),
    ("zone policy add corp.example 'allow key:a clame'", 2,
     "zone policy: 'allow key:a clame', column 13: expected a right, found 'clame': did you "
     "mean 'claim'?"),
    ("zone policy add corp.example 'allow key:a claim types AAA'", 2,
     "zone policy: 'allow key:a claim types AAA', column 25: 'AAA' is not a record type: did "
     "you mean 'AAAA'?"),
    ("audit --name pc17", 4,
     "audit: 'pc17' is in no zone of this server: did you mean 'pc17.corp.example'?"),
    ("audit --principal kea1", 4,
     "audit: principal: 'kea1' is no principal and no group: did you mean 'key:kea1'?"),
    ("audit --principal key:kae1", 4,
     "audit: no entry is of 'key:kae1': did you mean 'key:kea1'?"),
    ("audit --run 99", 4,
     "audit: there was no run 99"),
    ("audit export --principal key:kae1 -", 4,
     "audit export: no entry is of 'key:kae1': did you mean 'key:kea1'?"),
    ("recrod list corp.example", 2,
     "unknown command 'recrod list': did you mean 'record list'?"),
    ("key gen x", 2,
     "unknown command 'key gen': did you mean 'key generate'?"),
    ("zone rm corp.example", 2,
     "unknown command 'zone rm'"),
    ("group del @x", 4,
     "group del: no group '@x' here"),
    ("restor x", 2,
     "unknown command 'restor x'"),
    ("scavenge plann", 2,
     "unknown command 'scavenge plann': did you mean 'scavenge plan'?"),
    ("group add @nosuch kea1", 2,
     "group add: member: 'kea1' is no principal and no group: did you mean 'key:kea1'?"),
]

# What takes away what may not come back.
DESTROYERS = ["zone del", "zone import", "record del", "record set", "record release", "key del",
              "group del", "group remove", "owner release", "audit prune", "audit revert", "scavenge run",
              "scavenge approve", "store rekey", "stop", "restore"]


@pytest.fixture(scope="module")
def server(request):
    import tenure
    one = tenure.Tenured()
    one.start()
    one.zone(ZONE, "ns A 10.0.0.53", "www A 10.0.0.80", "www TXT x", update="secure")
    update = one.update(ZONE, one.key("kea1"))
    update.add("pc1", 300, "A", "10.0.0.1")
    assert one.ask(update).rcode() == 0
    yield one
    one.close()


def test_there_are_many():
    assert len(WRONG) >= 93
    assert len({line.split()[0] for line, _, _ in WRONG}) >= 15


@pytest.mark.parametrize("line, code, said", WRONG, ids=[line for line, _, _ in WRONG])
def test_a_wrong_input_gets_its_sentence(server, line, code, said):
    answer = server.ctl(*shlex.split(line), input="")
    errors = [text for text in answer.err.splitlines() if "warning: " not in text]
    assert (answer.code, errors[0]) == (code, f"tenurectl: {said}"), answer


@pytest.mark.parametrize("line", [
    "record sett corp.example www A 10.0.0.1", "record rm corp.example www", "record dell x",
    "zone dele corp.example", "zone imprt corp.example -", "key dele kea1", "group delet @x",
    "group remov @x key:a", "owner releas www", "audit prun", "audit reverted 1",
    "scavenge runn", "scavenge aprove 1", "store rekay", "sstop", "restoree x", "stpo",
    "record relase corp.example www"])
def test_what_destroys_is_not_offered(server, line):
    answer = server.ctl(*shlex.split(line), input="")
    assert answer.code == 2 and "unknown command" in answer.err
    for words in DESTROYERS:
        assert f"did you mean '{words}'" not in answer.err, answer.err


def test_a_beginning_is_enough_for_a_suggestion(server):
    assert "did you mean 'key generate'?" in server.ctl("key", "gen", "x").err
    assert "did you mean 'audit show'?" in server.ctl("audit", "sho").err


def test_keys_that_are_not_here_are_said_of_rules(server):
    rules = "allow key:kae1 claim at x\nallow key:kea1 claim at y\nallow key:later claim at z\n" \
        "allow key:web* claim at w\n"
    answer = server.ctl("zone", "policy", "check", ZONE, "-", input=rules)
    assert answer.code == 0
    lines = [text for text in answer.err.splitlines() if "there is no key" in text]
    assert len(lines) == 2, answer.err
    assert "line 1: warning: there is no key 'kae1' here" in lines[0]
    assert "did you mean key:kea1?" in lines[0]
    assert "line 3: warning: there is no key 'later' here: this matches nobody yet" in lines[1]


@pytest.mark.parametrize("config, said", [
    ("gss:\n  keytab: /nonexistent/none/krb5.keytab\n",
     "gss.keytab: '/nonexistent/none/krb5.keytab': No such file or directory"),
    ("export:\n  syslog: tls://[::1]:6514\n  ca: /nonexistent/none/ca.pem\n", "export.ca: '/nonexistent/none/ca.pem': No such file"),
    ("export:\n  syslog: tls://[::1]:6514\n  certificate: /nonexistent/none/c.pem\n  key: /tmp\n", "export.key: '/tmp': this is a"),
    ("export:\n  file: /nonexistent/none/log.jsonl\n", "its folder is not there"),
    ("checkpoint:\n  key: /nonexistent/none/key\n", "checkpoint.key: '/nonexistent/none/key': No such file"),
    ("socket: /nonexistent/none/control.sock\n", "socket: '/nonexistent/none/control.sock': its folder is not there"),
    ("data: /nonexistent/none/data\n", "data: '/nonexistent/none/data': it cannot be made: No such file"),
    ("data: /etc/passwd\n", "data: '/etc/passwd': this is no folder"),
    ("dnstap:\n  socket: /nonexistent/none/tap.sock\n", "dnstap.socket: '/nonexistent/none/tap.sock': its folder is not there"),
    (f"dnstap:\n  socket: /tmp/{'x' * 110}\n", "it is longer than 107 bytes"),
    ("export:\n  socket: /nonexistent/none/log.sock\n", "export.socket: '/nonexistent/none/log.sock': its folder"),
    ("checkpoint:\n  key: /etc/passwd\n", "checkpoint.key: '/etc/passwd': others than its owner may read it (mode 0644)"),
    ("user: nobody-of-that-name\n", "user: 'nobody-of-that-name': there is no such user"),
    ("group: nobody-of-that-name\n", "group: 'nobody-of-that-name': there is no such group"),
])
def test_check_config_looks_whether_files_are_there(tmp_path, config, said):
    path = tmp_path / "tenured.yaml"
    path.write_text(config)
    answer = run(program("tenured"), "--config", path, "--check-config")
    assert answer.code == 2 and said in answer.err, answer
    assert "configuration is right" not in answer.out
    path.write_text("{}\n")
    assert run(program("tenured"), "--config", path, "--check-config").code == 0


def test_check_config_tells_all_in_one_run(tmp_path):
    path = tmp_path / "tenured.yaml"
    path.write_text("lisen: x\nuser: nobody-of-that-name\ngss: {keytab: /nonexistent/k}\n"
                    "checkpoint: {key: /nonexistent/key}\nsocket: /nonexistent/none/s\n"
                    "export: {syslog: 'http://x', file: /nonexistent/none/f}\n"
                    "listen: [0.0.0.0, 127.0.0.1]\nroles: {read: user nosuch}\n")
    answer = run(program("tenured"), "--config", path, "--check-config")
    assert answer.code == 2
    for said in ('unknown option "lisen"', "user: 'nobody-of", "gss.keytab: '", "checkpoint.key: '", "socket: '",
                 "export.syslog: http://x", "export.file: '", "is every address",
                 "warning: roles.read: 'user nosuch': the system does not know that name"):
        assert said in answer.err, (said, answer.err)


def test_check_config_warns_of_what_a_server_starts_with(tmp_path):
    path = tmp_path / "tenured.yaml"
    path.write_text("socket: /run/tenure-nowhere/control.sock\nroles: {operate: [group nosuch]}\n")
    answer = run(program("tenured"), "--config", path, "--check-config")
    assert answer.code == 0 and answer.out == "the configuration is right\n", answer
    assert "warning: socket: '/run/tenure-nowhere/control.sock': its folder is not there" in answer.err
    assert "warning: roles.operate: 'group nosuch'" in answer.err


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_check_config_looks_as_the_user_that_the_server_becomes(tmp_path):
    key, path = tmp_path / "key.pem", tmp_path / "tenured.yaml"
    run("openssl", "genpkey", "-algorithm", "ed25519", "-out", key)
    key.chmod(0o600)
    path.write_text(f"data: /tmp/tenure-no-folder\ncheckpoint: {{key: {key}}}\n")
    assert run(program("tenured"), "--config", path, "--check-config").code == 0
    path.write_text(path.read_text() + "user: nobody\n")
    answer = run(program("tenured"), "--config", path, "--check-config")
    assert answer.code == 2 and f"checkpoint.key: '{key}': Permission denied" in answer.err, answer
