# SPDX-License-Identifier: BSD-2-Clause
"""zone copy, zone rename: a zone under another name is what it was, but for names of itself."""
import pytest

from json_lab import control
from tenure import wait_until
from test_full import fill

OLD, NEW = "corp.example", "lab.example"
RULES = f"""# of {OLD}
allow key:web claim at www.{OLD}. types A
allow key:web write at mail   # relative
allow key:acme claim under _acme.{OLD} types TXT
"""
LINES = ["ns A 10.0.0.53", "www A 10.0.0.80", f"mail MX 10 www.{OLD}.", "mail MX 20 mx.other.example.",
         f"alias CNAME WWW.{OLD}.", f"_sip._tcp SRV 0 0 5060 www.{OLD}.", "long TXT \"www.corp.example\"",
         f"gate IPSECKEY 10 3 2 www.{OLD}. AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==",
         f"svc HTTPS 1 www.{OLD}. alpn=h2", f"red DNAME www.{OLD}."]


def made(server):
    server.zone(OLD, *LINES, update="secure", aging="on", refresh="3d")
    server.key("web"), server.key("acme")
    server.ctl_ok("zone", "policy", "set", OLD, input=RULES)
    server.ctl_ok("record", "add", OLD, "pc1", "A", "10.0.0.1", "--owner", "key:web",
                  "--class", "dynamic")
    server.ctl_ok("record", "pin", OLD, "pc1", "A")
    server.ctl_ok("record", "note", OLD, "www", "the web server")
    server.ctl_ok("record", "note", OLD, "mail", "ask bea", "--type", "MX")
    server.ctl_ok("record", "note", OLD, "nobody", "no records here")
    server.ctl_ok("owner", "reserve", f"kept.{OLD}", "--for", "key:web")
    return server


@pytest.fixture
def server(tenured):
    return made(tenured(clock="2026-01-05T09:00:00Z"))


def moved(text):
    return text.replace(OLD, NEW)


def held(server, zone):
    """All that belongs to a zone, as text that names it."""
    settings = {k: v for k, v in server.rows("zone", "show", zone)[0].items()
                if k not in ("created_at", "available_at", "serial")}
    rules = server.ctl_ok("zone", "policy", "show", zone)
    notes = server.rows("record", "notes", zone)
    kept = [r["name"] for r in server.rows("owner", "list", "key:web", "--zone", zone)
            if r["class"] == "kept"]
    return settings, rules, notes, kept


def records(server, zone):
    return [{k: v for k, v in row.items() if k != "zone"}
            for row in server.rows("record", "list", zone) if row["type"] != "SOA"]


def as_new(rows):
    """Rows of the old zone as they are to be in the new one."""
    out = []
    for row in rows:
        row = dict(row, name=moved(row["name"]))
        if row["type"] not in ("TXT", "A"):
            row["data"] = row["data"].replace(OLD, NEW)
        out.append(row)
    return out


@pytest.mark.parametrize("command", ["copy", "rename"])
def test_all_that_belongs_to_a_zone_goes_with_it(server, command):
    server.ctl_ok("clock", "forward", "1d")
    before, was = held(server, OLD), records(server, OLD)
    serial = server.rows("zone", "show", OLD)[0]["serial"]
    plan, result = control(server, f"zone {command}", {"zone": OLD, "to": NEW, "plan": True})
    assert plan == server.rows("zone", command, OLD, NEW, "--plan")
    assert server.ctl("zone", "show", NEW).code == 4
    shown = {(r["new_name"], r["type"], r["new_data"]) for r in plan if r["what"] == "renamed"}
    done = server.ctl("zone", command, OLD, NEW, "--yes", "--json").rows()[-1]
    for member in ("names", "records", "renamed", "left", "reservations", "notes"):
        assert done[member] == result[member], "what was planned"
    assert (done["reservations"], done["notes"], done["serial"]) == (1, 3, serial)
    now = records(server, NEW)
    assert now == as_new(was), "owners, stamps, classes, TTLs too"
    changed = {(r["name"], r["type"], r["data"]) for w, r in zip(was, now) if w["data"] != r["data"]}
    assert {row for row in shown if row[1] != "SOA"} == changed
    settings, rules, notes, kept = held(server, NEW)
    assert settings == {k: NEW if v == OLD else v for k, v in before[0].items()}
    assert rules == before[1].replace(f"www.{OLD}.", f"www.{NEW}.").replace(
        f"_acme.{OLD} ", f"_acme.{NEW} ")
    assert [dict(n, zone=NEW, name=moved(n["name"])) for n in before[2]] == notes
    assert kept == [moved(name) for name in before[3]]
    assert server.query(f"alias.{NEW}", "A").answer[-1][0].address == "10.0.0.80"
    if command == "copy":
        assert held(server, OLD) == before and records(server, OLD) == was
        return
    assert server.query(f"www.{OLD}", "A").rcode() == 5
    server.ctl_ok("zone", "restore", OLD)
    assert records(server, OLD) == was


def test_a_rename_must_be_meant(server):
    answer = server.ctl("zone", "rename", OLD, NEW)
    assert answer.code == 3 and f"zone {OLD} would be answered no more" in answer.err
    assert server.ctl("zone", "show", NEW).code == 4
    assert server.ctl("zone", "rename", OLD, f"a.{OLD}", "--yes").code == 1


def test_a_large_zone_goes_in_parts(tenured):
    server = tenured(clock="2026-01-05T09:00:00Z")
    made(server)
    path = server.folder / "big"
    path.write_text(server.ctl_ok("zone", "export", OLD) +
                    "".join(f"h{n} 300 A 10.1.{n // 250}.{n % 250}\n" for n in range(3000)))
    server.ctl_ok("zone", "import", OLD, str(path))
    was, before = records(server, OLD), held(server, OLD)
    server.ctl_ok("zone", "copy", OLD, NEW)
    assert records(server, NEW) == as_new(was) and len(was) > 3000
    server.ctl_ok("zone", "del", NEW, "--yes")
    server.ctl_ok("zone", "rename", OLD, NEW, "--yes")
    assert records(server, NEW) == as_new(was)
    assert held(server, NEW)[0]["frozen"] is False, "it was frozen only while it was copied"
    assert [row["zone"] for row in server.rows("zone", "list")] == [NEW]
    server.ctl_ok("zone", "rename", NEW, OLD, "--yes")
    assert records(server, OLD) == was and held(server, OLD) == before


def test_other_zones_are_named_and_left(server):
    server.zone("other.example", f"a CNAME www.{OLD}.", "b A 10.0.0.1", f"c MX 5 mail.{OLD}.")
    rows = server.rows("zone", "rename", OLD, NEW, "--plan")
    assert [(r["zone"], r["name"]) for r in rows if r.get("what") == "elsewhere"] == [
        ("other.example", "a.other.example"), ("other.example", "c.other.example")]
    said = f"2 records of other zones here name what lies in {OLD}, and "
    assert said + "would not be changed" in server.ctl("zone", "rename", OLD, NEW, "--plan").err
    answer = server.ctl("zone", "rename", OLD, NEW, "--yes")
    assert answer.code == 0 and said + "were not changed" in answer.err


def test_zones_above_and_below(server):
    server.zone(f"sub.{OLD}", "x A 10.0.2.1")
    server.ctl_ok("record", "add", OLD, "sub", "NS", f"ns.sub.{OLD}.")
    server.zone("example", "old.lab A 10.9.9.9")
    rows = server.rows("zone", "copy", OLD, NEW, "--plan")
    assert [(r["name"], r["type"]) for r in rows if r.get("what") == "left"] == [(f"sub.{OLD}", "NS")]
    answer = server.ctl("zone", "copy", OLD, NEW)
    assert answer.code == 3 and "old.lab.example" in answer.err and "--move-names" in answer.err
    done = server.ctl("zone", "rename", OLD, NEW, "--move-names", "--yes")
    assert done.code == 0, done
    assert server.query(f"old.{NEW}", "A").answer[0][0].address == "10.9.9.9"
    assert server.query(f"x.sub.{OLD}", "A").rcode() == 0


@pytest.mark.parametrize("words, code, said", [
    (["nosuch.example", NEW], 4, "no zone 'nosuch.example' here"),
    ([OLD, OLD], 1, "is here already"),
    ([OLD, "."], 2, "the root zone"),
    ([OLD, "a..b"], 2, "is not a name"),
    ([OLD, "bücher.example"], 2, "xn--"),
    ([OLD, ".".join(["x" * 60] * 4)], 1, "would be longer than a name may be"),
])
def test_what_is_wrong_is_said(server, words, code, said):
    server.ctl_ok("record", "add", OLD, "a-rather-long-label", "A", "10.0.0.9")
    answer = server.ctl("zone", "copy", *words)
    assert answer.code == code and said in answer.err, answer
    assert [row["zone"] for row in server.rows("zone", "list")] == [OLD]


def test_proofs_are_left(tenured):
    server = tenured()
    server.zone(OLD, "ns A 10.0.0.53", f"sub NS ns.other.example.",
                "sub DS 1 13 2 " + "ab" * 32, update="secure")
    rows = server.rows("zone", "copy", OLD, NEW, "--plan")
    assert [(r["type"], r["why_left"]) for r in rows if r.get("what") == "left"] == [
        ("DS", "it proves the names as they are")]
    server.ctl_ok("zone", "copy", OLD, NEW)
    assert "DS" not in {r["type"] for r in server.rows("record", "list", NEW)}


def test_a_full_map_leaves_the_old_zone(made):
    server = made(config="map-size: 16MiB\n").start()
    server.zone(OLD, "www A 10.0.0.1", *(f"h{n} A 10.1.{n // 250}.{n % 250}" for n in range(1100)),
                update="secure")
    fill(server, server.key("filler"))
    was = server.ctl_ok("zone", "export", OLD)
    answer = server.ctl("zone", "rename", OLD, NEW, "--yes")
    assert answer.code == 1 and "full" in answer.err, answer
    assert server.rows("zone", "show", OLD)[0]["frozen"] is False
    assert server.ctl_ok("zone", "export", OLD).split("\n", 1)[1] == was.split("\n", 1)[1]
    wait_until(lambda: server.ctl("zone", "show", NEW).code == 4, "what was made goes again")
    assert server.query(f"h1.{OLD}", "A").rcode() == 0
