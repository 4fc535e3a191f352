# SPDX-License-Identifier: BSD-2-Clause
"""A zone that is exported, edited and imported: what was registered meanwhile stays."""
import pytest

ZONE = "corp.example"


@pytest.fixture
def server(tenured):
    one = tenured()
    one.zone(ZONE, "ns A 10.0.0.53", "www A 10.0.0.80", "www TXT old", "mail A 10.0.0.25",
             "gone A 10.0.0.99", update="secure")
    one.pc1 = one.key(f"pc1.{ZONE}")
    one.path = one.folder / "now.zone"
    return one


def register(server, name, address, key=None):
    update = server.update(ZONE, key or server.pc1)
    update.add(name, 300, "A", address)
    assert server.ask(update).rcode() == 0


def export(server):
    server.ctl_ok("zone", "export", ZONE, server.path)
    return server.path.read_text()


def edit(server, *changes):
    text = server.path.read_text()
    for was, is_ in changes:
        assert was in text, text
        text = text.replace(was, is_)
    server.path.write_text(text)


def content(server):
    rows = server.rows("record", "list", ZONE)
    return {(row["name"].removesuffix("." + ZONE), row["type"], row["data"], row["ttl"],
             row["owner"].split(":")[0], row["class"]) for row in rows if row["type"] != "SOA"}


def data(server, name, type="A"):
    answer = server.ctl("record", "list", ZONE, name, "--type", type, "--json")
    import json
    return sorted(json.loads(line)["data"] for line in answer.out.splitlines()
                  if '"data"' in line)


def test_an_export_says_its_serial_and_entry(server):
    text = export(server)
    serial = server.query(ZONE, "SOA").answer[0][0].serial
    first = text.splitlines()[0]
    assert first.startswith(f"; tenure export zone={ZONE} serial={serial} seq=")
    assert export(server) == text, "nothing moved, nothing differs"
    assert "0 added, 0 removed, 0 altered" in server.ctl_ok("zone", "import", ZONE, server.path)


@pytest.mark.parametrize("words", [[], ["--replace"]])
def test_what_was_registered_since_is_never_removed(server, words):
    """The fault: export, edit, import deleted what registered meanwhile."""
    export(server)
    register(server, "pc1", "10.0.0.7")
    edit(server, ("10.0.0.80", "10.0.0.81"))
    before = content(server)
    got = server.ctl("zone", "import", ZONE, server.path, *words)
    assert got.code == 3 and "was changed since the export" in got.err and "--merge" in got.err
    assert "since added" in got.out and "10.0.0.7" in got.out, "it is listed"
    assert content(server) == before
    rows = [row for row in server.ctl("zone", "import", ZONE, server.path, *words,
                                      "--json").out.splitlines() if '"since added"' in row]
    assert len(rows) == 1


def test_a_merge_keeps_what_was_registered_and_makes_the_edit(server):
    export(server)
    register(server, "pc1", "10.0.0.7")
    server.ctl_ok("record", "add", ZONE, "new", "A", "10.0.0.8")
    server.ctl_ok("record", "del", ZONE, "mail", "A", "10.0.0.25")
    text = server.path.read_text()
    server.path.write_text("".join(line + "\n" for line in text.splitlines()
                                   if not line.startswith("gone.")) + "added 60 A 10.0.0.9\n")
    edit(server, ("10.0.0.80", "10.0.0.81"))
    serial = server.query(ZONE, "SOA").answer[0][0].serial
    plan = server.ctl_ok("zone", "import", ZONE, server.path, "--merge", "--plan")
    assert "2 would be added, 2 removed, 0 altered" in plan and "10.0.0.99" in plan
    assert server.query(ZONE, "SOA").answer[0][0].serial == serial
    said = server.ctl_ok("zone", "import", ZONE, server.path, "--merge")
    assert "2 added, 2 removed, 0 altered by the file" in said
    assert "since the export stays (2 added, 1 removed, 0 altered)" in said
    assert server.query(ZONE, "SOA").answer[0][0].serial == serial + 1, "one change"
    assert data(server, "pc1") == ["10.0.0.7"] and data(server, "new") == ["10.0.0.8"]
    assert data(server, "www") == ["10.0.0.81"] and data(server, "added") == ["10.0.0.9"]
    assert data(server, "mail") == [] and data(server, "gone") == []
    server.ctl_ok("audit", "revert", str(server.last_change()))
    assert data(server, "gone") == ["10.0.0.99"] and data(server, "www") == ["10.0.0.80"]
    assert data(server, "pc1") == ["10.0.0.7"], "the revert is of the edit alone"


def test_an_export_that_is_as_the_zone_is_replaces(server):
    export(server)
    edit(server, ("10.0.0.80", "10.0.0.81"))
    assert "1 would be added, 1 removed" in server.ctl_ok("zone", "import", ZONE, server.path,
                                                          "--plan")
    assert "(1 added, 1 removed, 0 altered)" in server.ctl_ok("zone", "import", ZONE, server.path,
                                                              "--replace")
    assert data(server, "www") == ["10.0.0.81"]


def test_the_table_of_a_plan_has_its_columns(server):
    export(server)
    edit(server, ("10.0.0.80", "10.0.0.81"))
    plan = ["zone", "import", ZONE, server.path, "--plan"]
    title, *rows = server.ctl_ok(*plan, "--columns", "change,name,data").splitlines()
    assert title.split() == ["CHANGE", "NAME", "DATA"]
    assert [row.split() for row in rows[:2]] == [["removed", "www", "10.0.0.80"],
                                                ["added", "www", "10.0.0.81"]]
    assert server.ctl(*plan, "--columns", "none").code == 2


def test_both_changed_an_rrset(server):
    export(server)
    server.ctl_ok("record", "set", ZONE, "www", "A", "10.0.0.82")
    edit(server, ("10.0.0.80", "10.0.0.81"), ("10.0.0.25", "10.0.0.26"))
    before = content(server)
    got = server.ctl("zone", "import", ZONE, server.path, "--merge")
    assert got.code == 3 and "an RRset was changed by the file and since" in got.err
    assert "www.corp.example A" in got.err and "10.0.0.82" in got.out and "10.0.0.81" in got.out
    assert content(server) == before, "nothing, not even what has no conflict"
    # alike is none
    edit(server, ("10.0.0.81", "10.0.0.82"))
    server.ctl_ok("zone", "import", ZONE, server.path, "--merge")
    assert data(server, "www") == ["10.0.0.82"] and data(server, "mail") == ["10.0.0.26"]


@pytest.mark.parametrize("line", ["pc1 300 CNAME www", "pc1 300 A 10.0.0.77"])
def test_a_name_that_was_registered_since_is_not_taken(server, line):
    export(server)
    register(server, "pc1", "10.0.0.7")
    server.path.write_text(server.path.read_text() + line + "\n")
    got = server.ctl("zone", "import", ZONE, server.path, "--merge")
    assert got.code == 3 and "pc1.corp.example" in got.err
    assert data(server, "pc1") == ["10.0.0.7"]


def test_an_owner_that_was_given_away_since_stays(server):
    register(server, "pc1", "10.0.0.7")
    export(server)
    serial = server.query(ZONE, "SOA").answer[0][0].serial
    server.ctl_ok("owner", "transfer", "--from", server.pc1.principal
                  if hasattr(server.pc1, "principal") else f"key:pc1.{ZONE}", "--to", "key:other")
    assert server.query(ZONE, "SOA").answer[0][0].serial == serial, "no serial moved"
    edit(server, ("10.0.0.80", "10.0.0.81"))
    assert server.ctl("zone", "import", ZONE, server.path).code == 3
    server.ctl_ok("zone", "import", ZONE, server.path, "--merge")
    assert server.rows("record", "list", ZONE, "pc1")[0]["owner"] == "key:other"


def test_a_renewal_is_no_change(server):
    register(server, "pc1", "10.0.0.7")
    export(server)
    server.ctl_ok("record", "touch", ZONE, "pc1")
    stamp = server.rows("record", "list", ZONE, "pc1")[0]["stamp"]
    edit(server, ("10.0.0.80", "10.0.0.81"))
    server.ctl_ok("zone", "import", ZONE, server.path)
    assert server.rows("record", "list", ZONE, "pc1")[0]["stamp"] == stamp


def test_a_file_of_no_export_removes_no_registration_unless_it_is_meant(server):
    export(server)
    lines = server.path.read_text().splitlines()
    server.path.write_text("\n".join(lines[1:]) + "\n")
    server.ctl_ok("zone", "import", ZONE, server.path)
    register(server, "pc1", "10.0.0.7")
    got = server.ctl("zone", "import", ZONE, server.path)
    assert got.code == 3 and "1 record that clients registered would be removed" in got.err
    assert f"key:pc1.{ZONE}" in got.err and "--replace" in got.err and "--merge" in got.err
    assert server.ctl("zone", "import", ZONE, server.path, "--merge").code == 2
    assert "removed" in server.ctl_ok("zone", "import", ZONE, server.path, "--plan")
    assert data(server, "pc1") == ["10.0.0.7"]
    server.ctl_ok("zone", "import", ZONE, server.path, "--replace")
    assert data(server, "pc1") == []


@pytest.mark.parametrize("line", [
    "; tenure export", "; tenure export zone=corp.example serial=x seq=1",
    "; tenure export zone=corp.example serial=1 seq=99999999999999999999",
    "; tenure export zone=corp.example serial=1", "; tenure export zone=a..b serial=1 seq=1"])
def test_a_broken_line_is_said(server, line):
    export(server)
    lines = server.path.read_text().splitlines()
    server.path.write_text("\n".join([line + (" " if line.endswith("export") else "")] +
                                     lines[1:]) + "\n")
    got = server.ctl("zone", "import", ZONE, server.path, "--merge")
    assert got.code == 2 and "'; tenure export'" in got.err


def test_an_export_of_another_server_is_no_base(server, tenured):
    """Its numbers are of another log: the file is taken as any file is."""
    export(server)
    other = tenured()
    other.zone(ZONE, "x A 10.0.0.1")
    assert other.ctl("zone", "import", ZONE, server.path, "--merge").code == 3
    other.ctl_ok("zone", "import", ZONE, server.path)
    assert data(other, "www") == ["10.0.0.80"] and data(other, "x") == []


def test_a_zone_that_was_made_anew_is_another(server):
    export(server)
    server.ctl_ok("zone", "del", ZONE, "--yes")
    server.ctl_ok("zone", "add", ZONE, "--ns", "ns.corp.example")
    assert server.ctl("zone", "import", ZONE, server.path, "--merge").code == 3
    server.ctl_ok("zone", "import", ZONE, server.path)


def test_the_soa_and_its_serial(server):
    export(server)
    register(server, "pc1", "10.0.0.7")
    serial = server.query(ZONE, "SOA").answer[0][0].serial
    edit(server, ("hostmaster.corp.example.", "dns.corp.example."))
    server.ctl_ok("zone", "import", ZONE, server.path, "--merge")
    soa = server.query(ZONE, "SOA").answer[0][0]
    assert str(soa.rname) == "dns.corp.example." and soa.serial == serial + 1
    export(server)
    edit(server, (f"dns.corp.example. {serial + 1} ", "dns.corp.example. 2026010500 "))
    server.ctl_ok("zone", "import", ZONE, server.path)
    assert server.query(ZONE, "SOA").answer[0][0].serial == 2026010500


def test_a_large_zone_is_merged_in_parts(server):
    zone = "".join(f"h{i} 300 A 10.1.{i // 250}.{i % 250 + 1}\n" for i in range(3000))
    export(server)
    server.path.write_text(server.path.read_text() + zone)
    server.ctl_ok("zone", "import", ZONE, server.path)
    export(server)
    register(server, "pc1", "10.0.0.7")
    edit(server, ("\t10.1.", "\t10.2."))
    said = server.ctl_ok("zone", "import", ZONE, server.path, "--merge")
    assert "3000 added, 3000 removed" in said, said
    assert data(server, "pc1") == ["10.0.0.7"] and data(server, "h2999") == ["10.2.11.250"]
