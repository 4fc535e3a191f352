# SPDX-License-Identifier: BSD-2-Clause
"""Transfers to secondaries: who may, what they get, and who cannot hold them up."""
import contextlib
import os
import pathlib
import socket
import struct
import time

import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.tsig
import dns.update
import dns.zone
import pytest

from tenure import run, wait_until

ZONE = "corp.example"
RECORDS = """ns A 127.0.0.1
sub NS ns.sub
sub NS ns.elsewhere.example.
ns.sub A 10.0.0.9
hidden.sub TXT "below a delegation"
dname DNAME other.example.
*.wild A 10.0.0.3
www A 10.0.0.1
www A 10.0.0.2
www AAAA 2001:db8::1
MiXeD CNAME WWW
mail MX 10 www
"""


def put_zone(server, records=RECORDS, **settings):
    server.zone(ZONE, *records.strip().splitlines(), **settings)
    return server


@pytest.fixture
def server(tenured):
    return put_zone(tenured(), update="nonsecure", transfer="127.0.0.1")


def rules(server, *lines):
    path = server.folder / "rules"
    path.write_text("\n".join(lines) + "\n")
    server.ctl_ok("zone", "policy", "set", ZONE, path)


def exported(server, zone=ZONE):
    text = server.ctl_ok("zone", "export", zone)
    return dns.zone.from_text(text, f"{zone}.", relativize=False)


@contextlib.contextmanager
def connection(server):
    with socket.create_connection((server.address, server.port), timeout=20) as tcp:
        yield tcp


def send(tcp, wire):
    tcp.sendall(struct.pack("!H", len(wire)) + wire)


def receive_exactly(tcp, n):
    data = b""
    while len(data) < n:
        more = tcp.recv(n - len(data))
        if not more:
            raise EOFError(f"{len(data)} of {n} bytes")
        data += more
    return data


def receive(tcp):
    return receive_exactly(tcp, struct.unpack("!H", receive_exactly(tcp, 2))[0])


def messages(server, query, tcp=None):
    """Those of a transfer until the SOA comes again, or an error; each signature is verified."""
    got = []
    with contextlib.ExitStack() as stack:
        tcp = tcp or stack.enter_context(connection(server))
        send(tcp, query.to_wire())
        context, soas = None, 0
        while soas < 2:
            wire = receive(tcp)
            message = dns.message.from_wire(wire, keyring=query.keyring, xfr=True,
                                            request_mac=query.mac, multi=True,
                                            tsig_ctx=context, origin=dns.name.from_text(ZONE),
                                            one_rr_per_rrset=True)
            context = message.tsig_ctx
            message.size = len(wire)
            got.append(message)
            if message.rcode() != 0:
                break
            soas += sum(r.rdtype == dns.rdatatype.SOA for r in message.answer)
    return got


def axfr(zone=ZONE, key=None, type="AXFR"):
    query = dns.message.make_query(zone, type)
    query.flags = 0
    if key:
        query.use_tsig(key.dns if hasattr(key, "dns") else key)
    return query


def rcode(server, query):
    with connection(server) as tcp:
        send(tcp, query.to_wire())
        return dns.rcode.to_text(dns.message.from_wire(receive(tcp), keyring=query.keyring,
                                                       request_mac=query.mac).rcode())


def counter(server, name):
    return {row["name"]: row["value"] for row in server.rows("stats")}[name]


def denial(server):
    return wait_until(lambda: server.rows("audit", "--event", "transfer-denied"), "an entry")[-1]


def transferred(server, key=None):
    """The zone as a secondary gets it."""
    zone = dns.zone.Zone(f"{ZONE}.", relativize=False)
    query, _ = dns.xfr.make_query(zone, keyring=key.dns if key else None)
    dns.query.inbound_xfr(server.address, zone, query, port=server.port, timeout=30, lifetime=60)
    return zone


# --- what comes

@pytest.mark.parametrize("program", ["dig", "kdig"])
def test_clients_get_the_zone_with_the_soa_first_and_last(server, program):
    said = run(program, f"@{server.address}", "-p", server.port, "+noall", "+answer", ZONE, "AXFR")
    lines = [line for line in said.out.splitlines() if line and not line.startswith(";")]
    assert lines[0] == lines[-1] and "SOA" in lines[0]
    assert sorted(lines[1:]) == sorted(set(lines)), said.out
    assert len(lines) == len(RECORDS.strip().splitlines()) + 3


def test_glue_and_occluded_names_come_as_they_are_stored(server):
    zone = transferred(server)
    assert zone == exported(server)
    names = {str(name) for name in zone.nodes}
    assert {f"ns.sub.{ZONE}.", f"hidden.sub.{ZONE}."} <= names


def test_many_records_share_a_message_and_names_are_compressed(tenured):
    server = put_zone(tenured(), "ns A 127.0.0.1\n" + "".join(
        f"host{i} A 10.0.{i >> 8}.{i & 255}\n" for i in range(20000)), transfer="127.0.0.1")
    got = messages(server, axfr())
    sizes = [m.size for m in got]
    assert sum(len(m.answer) for m in got) == 20004
    assert len(got) < 25 and sum(sizes) < 20004 * 30
    assert all(m.flags & dns.flags.AA and m.id == got[0].id for m in got)
    assert [len(m.question) for m in got] == [1] + [0] * (len(got) - 1)


def test_the_opt_of_a_request_is_answered_in_the_first_message(server):
    query = axfr()
    query.use_edns(0, payload=1400)
    got = messages(server, query)
    assert got[0].edns == 0 and got[0].payload == 1232


def test_a_record_of_the_longest_kind_is_sent(tenured):
    server = put_zone(tenured(), update="nonsecure", transfer="127.0.0.1")
    update = dns.update.UpdateMessage(ZONE)
    update.add("long", 60, "TXT", " ".join(["x" * 255] * 250))
    assert server.ask(update, tcp=True).rcode() == 0
    assert transferred(server) == exported(server)


# --- signatures

@pytest.mark.parametrize("algorithm", ["hmac-sha1", "hmac-sha256", "hmac-sha512"])
def test_every_message_is_signed_by_the_key_that_asked(tenured, algorithm):
    server = tenured()
    key = server.key("ns2", algorithm=algorithm)
    put_zone(server, "ns A 127.0.0.1\n" + "".join(f"h{i} A 10.0.0.1\n" for i in range(10000)))
    rules(server, "allow key:ns2 transfer")
    got = messages(server, axfr(key=key))
    assert len(got) > 3 and all(m.had_tsig for m in got)
    assert transferred(server, key) == exported(server)


def test_a_wrong_signature_gets_nothing(server):
    key = server.key("ns2")
    wrong = dns.tsig.Key("ns2", b"x" * 32, key.algorithm)
    query = axfr()
    query.use_tsig(wrong)
    with connection(server) as tcp:
        send(tcp, query.to_wire())
        wire = receive(tcp)
    assert wire[3] & 15 == 9 and struct.unpack("!H", wire[6:8])[0] == 0
    row = wait_until(lambda: server.rows("audit", "--denied"), "an entry")[-1]
    assert row["type"] == "AXFR" and "BADSIG" in row["reason"]


# --- who may

def test_nobody_may_unless_he_is_allowed(tenured):
    server = put_zone(tenured())
    assert rcode(server, axfr()) == "REFUSED"
    row = denial(server)
    assert row["name"] == ZONE and "setting `transfer`" in row["reason"]
    assert counter(server, "transfers-refused") == 1


def test_an_address_of_the_list_may_and_others_may_not(server):
    assert rcode(server, axfr()) == "NOERROR"
    server.ctl_ok("zone", "set", ZONE, "transfer=192.0.2.0/24")
    assert rcode(server, axfr()) == "REFUSED"


def test_a_key_with_a_rule_may_and_only_from_there(tenured):
    server = put_zone(tenured())
    key, other = server.key("ns2"), server.key("ns3")
    rules(server, "allow key:ns2 transfer from 127.0.0.1/32")
    assert rcode(server, axfr(key=key)) == "NOERROR"
    assert rcode(server, axfr(key=other)) == "REFUSED"
    assert rcode(server, axfr()) == "REFUSED"
    rules(server, "allow key:ns2 transfer from 192.0.2.0/24")
    assert rcode(server, axfr(key=key)) == "REFUSED"


def test_a_rule_that_denies_comes_before_the_list(server):
    key = server.key("ns2")
    rules(server, "deny key:ns2 transfer")
    assert rcode(server, axfr(key=key)) == "REFUSED"
    assert rcode(server, axfr()) == "NOERROR"
    assert "denies" in denial(server)["reason"]


def test_a_zone_that_is_not_ours_is_notauth(server):
    assert rcode(server, axfr("other.example")) == "NOTAUTH"
    assert rcode(server, axfr(f"www.{ZONE}")) == "NOTAUTH"


def test_axfr_by_udp_is_formerr(server):
    assert dns.query.udp(axfr(), server.address, port=server.port).rcode() == dns.rcode.FORMERR


# --- among others

def test_transfers_and_queries_share_a_connection(tenured):
    server = put_zone(tenured(), "ns A 127.0.0.1\n" + "".join(
        f"host{i} A 10.0.0.1\n" for i in range(20000)), transfer="127.0.0.1")
    transfers = [axfr() for _ in range(3)]
    question = dns.message.make_query(f"host1.{ZONE}", "A")
    with connection(server) as tcp:
        for query in transfers:
            send(tcp, query.to_wire())
        send(tcp, question.to_wire())
        soas = {query.id: 0 for query in transfers}
        records, position, order = {query.id: 0 for query in transfers}, None, 0
        while min(soas.values()) < 2 or position is None:
            message = dns.message.from_wire(receive(tcp), xfr=True, one_rr_per_rrset=True)
            order += 1
            if message.id == question.id:
                position = order
                continue
            soas[message.id] += sum(r.rdtype == dns.rdatatype.SOA for r in message.answer)
            records[message.id] += len(message.answer)
    assert set(records.values()) == {20004}
    assert position < order


def test_a_transfer_is_one_moment_of_the_zone(tenured):
    """The zone changes while a slow peer reads."""
    server = put_zone(tenured(), "ns A 127.0.0.1\n" + "".join(
        f"host{i} A 10.0.0.1\n" for i in range(30000)), update="nonsecure", transfer="127.0.0.1",
                      protect_static="off")
    before = exported(server)
    with connection(server) as tcp:
        send(tcp, axfr().to_wire())
        first = receive(tcp)
        for i in range(20):
            update = dns.update.UpdateMessage(ZONE)
            update.delete(f"host{29999 - i}", "A")
            assert server.ask(update).rcode() == 0
        data = [first]
        soas = 1
        while soas < 2:
            data.append(receive(tcp))
            message = dns.message.from_wire(data[-1], xfr=True, one_rr_per_rrset=True)
            soas += sum(r.rdtype == dns.rdatatype.SOA for r in message.answer)
    got = set()
    for wire in data:
        for rrset in dns.message.from_wire(wire, xfr=True, one_rr_per_rrset=True).answer:
            got.add((rrset.name, rrset.rdtype, rrset[0]))
    assert got == {(name, rdataset.rdtype, rdata) for name, node in before.nodes.items()
                   for rdataset in node for rdata in rdataset}


def big(tenured, config=None, records=40000):
    return put_zone(tenured(config=config), "ns A 127.0.0.1\n" + "".join(
        f"host{i} TXT \"{'x' * 200}\"\n" for i in range(records)), transfer="127.0.0.1")


def test_peers_that_do_not_read_are_limited_and_hold_up_nobody(tenured):
    server = big(tenured, "transfers:\n  parallel: 3\n  parallel-per-address: 2\n")
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(connection(server)) for _ in range(2)]
        for tcp in slow:
            send(tcp, axfr().to_wire())
            receive(tcp)
        assert rcode(server, axfr()) == "SERVFAIL"
        assert counter(server, "transfers-busy") == 1
        assert server.query(f"host7.{ZONE}", "TXT").rcode() == 0
        spools = [link for link in pathlib.Path(f"/proc/{server.process.pid}/fd").iterdir()
                  if "(deleted)" in os.readlink(link)]
        assert len(spools) == 2
        assert list(server.data.glob("spool*")) == []
    wait_until(lambda: counter(server, "transfers-cut") == 2, "cut connections are noticed")
    assert rcode(server, axfr()) == "NOERROR"
    assert "transfer cut off" in server.log()


def test_a_peer_that_takes_nothing_is_cut_off(tenured):
    server = big(tenured, "tcp:\n  idle-timeout: 1s\ntransfers:\n  timeout: 3s\n")
    with connection(server) as tcp:
        send(tcp, axfr().to_wire())
        receive(tcp)
        start = time.monotonic()
        wait_until(lambda: counter(server, "transfers-cut") == 1, "it is cut off")
        assert 1.5 < time.monotonic() - start
    assert rcode(server, axfr()) == "NOERROR"


def test_a_damaged_record_is_servfail_and_not_half_a_zone(tenured):
    server = big(tenured, records=3000)
    server.ctl_ok("record", "add", ZONE, "host2500", "TXT", "damage-me")
    server.stop()
    data = server.data / "data.mdb"
    content = data.read_bytes()
    assert b"damage-me" in content
    data.write_bytes(content.replace(b"damage-me", b"DAMAGE-ME"))
    server.no_replay = "the test damaged it"
    server.start()
    assert rcode(server, axfr()) == "SERVFAIL"
    assert counter(server, "transfers-failed") == 1
    assert "transfer failed" in server.log()
    assert server.query(f"host7.{ZONE}", "TXT").rcode() == 0


def test_a_slow_peer_gets_all_of_it(tenured):
    server = big(tenured, records=8000)
    with connection(server) as tcp:
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        send(tcp, axfr().to_wire())
        soas = records = 0
        while soas < 2:
            message = dns.message.from_wire(receive(tcp), xfr=True, one_rr_per_rrset=True)
            soas += sum(r.rdtype == dns.rdatatype.SOA for r in message.answer)
            records += len(message.answer)
            time.sleep(0.002)
    assert records == 8004


def test_a_zone_that_is_deleted_meanwhile_is_sent_to_its_end(tenured):
    server = big(tenured, records=8000)
    with connection(server) as tcp:
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        send(tcp, axfr().to_wire())
        soas = records = messages = 0
        while soas < 2:
            message = dns.message.from_wire(receive(tcp), xfr=True, one_rr_per_rrset=True)
            messages += 1
            if messages == 1:
                server.ctl_ok("zone", "del", ZONE, "--yes")
                assert server.ctl("zone", "show", ZONE).code == 4
            soas += sum(r.rdtype == dns.rdatatype.SOA for r in message.answer)
            records += len(message.answer)
    assert messages > 10 and records == 8004
    with connection(server) as tcp:
        send(tcp, axfr().to_wire())
        assert dns.message.from_wire(receive(tcp)).rcode() == dns.rcode.NOTAUTH


def test_a_client_that_has_said_all_still_gets_all(tenured):
    server = big(tenured)
    with connection(server) as tcp:
        send(tcp, axfr().to_wire())
        tcp.shutdown(socket.SHUT_WR)
        soas = 0
        while soas < 2:
            message = dns.message.from_wire(receive(tcp), xfr=True, one_rr_per_rrset=True)
            soas += sum(r.rdtype == dns.rdatatype.SOA for r in message.answer)
        assert tcp.recv(1) == b""


def test_a_stop_ends_transfers_that_nobody_reads(tenured):
    server = big(tenured)
    with connection(server) as tcp:
        send(tcp, axfr().to_wire())
        receive(tcp)
        start = time.monotonic()
        server.stop()
        assert time.monotonic() - start < 15
    server.start()
    assert rcode(server, axfr()) == "NOERROR"


def test_a_spool_without_room_is_servfail_until_there_is(tenured):
    server = big(tenured, "transfers:\n  spool: 16M\n")
    with connection(server) as tcp:
        send(tcp, axfr().to_wire())
        receive(tcp)
        assert rcode(server, axfr()) == "SERVFAIL"
        assert counter(server, "transfers-failed") == 1
    wait_until(lambda: rcode(server, axfr()) == "NOERROR", "the room is given back")
