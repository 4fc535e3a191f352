# SPDX-License-Identifier: BSD-2-Clause
"""Long work of an administrator, beside which clients go on, and which a crash does not spoil."""
import socket
import subprocess
import threading

import dns.message
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
    """Sends updates of another zone, some at a time, until it is stopped."""

    WAITING = 10  # so that there are some when the writer has a moment, also on a busy machine

    def __init__(self, server):
        self.server, self.is_stopped, self.sent, self.answered = server, False, 0, 0
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def send(self, way):
        update = self.server.update(OTHER)
        update.replace(f"pc{self.sent % 50}", 300, "A", f"10.9.0.{self.sent % 250}")
        way.send(update.to_wire())
        self.sent += 1

    def run(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
            way.connect((self.server.address, self.server.port))
            way.settimeout(20)
            while not self.is_stopped or self.sent > self.answered:
                while not self.is_stopped and self.sent < self.answered + self.WAITING:
                    self.send(way)
                answer = dns.message.from_wire(way.recv(65535))
                assert answer.rcode() == dns.rcode.NOERROR
                self.answered += 1

    def stop(self):
        self.is_stopped = True
        self.thread.join()


def is_between(server, begins):
    """Whether an entry of the client stands between two of the work, which began behind `begins`."""
    seqs = {row["seq"] for row in server.rows("audit", "--zone", OTHER) if row["seq"] > begins}
    work = sorted(set(range(begins + 1, server.last_change() + 1)) - seqs)
    return any(work[0] < seq < work[-1] for seq in seqs)


def beside_a_client(server, work, again):
    """Does the work beside a client, and `again` prepares it once more, where a busy machine did not let
    the client send anything meanwhile. Returns where the log ended before the work."""
    for _ in range(6):
        begins, client = server.last_change(), Client(server)
        work()
        client.stop()
        if is_between(server, begins):
            return begins
        again()
    pytest.fail("no update was made between the parts")


def interrupted(server, words, again):
    """The server ends when some parts of a command are made, and starts. `again` prepares the command
    once more, where it was faster than that, or was not begun."""
    for _ in range(10):
        begins, written = server.last_change(), set()
        command = words() if callable(words) else words

        def goes_on():
            written.add((server.data / "data.mdb").stat().st_mtime_ns)
            return len(written) > 3 or work.poll() is not None
        work = subprocess.Popen([program("tenurectl"), "--socket", server.socket, *map(str, command)],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        wait_until(goes_on, "some parts are made")
        server.kill()
        work.wait()
        server.restart()
        if any(row["seq"] > begins for row in server.rows("audit", "--event", "run-abandon")):
            return
        if server.last_change() > begins:
            again()
    pytest.fail("the command was not interrupted")


def has_event(server, event):
    return bool(server.rows("audit", "--event", event))


def test_updates_are_made_between_the_parts_of_a_deletion(server):
    before = content(server)
    beside_a_client(server, lambda: server.ctl_ok("zone", "del", ZONE, "--yes"),
                    lambda: server.ctl_ok("zone", "restore", ZONE))
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
    runs, said = [import_again(server, 7)], []
    begins = beside_a_client(
        server, lambda: said.append(server.ctl_ok("audit", "revert", "--run", runs[-1])),
        lambda: runs.append(import_again(server, 7)))
    run = runs[-1]
    assert "conflict" not in said[-1]
    assert content(server) == before
    assert len([row for row in server.rows("audit", "--event", "run-start")
                if row["seq"] > begins]) == 1
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
    runs = [run]
    interrupted(server, lambda: ["audit", "revert", "--run", runs[-1]],
                lambda: runs.append(import_again(server, 7)))
    assert content(server) != before
    server.ctl_ok("audit", "revert", "--run", runs[-1])
    assert content(server) == before


def seen_whole(server, work):
    """The work brings the zone, of which clients see all or nothing."""
    seen, done = [], threading.Event()

    def ask():
        while not done.is_set():
            seen.append((server.query(f"h{NAMES - 1}.{ZONE}", "A").rcode(),
                         server.query(f"h1.{ZONE}", "A").rcode()))
    asker = threading.Thread(target=ask)
    asker.start()
    work()
    done.set()
    asker.join()
    there = [rcode for pair in seen for rcode in pair]
    assert set(there) <= {dns.rcode.REFUSED, dns.rcode.NOERROR}
    assert there == sorted(there, key=lambda rcode: rcode == dns.rcode.NOERROR), "it went again"


def test_updates_are_made_while_a_zone_is_added(tenured):
    """No client finds the zone before it is whole."""
    one = tenured(clock=START)
    one.zone(OTHER, update="nonsecure")
    beside_a_client(one, lambda: seen_whole(one, lambda: fill(one)),
                    lambda: one.ctl_ok("zone", "del", ZONE, "--yes"))
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
    interrupted(one, ["zone", "add", ZONE, "--file", path],
                lambda: one.ctl_ok("zone", "del", ZONE, "--yes"))
    assert one.query(f"h1.{ZONE}", "A").rcode() == dns.rcode.REFUSED
    wait_until(lambda: one.ctl("zone", "add", ZONE).code == 0, "its name is free again")
    assert one.rows("audit", "--event", "run-abandon")


def test_updates_are_made_while_a_zone_is_imported_again(server):
    server.ctl_ok("zone", "set", ZONE, "update=nonsecure", "protect-static=off")
    path = server.folder / "again.zone"
    path.write_text((server.folder / "large.zone").read_text().replace(" A 10.0.", " A 10.7.")
                    .replace("hostmaster 1 ", "hostmaster 5000 "))
    beside_a_client(server, lambda: server.ctl_ok("zone", "import", ZONE, path),
                    lambda: import_again(server, 8))
    assert server.query(ZONE, "SOA").answer[0][0].serial == 5000, "the file's, at last"
    lines = content(server)
    assert sum(" 10.7." in line or "\t10.7." in line for line in lines) >= NAMES
    assert not any("10.0.79." in line for line in lines)


# --- changes of owners and stamps


def listed(server):
    """The addresses of the large zone, without what the present time says of them."""
    return [(row["name"], row["type"], row["data"], row["owner"], row["class"], row["stamp"])
            for row in server.rows("record", "list", ZONE) if row["type"] == "A"]


@pytest.fixture
def dynamic(server):
    """Its records are dynamic."""
    path = server.folder / "dynamic.zone"
    path.write_text((server.folder / "large.zone").read_text())
    server.ctl_ok("zone", "import", ZONE, path, "--dynamic", "--owner", "key:old")
    return server


@pytest.mark.parametrize("words", [
    ["owner", "transfer", "--from", "key:old", "--to", "key:new", "--yes"],
    ["record", "touch", ZONE, "@", "--recurse"]])
def test_updates_are_made_between_the_parts_of_a_transfer_and_of_a_touch(dynamic, words):
    before = listed(dynamic)
    serial = dynamic.query(ZONE, "SOA").answer[0][0].serial

    def take_back():
        run = dynamic.rows("audit", "--event", "run-start")[-1]["run"]
        dynamic.ctl_ok("audit", "revert", "--run", run)
        assert listed(dynamic) == before
    dynamic.ctl_ok("clock", "forward", "1h")
    beside_a_client(dynamic, lambda: dynamic.ctl_ok(*words), take_back)
    assert listed(dynamic) != before
    take_back()
    assert dynamic.query(ZONE, "SOA").answer[0][0].serial == serial


def test_a_transfer_that_a_crash_interrupts_is_done_by_the_same_command(dynamic):
    before = listed(dynamic)
    words = ["owner", "transfer", "--from", "key:old", "--to", "key:new", "--yes"]
    interrupted(dynamic, words, lambda: dynamic.ctl_ok(
        "owner", "transfer", "--from", "key:new", "--to", "key:old", "--yes"))
    assert {row[3] for row in listed(dynamic)} == {"key:old", "key:new"}
    dynamic.ctl_ok(*words)
    after = listed(dynamic)
    assert {row[3] for row in after} == {"key:new"}
    assert [row[:3] + row[4:] for row in after] == [row[:3] + row[4:] for row in before]
    assert dynamic.ctl("audit", "verify").code == 0


def test_a_member_that_a_crash_keeps_from_leaving_is_one_still(dynamic):
    """So it may change what is the group's by then; the same command lets it leave."""
    dynamic.ctl_ok("group", "create", "@dhcp", "key:old", "key:other", "--acting", "--yes")
    words = ["group", "remove", "@dhcp", "key:old", "--yes"]
    interrupted(dynamic, words, lambda: dynamic.ctl_ok(
        "audit", "revert", "--run", dynamic.rows("audit", "--event", "run-end")[-1]["run"]))
    members = [row["member"] for row in dynamic.rows("group", "show", "@dhcp")]
    assert sorted(members) == ["key:old", "key:other"]
    dynamic.ctl_ok(*words)
    assert [row["member"] for row in dynamic.rows("group", "show", "@dhcp")] == ["key:other"]
    assert {row[3] for row in listed(dynamic)} == {"@dhcp"}


# --- a zone that comes back


@pytest.fixture
def kept(server):
    """Its zone has names that are kept, settings and rules."""
    server.ctl_ok("zone", "set", ZONE, "update=secure", "aging=on", "max-names=17")
    rules = server.folder / "rules"
    rules.write_text("allow key:a claim under site\n")
    server.ctl_ok("zone", "policy", "set", ZONE, rules)
    server.ctl_ok("owner", "reserve", f"later.{ZONE}", "--for", "key:later")
    return server


def settings(server):
    shown = {name: value for name, value in server.rows("zone", "show", ZONE)[0].items()
             if name not in ("serial", "available_at")}
    return (shown, server.ctl_ok("zone", "policy", "show", ZONE),
            server.rows("owner", "show", f"later.{ZONE}"))


def test_updates_are_made_while_a_zone_comes_back(kept):
    before, set_to = content(kept), settings(kept)
    serial = kept.query(ZONE, "SOA").answer[0][0].serial
    kept.ctl_ok("zone", "del", ZONE, "--yes")
    begins = beside_a_client(
        kept, lambda: seen_whole(kept, lambda: kept.ctl_ok("zone", "restore", ZONE)),
        lambda: kept.ctl_ok("zone", "del", ZONE, "--yes"))
    assert content(kept) == before and settings(kept) == set_to
    assert kept.query(ZONE, "SOA").answer[0][0].serial > serial
    runs = {row["run"] for row in kept.rows("audit", "--zone", ZONE) if row["seq"] > begins}
    assert len(runs) == 1, "it is one run"
    assert kept.ctl("audit", "verify").code == 0


def comes_back_in_part(server, words):
    """A crash interrupts what restores the zone; then it is deleted as before."""
    interrupted(server, words,
                lambda: server.ctl_ok("zone", "del", ZONE, "--yes"))
    assert server.query(f"h1.{ZONE}", "A").rcode() == dns.rcode.REFUSED
    wait_until(lambda: "zone-delete" in {row["event"] for row in server.rows("audit")[-3:]},
               "what came back is gone")
    assert server.ctl("zone", "show", ZONE).code != 0


def test_a_zone_whose_coming_back_crashes_interrupt_can_come_back(kept):
    before, set_to = content(kept), settings(kept)
    kept.ctl_ok("zone", "del", ZONE, "--yes")
    comes_back_in_part(kept, ["zone", "restore", ZONE])
    comes_back_in_part(kept, ["zone", "restore", ZONE])
    kept.ctl_ok("zone", "restore", ZONE)
    assert content(kept) == before and settings(kept) == set_to
    assert kept.ctl("audit", "verify").code == 0


def test_a_deletion_whose_undoing_a_crash_interrupts_can_be_undone(kept):
    before, set_to = content(kept), settings(kept)
    kept.ctl_ok("zone", "del", ZONE, "--yes")
    comes_back_in_part(kept, ["zone", "restore", ZONE])
    # That of which a part came back, not what removed that part.
    deletion = [row["run"] for row in kept.rows("audit", "--event", "zone-delete")][-2]
    kept.ctl_ok("audit", "revert", "--run", deletion)
    assert content(kept) == before and settings(kept) == set_to


# --- names that a new zone covers

UP, SUB = "up.example", "sub.up.example"
COVERED = 8000


@pytest.fixture
def covering(tenured):
    """A zone with many names below one that is to be a zone of its own."""
    one = tenured(clock=START)
    path = one.folder / "up.zone"
    path.write_text(f"$ORIGIN {UP}.\n$TTL 300\n@ SOA ns hostmaster 1 900 300 86400 300\n@ NS ns\n"
                    "ns A 10.0.0.1\n"
                    + "".join(f"h{n}.sub A 10.0.{n // 250}.{n % 250}\n" for n in range(COVERED)))
    one.ctl_ok("zone", "add", UP, "--file", path, "update=nonsecure")
    one.ctl_ok("zone", "set", UP, "protect-static=off", "max-names=none")
    one.ctl_ok("owner", "reserve", f"later.{SUB}", "--for", "key:later")
    return one


class Hosts:
    """Registers names below the new zone with the zone above, until that is not answered any more."""

    def __init__(self, server):
        self.server, self.is_stopped, self.address, self.ended = server, False, {}, None
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        number = 0
        while self.ended is None and not self.is_stopped:
            number += 1
            name, address = f"h{number * 7 % 300}.sub", f"10.8.{number // 250}.{number % 250}"
            update = self.server.update(UP)
            update.replace(name, 300, "A", address)
            if number % 5 == 0:  # and a name that comes and goes
                update.delete("comes.sub")
            elif number % 5 == 1:
                update.add("comes.sub", 300, "A", address)
            rcode = self.server.ask(update, timeout=20).rcode()
            if rcode != dns.rcode.NOERROR:
                self.ended = rcode
                return
            self.address[name] = address
            if number % 5 < 2:
                self.address["comes.sub"] = address if number % 5 == 1 else None

    def stop(self):
        self.is_stopped = True
        self.thread.join()


def test_what_clients_register_while_names_move_moves_too(covering):
    hosts = Hosts(covering)
    wait_until(lambda: len(hosts.address) > 20, "hosts register")
    said = covering.ctl_ok("zone", "add", SUB, "--move-names", "update=nonsecure")
    wait_until(lambda: hosts.ended is not None, "the zone above holds these names no more")
    hosts.stop()
    assert hosts.ended == dns.rcode.NOTZONE
    assert "moved into it" in said
    for name, address in hosts.address.items():
        answer = covering.query(f"{name}.{UP}", "A").answer
        got = [str(r) for r in answer[0]] if answer else []
        assert got == ([address] if address else []), name
    assert len(covering.rows("record", "list", SUB)) >= COVERED
    assert len(covering.rows("record", "list", UP)) == 4, "SOA, NS, the name server and the delegation"
    assert covering.rows("owner", "show", f"later.{SUB}")[0]["owner"] == "key:later"
    assert covering.ctl("audit", "verify").code == 0


def test_no_name_is_missed_while_it_moves(covering):
    missed, done = [], threading.Event()

    def ask():
        while not done.is_set():
            answer = covering.query(f"h{COVERED - 1}.{SUB}", "A")
            if not answer.answer:
                missed.append(answer.rcode())
    asker = threading.Thread(target=ask)
    asker.start()
    covering.ctl_ok("zone", "add", SUB, "--move-names")
    done.set()
    asker.join()
    assert not missed


def test_a_crash_while_names_move_loses_none(covering):
    def again():
        covering.ctl_ok("zone", "del", SUB, "--yes")
        covering.ctl_ok("zone", "import", UP, covering.folder / "up.zone")
    interrupted(covering, ["zone", "add", SUB, "--move-names"], again)
    wait_until(lambda: covering.query(f"h1.{SUB}", "A").answer, "it is answered")
    wait_until(lambda: covering.ctl("zone", "add", SUB, "--move-names").code == 0 or
               covering.ctl("zone", "show", SUB).code == 0, "the same command, or it is there")
    names = {row["name"] for row in covering.rows("record", "list", SUB) if row["type"] == "A"}
    assert len(names) == COVERED
    assert covering.ctl("audit", "verify").code == 0


def test_an_update_that_waits_while_a_zone_takes_its_name_is_told(tenured):
    """It was taken for the zone above, where nobody would find what it registers."""
    server = tenured()
    server.zone(UP, **{"update": "secure", "max-rate": "1"})
    rules = server.folder / "rules"
    rules.write_text("allow authenticated claim\n")
    server.ctl_ok("zone", "policy", "set", UP, rules)
    for number in range(6):  # in case the zone is made later than the update
        key = server.key(f"dhcp{number}")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
            way.connect((server.address, server.port))
            way.settimeout(20)
            last = None
            for host in range(12):  # ten at once; the others wait for a second or two
                update = server.update(UP, key)
                update.add(f"h{host}.sub{number}", 300, "A", "10.0.0.1")
                last = update.id
                way.send(update.to_wire())
            server.ctl_ok("zone", "add", f"sub{number}.{UP}", "--yes")
            answers = {}
            while last not in answers:
                answer = way.recv(4096)
                answers[int.from_bytes(answer[:2], "big")] = answer[3] & 15
        if answers[last] != dns.rcode.NOERROR:
            break
    assert answers[last] == dns.rcode.NOTZONE
    assert not server.query(f"h11.sub{number}.{UP}", "A").answer
    assert not [row for row in server.rows("record", "list", UP) if "h11" in row["name"]
                and f"sub{number}." in row["name"]]
