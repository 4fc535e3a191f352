# SPDX-License-Identifier: BSD-2-Clause
"""IXFR: from any serial of the log, what comes leads to the zone as it is."""
import random

import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.xfr
import dns.zone
import pytest

from test_transfer import ZONE, axfr, connection, counter, exported, messages, receive, send
from test_transfer import transferred

PADDING = "".join(f"pad{i} TXT \"{'x' * 60}\"\n" for i in range(200))


@pytest.fixture
def server(tenured):
    """A zone so large that differences are shorter."""
    return started(tenured())


def started(server, **settings):
    server.zone(ZONE, "ns A 127.0.0.1", *PADDING.splitlines(), update="nonsecure",
                protect_static="off", transfer="127.0.0.1", **settings)
    return server


def change(server, *lines):
    """Each line in an update of its own: `add NAME TTL TYPE DATA`, `delete NAME [TYPE [DATA]]`."""
    for line in lines:
        update = server.update(ZONE)
        verb, *words = line.split(None, 4 if line.startswith("add") else 3)
        getattr(update, verb)(*words)
        assert server.ask(update).rcode() == 0, line


def serial(server):
    answer = server.query(ZONE, "SOA").answer[0]
    return answer[0].serial


def ixfr(since, zone=ZONE):
    query = axfr(zone, type="IXFR")
    query.flags = 0
    rdata = dns.rdata.from_text("IN", "SOA", f". . {since} 0 0 0 0")
    query.authority.append(dns.rrset.from_rdata(dns.name.from_text(zone), 0, rdata))
    return query


def records(server, since):
    """The records of the answer, in order, as (TYPE, NAME, DATA)."""
    with connection(server) as tcp:
        send(tcp, ixfr(since).to_wire())
        got = []
        while not is_whole(got):
            message = dns.message.from_wire(receive(tcp), xfr=True, one_rr_per_rrset=True)
            assert message.rcode() == 0
            got += [(dns.rdatatype.to_text(r.rdtype), r.name.to_text().rstrip("."), r.ttl,
                     r[0].to_text()) for r in message.answer]
    return got


def is_whole(got):
    """The SOA alone, or the present serial the third time, or the second in the form of AXFR."""
    soas = [i for i, r in enumerate(got) if r[0] == "SOA"]
    if not soas:
        return False
    if len(got) == 1:
        return True
    if got[1][0] != "SOA":
        return got[-1] == got[0]
    return [got[i] for i in soas].count(got[0]) == 3 and got[-1] == got[0]


def changes(server, since):
    """(removed, added) when it is one difference; None: the whole zone; []: the SOA alone."""
    got = records(server, since)
    if len(got) == 1:
        return []
    if got[1][0] != "SOA":
        return None
    ends = [i for i, r in enumerate(got) if r[0] == "SOA"]
    assert len(ends) == 4, "not one difference"
    assert got[1][3].split()[2] == str(since)
    return set(got[2:ends[2]]), set(got[ends[2] + 1:-1])


def followed(server, zone):
    """A secondary's copy follows; dnspython takes no removal of what is not there."""
    query, _ = dns.xfr.make_query(zone)
    dns.query.inbound_xfr(server.address, zone, query, port=server.port, timeout=20, lifetime=60)
    return zone


def copy_of(zone):
    return dns.zone.from_text(zone.to_text(), zone.origin, relativize=False)


# --- what comes

def test_a_difference_is_what_changed(server):
    change(server, "add www 60 A 10.0.0.1", "add www 60 A 10.0.0.2")
    before = serial(server)
    change(server, "delete www A 10.0.0.1")
    removed, added = changes(server, before)
    assert removed == {("A", f"www.{ZONE}", 60, "10.0.0.1")} and added == set()
    assert counter(server, "transfers-ixfr") == 1
    assert counter(server, "transfers-condensed") == 0


def test_who_is_current_or_ahead_gets_the_soa_alone(server):
    now = serial(server)
    assert changes(server, now) == []
    assert changes(server, now + 1) == []
    assert changes(server, (now + 2**31 - 1) % 2**32) == []
    assert counter(server, "transfers-current") == 3


def test_an_unknown_serial_gets_the_whole_zone(server):
    change(server, "add www 60 A 10.0.0.1")
    assert changes(server, (serial(server) - 1000) % 2**32) is None
    assert counter(server, "transfers-axfr") == 1


def test_the_opposite_serial_gets_the_whole_zone(server):
    assert changes(server, (serial(server) + 2**31) % 2**32) is None


def test_many_steps_come_as_one_difference(server):
    start = serial(server)
    change(server, "add www 60 A 10.0.0.1", "add www 60 A 10.0.0.2", "delete www A 10.0.0.1",
           "add gone 60 A 10.0.0.9", "delete gone", "delete pad7", f"add pad7 3600 TXT {'x' * 60}")
    removed, added = changes(server, start)
    assert removed == set()
    assert added == {("A", f"www.{ZONE}", 60, "10.0.0.2")}
    assert counter(server, "transfers-condensed") == 1


def test_what_came_and_went_is_an_empty_difference(server):
    start = serial(server)
    change(server, "add www 60 A 10.0.0.1", "delete www")
    assert changes(server, start) == (set(), set())


def test_a_ttl_that_changes_takes_its_record_along(server):
    change(server, "add www 60 A 10.0.0.1", "add www 60 A 10.0.0.2")
    start = serial(server)
    change(server, "add www 90 A 10.0.0.2")
    removed, added = changes(server, start)
    assert removed == {("A", f"www.{ZONE}", 60, f"10.0.0.{i}") for i in (1, 2)}
    assert added == {("A", f"www.{ZONE}", 90, f"10.0.0.{i}") for i in (1, 2)}


def test_a_refresh_is_no_step(tenured):
    server = started(tenured(clock="2026-01-05T09:00:00Z"), aging="on", no_refresh="1h")
    change(server, "add www 60 A 10.0.0.1")
    before = serial(server)
    server.ctl_ok("clock", "forward", "2h")
    change(server, "add www 60 A 10.0.0.1")
    assert server.rows("audit")[-1]["event"] == "record-refresh"
    assert serial(server) == before
    assert changes(server, before) == []
    change(server, "add web 60 A 10.0.0.1")
    assert changes(server, before) == (set(), {("A", f"web.{ZONE}", 60, "10.0.0.1")})


def test_an_soa_that_changed_stands_as_it_was(server):
    before = serial(server)
    old = server.query(ZONE, "SOA").answer[0]
    change(server, f"add @ 120 SOA ns.{ZONE}. other.{ZONE}. {before + 10} 7 7 7 7",
           "add www 60 A 10.0.0.1")
    got = records(server, before)
    soas = [r for r in got if r[0] == "SOA"]
    assert soas[0] == soas[2] == soas[3]
    assert soas[0][2:] == (120, f"ns.{ZONE}. other.{ZONE}. {before + 11} 7 7 7 7")
    assert soas[1][2:] == (old.ttl, old[0].to_text())


def test_a_small_zone_comes_whole_when_that_is_shorter(tenured):
    server = tenured()
    server.zone(ZONE, "ns A 127.0.0.1", update="nonsecure", transfer="127.0.0.1")
    change(server, *[f"add h{i} 60 TXT {'x' * 50}" for i in range(4)])
    middle = serial(server)
    change(server, *[f"delete h{i}" for i in range(4)])
    assert changes(server, middle) is None


def test_a_zone_made_anew_has_no_history(server):
    old = serial(server)
    change(server, "add www 60 A 10.0.0.1")
    server.ctl_ok("zone", "del", ZONE, "--yes")
    started(server)
    change(server, "add www 60 A 10.0.0.1", "add www 60 A 10.0.0.2", "add www 60 A 10.0.0.3")
    zone = transferred(server)
    assert zone == exported(server)
    assert serial(server) > old


def test_serials_that_wrap_are_followed(server):
    zone = transferred(server)
    now = serial(server)
    for to in [(now + 2**31 - 1) % 2**32, 2**32 - 3]:
        change(server, f"add @ 3600 SOA ns.{ZONE}. h.{ZONE}. {to} 9 9 9 9")
        zone = transferred(server)
    start = serial(server)
    change(server, *[f"add h{i} 60 A 10.0.0.{i}" for i in range(9)])
    assert start > 2**32 - 9 and serial(server) == (start + 10) % 2**32  # 0 is left out
    assert len(changes(server, start)[1]) == 9
    assert followed(server, zone) == exported(server)


def test_a_serial_that_came_again_leads_through_all_that_was(server):
    """An old secondary, and serials that an administrator has set back by going round."""
    first = serial(server)
    change(server, "add a 60 A 10.0.0.1", "add b 60 A 10.0.0.1", "add c 60 A 10.0.0.1")
    old = transferred(server)
    change(server, "add d 60 A 10.0.0.1", "delete a")
    for to in [(first + 2**31 - 1) % 2**32, (first + 2**32 - 2) % 2**32, (first + 4) % 2**32]:
        change(server, f"add @ 3600 SOA ns.{ZONE}. h.{ZONE}. {to} 9 9 9 9")
    change(server, *[f"add e{i} 60 A 10.0.0.1" for i in range(6)])
    assert serial(server) == first + 10
    assert followed(server, old) == exported(server)


# --- many entries of one step

def test_an_import_in_parts_is_followed(server):
    zone = transferred(server)
    text = server.ctl_ok("zone", "export", ZONE) + "".join(
        f"new{i}.{ZONE}. 60 IN TXT \"{'y' * 200}\"\n" for i in range(6000))
    path = server.folder / "larger.zone"
    path.write_text(text.replace("pad9.", "pad9x."))
    start = serial(server)
    server.ctl_ok("zone", "import", ZONE, path)
    assert serial(server) > start
    rows = server.rows("audit", "--zone", ZONE, "--event", "record-create")
    assert len({row["seq"] for row in rows}) > 5
    # As it is a difference or not, a copy follows; and one step on it must be a difference.
    assert followed(server, zone) == exported(server)
    now = serial(server)
    change(server, "delete new7")
    assert len(changes(server, now)[0]) == 1
    assert followed(server, zone) == exported(server)


def test_a_deletion_of_many_entries_is_followed(tenured):
    server = tenured()
    server.zone(ZONE, "ns A 127.0.0.1", *[f"h{i} TXT \"{'y' * 150}\"" for i in range(12000)],
                transfer="127.0.0.1", update="nonsecure", protect_static="off")
    zone = transferred(server)
    path = server.folder / "smaller.zone"
    path.write_text("".join(line + "\n" for line in server.ctl_ok("zone", "export", ZONE).splitlines()
                            if not line.startswith(tuple(f"h{i}." for i in range(4000)))))
    start = serial(server)
    server.ctl_ok("zone", "import", ZONE, path)
    removed, added = changes(server, start)
    assert (len(removed), len(added)) == (4000, 0)
    assert followed(server, zone) == exported(server)


# --- by UDP

def by_udp(server, since, payload=1232):
    query = ixfr(since)
    query.use_edns(0, payload=payload)
    return dns.query.udp(query, server.address, port=server.port, timeout=5,
                         one_rr_per_rrset=True, ignore_trailing=False)


def test_a_difference_that_fits_comes_by_udp(server):
    before = serial(server)
    change(server, "add www 60 A 10.0.0.1")
    answer = by_udp(server, before)
    assert [r.rdtype for r in answer.answer].count(dns.rdatatype.SOA) == 4
    assert len(answer.answer) == 5 and not answer.flags & dns.flags.TC


def test_one_that_does_not_fit_is_the_soa_alone(server):
    before = serial(server)
    change(server, *[f"add www 60 TXT {chr(97 + i) * 200}" for i in range(6)])
    answer = by_udp(server, before, payload=512)
    assert [r.rdtype for r in answer.answer] == [dns.rdatatype.SOA]
    assert answer.answer[0][0].serial == serial(server) and not answer.flags & dns.flags.TC
    assert by_udp(server, 77777).answer[0][0].serial == serial(server)


def test_kdig_and_dig_take_it(server):
    from tenure import run
    before = serial(server)
    change(server, "add www 60 A 10.0.0.1")
    for program in ("dig", "kdig"):
        said = run(program, f"@{server.address}", "-p", server.port, "+tcp", ZONE, f"IXFR={before}")
        assert said.code == 0 and f"www.{ZONE}." in said.out, said.out


# --- requests that are wrong

@pytest.mark.parametrize("spoil", [
    lambda q: q.authority.clear(),
    lambda q: q.authority.append(dns.rrset.from_text(f"{ZONE}.", 0, "IN", "NS", "ns.")),
    lambda q: q.authority.__setitem__(0, dns.rrset.from_text(f"{ZONE}.", 0, "IN", "A", "10.0.0.1")),
    lambda q: q.authority.__setitem__(0, dns.rrset.from_text(
        "other.example.", 0, "IN", "SOA", ". . 1 0 0 0 0")),
    lambda q: q.authority.__setitem__(0, dns.rrset.from_text(
        f"{ZONE}.", 0, "CH", "SOA", ". . 1 0 0 0 0")),
], ids=["none", "two", "no-soa", "other-name", "other-class"])
def test_without_its_soa_it_is_formerr(server, spoil):
    query = ixfr(1)
    spoil(query)
    with connection(server) as tcp:
        send(tcp, query.to_wire())
        assert receive(tcp)[3] & 15 == 1


# --- at random

@pytest.mark.parametrize("seed", range(3))
def test_from_every_past_serial_a_copy_follows(server, seed):
    rng = random.Random(seed)
    key = server.key("ns2")
    past = [transferred(server)]
    names = [f"n{i}" for i in range(12)]
    for _ in range(60):
        name, kind = rng.choice(names), rng.random()
        if kind < 0.45:
            change(server, f"add {name} {rng.choice([60, 60, 90])} A 10.0.0.{rng.randrange(5)}")
        elif kind < 0.6:
            change(server, f"delete {name}")
        elif kind < 0.75:
            change(server, f"delete {name} A 10.0.0.{rng.randrange(5)}")
        elif kind < 0.85:
            server.ctl("record", "add", ZONE, name, "TXT", f"t{rng.randrange(3)}")
        elif kind < 0.93:
            change(server, f"add @ {rng.choice([3600, 60])} SOA ns.{ZONE}. h{rng.randrange(9)}.{ZONE}."
                   f" {serial(server) + rng.randrange(1, 9)} 9 9 9 9")
        else:
            server.ctl("record", "del", ZONE, name, "--yes")
        if rng.random() < 0.3:
            past.append(transferred(server))
    if seed == 1:
        server.restart()
    wanted = exported(server)
    for zone in past:
        assert followed(server, zone) == wanted
    assert counter(server, "transfers-condensed") > 3
    assert key
