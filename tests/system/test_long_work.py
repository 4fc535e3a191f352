# SPDX-License-Identifier: BSD-2-Clause
"""Long work of an administrator, beside which clients go on, and which a crash does not spoil."""
import subprocess
import threading

import dns.rcode
import pytest

from tenure import program, wait_until

START = "2026-01-05T09:00:00Z"
ZONE = "large.example"
OTHER = "corp.example"
NAMES = 20000


def fill(server, names=NAMES):
    path = server.folder / "large.zone"
    path.write_text(f"$ORIGIN {ZONE}.\n$TTL 300\n@ SOA ns hostmaster 1 900 300 86400 300\n"
                    "@ NS ns\nns A 10.0.0.1\n"
                    + "".join(f"h{n} A 10.0.{n // 250}.{n % 250}\n" for n in range(names)))
    server.ctl_ok("zone", "add", ZONE, "--file", path)


def content(server):
    out = server.folder / "out.zone"
    server.ctl_ok("zone", "export", ZONE, out)
    return [line for line in out.read_text().splitlines() if "SOA" not in line
            and not line.startswith(";")]


@pytest.fixture
def server(tenured):
    one = tenured(clock=START)
    one.zone(OTHER, update="nonsecure")
    fill(one)
    return one


class Client:
    """Sends updates of another zone, one after another, until it is stopped."""

    def __init__(self, server):
        self.server, self.is_stopped, self.answered = server, False, 0
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.is_stopped:
            update = self.server.update(OTHER)
            update.replace(f"pc{self.answered % 50}", 300, "A", f"10.9.0.{self.answered % 250}")
            assert self.server.ask(update).rcode() == dns.rcode.NOERROR
            self.answered += 1

    def stop(self):
        self.is_stopped = True
        self.thread.join()


def assert_between(server, begins):
    """Entries of the long work, which began behind `begins`, stand between those of the client."""
    seqs = sorted({row["seq"] for row in server.rows("audit", "--zone", OTHER)
                   if row["seq"] > begins})
    assert sum(later - earlier > 1 for earlier, later in zip(seqs, seqs[1:])) >= 2


def has_event(server, event):
    return bool(server.rows("audit", "--event", event))


def test_updates_are_made_between_the_parts_of_a_deletion(server):
    before, begins = content(server), server.last_change()
    client = Client(server)
    server.ctl_ok("zone", "del", ZONE, "--yes")
    client.stop()
    assert_between(server, begins)
    assert client.answered > 5
    assert server.query(f"h1.{ZONE}", "A").rcode() == dns.rcode.REFUSED
    assert len(server.query(f"pc1.{OTHER}", "A").answer) == 1
    server.ctl_ok("zone", "restore", ZONE)
    assert content(server) == before
    assert len(server.query(f"pc1.{OTHER}", "A").answer) == 1


def test_a_deletion_that_a_crash_interrupts_goes_on(server):
    before = content(server)
    deletion = subprocess.Popen([program("tenurectl"), "--socket", server.socket, "zone", "del",
                                 ZONE, "--yes"],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    wait_until(lambda: server.query(f"h1.{ZONE}", "A").rcode() == dns.rcode.REFUSED, "it is gone")
    server.kill()
    deletion.wait()
    server.restart()
    assert server.query(f"h1.{ZONE}", "A").rcode() == dns.rcode.REFUSED
    wait_until(lambda: has_event(server, "zone-delete"), "the rest is deleted")
    assert not has_event(server, "run-abandon")
    server.ctl_ok("zone", "restore", ZONE)
    assert content(server) == before


def import_again(server, octet):
    path = server.folder / "again.zone"
    path.write_text((server.folder / "large.zone").read_text().replace(" A 10.0.", f" A 10.{octet}."))
    server.ctl_ok("zone", "import", ZONE, path)
    return server.rows("audit", "show", server.last_change())[0]["run"]


def test_updates_are_made_between_the_parts_of_an_undo(server):
    before = content(server)
    run = import_again(server, 7)
    begins = server.last_change()
    client = Client(server)
    said = server.ctl_ok("audit", "revert", "--run", run)
    client.stop()
    assert "conflict" not in said
    assert_between(server, begins)
    assert content(server) == before
    assert len(server.rows("audit", "--event", "run-start")) == 1
    assert len([row for row in server.rows("audit", "--event", "run-end")
                if row["seq"] > begins]) == 1
    assert server.ctl("audit", "revert", "--run", run).code != 0, "it was undone"


def test_what_a_client_changed_between_two_parts_stays(server):
    """As what was changed before the undo: it is a conflict, and the rest is undone."""
    server.ctl_ok("zone", "set", ZONE, "update=nonsecure", "protect-static=off")
    run = import_again(server, 7)
    undo = subprocess.Popen([program("tenurectl"), "--socket", server.socket, "audit", "revert",
                             "--run", str(run)], stdout=subprocess.PIPE, text=True)
    update = server.update(ZONE)
    update.replace(f"h{NAMES - 1}", 300, "A", "10.99.99.99")
    assert server.ask(update).rcode() == dns.rcode.NOERROR
    undo.communicate()
    answer = server.query(f"h{NAMES - 1}.{ZONE}", "A").answer
    assert [r.to_text() for r in answer[0]] in (["10.99.99.99"], ["10.0.79.249"])
    assert server.query(f"h1.{ZONE}", "A").answer[0][0].to_text() == "10.0.0.1"


def test_an_undo_that_a_crash_interrupts_is_abandoned_and_can_be_made_again(server):
    before = content(server)
    run = import_again(server, 7)
    begins = server.last_change()
    undo = subprocess.Popen([program("tenurectl"), "--socket", server.socket, "audit", "revert",
                             "--run", str(run)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    wait_until(lambda: server.last_change() > begins + 3, "some parts are made")
    server.kill()
    undo.wait()
    server.restart()
    if not any(row["seq"] > begins for row in server.rows("audit", "--event", "run-end")):
        wait_until(lambda: has_event(server, "run-abandon"), "the log says so")
        assert content(server) != before
        server.ctl_ok("audit", "revert", "--run", run)
    assert content(server) == before


def test_updates_are_made_while_a_zone_is_added(tenured):
    """No client finds the zone before it is whole."""
    one = tenured(clock=START)
    one.zone(OTHER, update="nonsecure")
    begins = one.last_change()
    client, seen = Client(one), []

    def ask():
        while not client.is_stopped:
            seen.append(one.query(f"h{NAMES - 1}.{ZONE}", "A").rcode())
    asker = threading.Thread(target=ask)
    asker.start()
    fill(one)
    client.stop()
    asker.join()
    assert_between(one, begins)
    assert set(seen) <= {dns.rcode.REFUSED, dns.rcode.NOERROR}
    assert seen == sorted(seen, key=lambda rcode: rcode == dns.rcode.NOERROR), "it went again"
    assert one.query(f"h{NAMES - 1}.{ZONE}", "A").answer
    soa = one.query(ZONE, "SOA").answer[0][0]
    assert soa.serial == 1
    assert "all good" in one.ctl_ok("audit", "verify") or one.ctl("audit", "verify").code == 0


def test_a_zone_whose_adding_a_crash_interrupts_goes_again(tenured):
    one = tenured(clock=START)
    one.zone(OTHER)
    path = one.folder / "large.zone"
    path.write_text(f"$ORIGIN {ZONE}.\n$TTL 300\n@ SOA ns hostmaster 1 900 300 86400 300\n"
                    "@ NS ns\nns A 10.0.0.1\n"
                    + "".join(f"h{n} A 10.0.{n // 250}.{n % 250}\n" for n in range(3 * NAMES)))
    begins = one.last_change()
    adding = subprocess.Popen([program("tenurectl"), "--socket", one.socket, "zone", "add", ZONE,
                               "--file", path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    wait_until(lambda: one.last_change() > begins + 3, "some parts are made")
    one.kill()
    adding.wait()
    one.restart()
    assert one.query(f"h1.{ZONE}", "A").rcode() == dns.rcode.REFUSED
    wait_until(lambda: one.ctl("zone", "add", ZONE).code == 0, "its name is free again")
    assert any(row["event"] == "run-abandon" for row in one.rows("audit"))


def test_updates_are_made_while_a_zone_is_imported_again(server):
    server.ctl_ok("zone", "set", ZONE, "update=nonsecure", "protect-static=off")
    begins = server.last_change()
    client = Client(server)
    path = server.folder / "again.zone"
    path.write_text((server.folder / "large.zone").read_text().replace(" A 10.0.", " A 10.7.")
                    .replace("hostmaster 1 ", "hostmaster 5000 "))
    server.ctl_ok("zone", "import", ZONE, path)
    client.stop()
    assert_between(server, begins)
    assert server.query(ZONE, "SOA").answer[0][0].serial == 5000, "the file's, at last"
    lines = content(server)
    assert sum(" 10.7." in line or "\t10.7." in line for line in lines) >= NAMES
    assert not any("10.0.79." in line for line in lines)


# --- changes of owners and stamps


def listed(server):
    """The addresses of the large zone, without what the present time says of them."""
    return [(row["name"], row["type"], row["data"], row["owner"], row["class"], row["stamp"])
            for row in server.rows("record", "list", ZONE) if row["type"] == "A"]


def begun(server, *words):
    """A command that goes on beside the test."""
    return subprocess.Popen([program("tenurectl"), "--socket", server.socket, *words],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def interrupted(server, command):
    """The server ends when some parts are made; whether the command was not done by then."""
    begins = server.last_change()
    work = begun(server, *command)
    wait_until(lambda: server.last_change() > begins + 5, "some parts are made")
    server.kill()
    work.wait()
    server.restart()
    if any(row["seq"] > begins for row in server.rows("audit", "--event", "run-end")):
        return False
    wait_until(lambda: has_event(server, "run-abandon"), "the log says so")
    return True


@pytest.fixture
def dynamic(server):
    """Its records are dynamic."""
    path = server.folder / "dynamic.zone"
    path.write_text((server.folder / "large.zone").read_text())
    server.ctl_ok("zone", "import", ZONE, path, "--dynamic", "--owner", "key:old")
    return server


def test_updates_are_made_between_the_parts_of_a_transfer_and_of_a_touch(dynamic):
    before = listed(dynamic)
    serial = dynamic.query(ZONE, "SOA").answer[0][0].serial
    for words in (["owner", "transfer", "--from", "key:old", "--to", "key:new", "--yes"],
                  ["record", "touch", ZONE, "@", "--recurse"]):
        dynamic.ctl_ok("clock", "forward", "1h")
        begins, at = dynamic.last_change(), listed(dynamic)
        client = Client(dynamic)
        dynamic.ctl_ok(*words)
        client.stop()
        assert_between(dynamic, begins)
        assert listed(dynamic) != at
        run = dynamic.rows("audit", "--event", "run-start")[-1]
        assert run["seq"] > begins
        dynamic.ctl_ok("audit", "revert", "--run", run["run"])
        assert listed(dynamic) == at
    assert listed(dynamic) == before
    assert dynamic.query(ZONE, "SOA").answer[0][0].serial == serial


def test_a_transfer_that_a_crash_interrupts_is_done_by_the_same_command(dynamic):
    before = listed(dynamic)
    words = ["owner", "transfer", "--from", "key:old", "--to", "key:new", "--yes"]
    if interrupted(dynamic, words):
        owners = {row[3] for row in listed(dynamic)}
        assert owners == {"key:old", "key:new"}
        dynamic.ctl_ok(*words)
    after = listed(dynamic)
    assert {row[3] for row in after} == {"key:new"}
    assert [row[:3] + row[4:] for row in after] == [row[:3] + row[4:] for row in before]
    assert dynamic.ctl("audit", "verify").code == 0


def test_a_member_that_a_crash_keeps_from_leaving_is_one_still(dynamic):
    """So it may change what is the group's by then; the same command lets it leave."""
    dynamic.ctl_ok("group", "create", "@dhcp", "key:old", "key:other", "--acting", "--yes")
    words = ["group", "remove", "@dhcp", "key:old", "--yes"]
    if interrupted(dynamic, words):
        members = [row["member"] for row in dynamic.rows("group", "show", "@dhcp")]
        assert sorted(members) == ["key:old", "key:other"]
        dynamic.ctl_ok(*words)
    assert [row["member"] for row in dynamic.rows("group", "show", "@dhcp")] == ["key:other"]
    assert {row[3] for row in listed(dynamic)} == {"@dhcp"}
