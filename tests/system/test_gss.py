# SPDX-License-Identifier: BSD-2-Clause
"""GSS-TSIG: hosts of a Kerberos realm register themselves, with what real clients send."""
import concurrent.futures
import os
import pathlib
import re
import socket
import struct
import threading
import time

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.tsig
import dns.update
import gssapi
import pytest

import lab as realm
from lab import KERBEROS, SPNEGO, Signer, Tkey, exchange, tkey_data, tkey_query
from tenure import wait_until

ZONE = "corp.example"
FORMERR, REFUSED, NOTAUTH = 1, 5, 9
BADSIG, BADKEY, BADTIME, BADMODE, BADNAME, BADALG = 16, 17, 18, 19, 20, 21


@pytest.fixture(scope="module")
def lab():
    made = realm.Lab()
    try:
        yield made.start()
    finally:
        made.stop()


@pytest.fixture(scope="module")
def keytab(lab):
    return lab.keytab(lab.folder / "dns.keytab", "DNS/ns.corp.example")


@pytest.fixture(scope="module")
def pc(lab):
    """Two hosts: PC-1$ and lnx-1."""
    return lab.client("PC-1$", "host/lnx-1.corp.example")


@pytest.fixture
def server(tenured, keytab):
    return started(tenured, keytab)


def started(tenured, keytab, *options, **settings):
    server = tenured("--keytab", keytab, *options, **settings)
    server.zone(ZONE, "ns A 127.0.0.1", update="secure")
    return server


def registration(name, address, id=0x0815):
    update = dns.update.UpdateMessage(ZONE, id=id)
    update.delete(name, "A")
    update.add(name, 1200, "A", address)
    return update


def owners(server, name):
    return {row["owner"] for row in server.rows("record", "list", ZONE, name)}


def addresses(server, name):
    answer = server.query(f"{name}.{ZONE}", "A")
    return sorted(r.address for rrset in answer.answer for r in rrset)


def counter(server, name):
    return {row["name"]: row["value"] for row in server.rows("stats")}[name]


# --- real clients

@pytest.mark.parametrize("option", ["-g", "-o"])
def test_nsupdate_registers_refreshes_and_is_refused_anothers_name(server, pc, option):
    mine, other = pc
    script = "update delete {0} A\nupdate add {0} 1200 A {1}"
    answer = mine.nsupdate(server, script.format("pc-1.corp.example", "10.0.0.7"), option)
    assert answer.code == 0, answer.err
    assert owners(server, "pc-1") == {mine.principal}
    answer = mine.nsupdate(server, script.format("pc-1.corp.example", "10.0.0.7"), option)
    assert answer.code == 0, answer.err
    assert counter(server, "updates-changed") == 1
    answer = other.nsupdate(server, script.format("pc-1.corp.example", "10.0.0.66"), option)
    assert (answer.code, "REFUSED" in answer.err) == (2, True), answer.err
    assert "verify" not in answer.err, "the refusal is signed, and right"
    assert addresses(server, "pc-1") == ["10.0.0.7"]


def test_sssd_sends_each_family_by_itself(server, pc):
    """The script that SSSD gives to nsupdate -g (its dyndns_update)."""
    mine = pc[1]
    script = ("update delete lnx-1.corp.example. in A\n"
              "update add lnx-1.corp.example. 3600 in A 10.0.0.8\nsend\n"
              "update delete lnx-1.corp.example. in AAAA\n"
              "update add lnx-1.corp.example. 3600 in AAAA 2001:db8::8")
    answer = mine.nsupdate(server, script)
    assert answer.code == 0, answer.err
    assert owners(server, "lnx-1") == {mine.principal}
    assert len(server.rows("record", "list", ZONE, "lnx-1")) == 2


def test_a_host_has_the_names_of_its_own_addresses(server, pc):
    """The guide's reverse zone: policy=self."""
    server.ctl_ok("zone", "add", "--reverse", "10.0.0.0/8", "update=secure", "policy=self")
    server.ctl_ok("zone", "set", ZONE, "policy=self")
    mine, other = pc
    assert mine.nsupdate(server, "update add pc-1.corp.example 60 A 10.0.0.7").code == 0
    assert other.nsupdate(server, "update add pc-2.corp.example 60 A 10.0.0.8").code == 2
    assert signed_by(server, other, "7.0.0") == REFUSED
    assert signed_by(server, mine, "7.0.0") == 0


def signed_by(server, host, name):
    update = dns.update.UpdateMessage("10.in-addr.arpa")
    update.add(name, 60, "PTR", "pc-1.corp.example.")
    return host.negotiate(server).ask(server, update)


# --- negotiation

@pytest.mark.parametrize("mech", [KERBEROS, SPNEGO], ids=["raw", "spnego"])
@pytest.mark.parametrize("algorithm", ["gss-tsig", "gss.microsoft.com"])
@pytest.mark.parametrize("manner", [
    {"section": "additional", "qclass": 255, "tcp": True},
    {"section": "answer", "qclass": 1, "tcp": True},
    {"section": "additional", "qclass": 1, "tcp": False},
], ids=["tcp-any", "answer-in", "udp"])
def test_every_form_of_tkey_is_taken(server, pc, mech, algorithm, manner):
    signer = pc[0].negotiate(server, mech=mech, algorithm=algorithm, **manner)
    answer = signer.answer
    assert (answer.answers, answer.authorities, answer.extras) == (1, 0, 1)
    assert (answer.type, answer.rrclass, answer.ttl, answer.mode) == (249, 255, 0, 3)
    assert answer.algorithm == f"{algorithm}."
    assert answer.is_plain, "the key's name is not compressed"
    assert answer.name.to_text() == f"{signer.key}."
    assert abs(answer.inception - time.time()) < 5
    assert 3590 <= answer.expiration - answer.inception <= 3600
    assert signer.ask(server, registration("pc-1", "10.0.0.7")) == 0
    assert signer.ask(server, registration("pc-1", "10.0.0.9"), tcp=False) == 0
    assert addresses(server, "pc-1") == ["10.0.0.9"]


@pytest.mark.parametrize("times", [(0, 0), (1, 2)])
def test_the_clients_times_are_not_relied_upon(server, pc, times):
    assert pc[0].negotiate(server, times=times).ask(server, registration("pc-1", "10.0.0.7")) == 0


def test_the_server_names_a_key_that_has_no_name(server, pc):
    signer = pc[0].negotiate(server, key=".")
    assert len(signer.key) == 32
    assert signer.ask(server, registration("pc-1", "10.0.0.7")) == 0


def test_a_name_of_255_octets_and_capitals(server, pc):
    label = "A" * 61
    signer = pc[0].negotiate(server, key=".".join([label] * 4) + ".B.CD")
    assert signer.ask(server, registration("pc-1", "10.0.0.7")) == 0


def test_more_rounds_under_one_name(server, pc):
    flags = (gssapi.RequirementFlag.mutual_authentication | gssapi.RequirementFlag.integrity |
             gssapi.RequirementFlag.dce_style)
    signer = pc[0].negotiate(server, flags=flags)
    assert signer.rounds == 2
    assert signer.ask(server, registration("pc-1", "10.0.0.7")) == 0


def test_the_same_request_again_gets_the_same_answer(server, pc):
    context = pc[0].begin()
    wire = tkey_query("again.pc-1", tkey_data(token=context.step()))
    first, second = Tkey(exchange(server, wire, False)), Tkey(exchange(server, wire, False))
    assert (first.error, second.error) == (0, 0)
    assert first.token == second.token
    assert counter(server, "gss-established") == 1


def test_a_name_in_use_is_badname(server, pc):
    signer = pc[0].negotiate(server)
    token = pc[1].begin().step()
    answer = Tkey(exchange(server, tkey_query(signer.key, tkey_data(token=token))))
    assert (answer.rcode, answer.error, answer.token) == (0, BADNAME, b"")
    assert signer.ask(server, registration("pc-1", "10.0.0.7")) == 0


def test_a_keys_name_is_badname(server, pc):
    server.key("kea")
    answer = Tkey(exchange(server, tkey_query("kea", tkey_data(token=pc[0].begin().step()))))
    assert (answer.rcode, answer.error) == (0, BADNAME)


def test_what_does_not_fit_udp_is_cut_and_asked_again_by_tcp(server, pc):
    key = ".".join(["k" * 60] * 4)
    context = pc[0].begin()
    wire = tkey_query(key, tkey_data(token=context.step()))
    assert Tkey(exchange(server, wire, tcp=False)).is_cut
    answer = Tkey(exchange(server, wire, tcp=True))
    assert (answer.is_cut, answer.error) == (False, 0)
    context.step(answer.token)
    assert context.complete


# --- what is refused

@pytest.mark.parametrize("data, error", [
    (tkey_data(token=b"no token at all"), BADKEY),
    (tkey_data(token=b""), BADKEY),
    (tkey_data(token=b"\x60" + os.urandom(60000)), BADKEY),
    (tkey_data(token=bytes.fromhex("4e544c4d5353500001000000978208e2") + bytes(24)), BADKEY),
    (tkey_data(token=b"x", algorithm="hmac-md5.sig-alg.reg.int"), BADALG),
    (tkey_data(token=b"x", algorithm="gss-tsig.example"), BADALG),
    (tkey_data(token=b"x", mode=1), BADMODE),
    (tkey_data(token=b"x", mode=2), BADMODE),
    (tkey_data(token=b"x", mode=4), BADMODE),
    (tkey_data(mode=5), BADKEY),
], ids=["nonsense", "empty", "huge", "ntlm", "md5", "almost", "mode1", "mode2", "mode4", "delete"])
def test_failures_are_noerror_with_tkeys_error_unsigned(server, data, error):
    answer = Tkey(exchange(server, tkey_query("bad.example", data)))
    assert (answer.rcode, answer.answers, answer.extras) == (0, 1, 0)
    assert (answer.error, answer.token) == (error, b"")


@pytest.mark.parametrize("wire", [
    tkey_query("a.example", tkey_data(), owner="b.example"),
    tkey_query("a.example", tkey_data()[:-3]),
    tkey_query("a.example", tkey_data() + b"x"),
    tkey_query("a.example", tkey_data(), rrclass=3),
    tkey_query("a.example", tkey_data())[:29] .replace(b"\0\1\0\0\0\0\0\1", b"\0\1\0\0\0\0\0\0"),
], ids=["another owner", "short", "long", "class", "none"])
def test_a_tkey_that_is_none_is_formerr(server, wire):
    answer = Tkey(exchange(server, wire))
    assert (answer.rcode, answer.answers) == (FORMERR, 0)


def test_a_ticket_for_another_service_is_badkey_and_logged(server, lab, pc):
    lab.kadmin("addprinc -randkey DNS/elsewhere.corp.example")
    token = pc[0].begin("DNS/elsewhere.corp.example").step()
    answer = Tkey(exchange(server, tkey_query("x.example", tkey_data(token=token))))
    assert (answer.error, answer.token) == (BADKEY, b"")
    assert "problem=service" in server.log()


@pytest.mark.parametrize("mech", [KERBEROS, SPNEGO], ids=["raw", "spnego"])
def test_a_ticket_for_a_key_that_the_keytab_lacks_is_counted_and_said(tenured, lab, mech):
    """The service got a new key at the KDC, and nobody put it into the keytab."""
    service = f"DNS/turned-{'raw' if mech == KERBEROS else 'spnego'}.corp.example"
    lab.kadmin(f"addprinc -randkey {service}")
    path = lab.folder / f"{service.replace('/', '-')}.keytab"
    lab.keytab(path, service)
    server = started(tenured, path)
    lab.kadmin(f"cpw -randkey {service}")
    token = lab.client(f"{service.split('.')[0][4:]}$").begin(service, mech=mech).step()
    answer = Tkey(exchange(server, tkey_query("x.example", tkey_data(token=token))))
    assert (answer.error, counter(server, "gss-version")) == (BADKEY, 1)
    assert "problem=version" in server.log()
    found = {row["code"]: row["text"] for row in server.ctl("health", "--json").rows()}
    assert "a ticket for a version of our key that the keytab lacks" in found["keytab-version"]


def test_the_clock_of_a_host_is_seen_by_its_principal_before_it_is_refused(server, pc):
    signer, now = pc[0].negotiate(server), int(time.time())

    def ahead():
        return {row["name"]: row["value"] for row in server.rows("stats", "--all")
                if row.get("labels", {}).get("principal") == pc[0].principal}
    assert signer.ask(server, registration("pc-1", "10.0.0.7"), when=now - 200) == 0
    assert -215 < ahead()["client-ahead-seconds"] <= -200 and ahead()["client-badtime"] == 0
    assert signer.ask(server, registration("pc-1", "10.0.0.8", id=2), when=now + 400) == NOTAUTH
    assert 380 < ahead()["client-ahead-seconds"] <= 400 and ahead()["client-badtime"] == 1
    assert any("client-clock" == row["code"] for row in server.ctl("health", "--json").rows())


def test_a_token_makes_one_context_under_one_name(tenured, keytab, pc):
    """Who overheard a token cannot push out the contexts of its principal by sending it again."""
    server = started(tenured, keytab)
    mine = pc[0].negotiate(server, key="mine.example")
    token = pc[0].begin().step()
    wire = tkey_query("one.example", tkey_data(token=token))
    assert Tkey(exchange(server, wire)).error == 0
    for number in range(300):
        again = tkey_query(f"r{number}.example", tkey_data(token=token))
        answer = Tkey(exchange(server, again, tcp=False))
        assert (answer.error, answer.token) == (BADKEY, b"")
    other_host = Tkey(exchange(server, wire, source="127.0.0.2"))
    assert other_host.error == BADNAME
    assert "problem=replay" in server.log()
    assert counter(server, "gss-established") == 2 and counter(server, "gss-contexts") == 2
    assert mine.ask(server, registration("pc-1", "10.0.0.7")) == 0


def der(tag, *parts):
    body = b"".join(parts)
    head = bytes([tag, len(body)]) if len(body) < 128 else bytes([tag, 0x81, len(body)])
    return head + body


NTLM_OID = bytes.fromhex("060a2b06010401823702020a")
NTLM_TOKEN = bytes.fromhex("4e544c4d5353500001000000978208e2") + bytes(24)


def spnego_init(mechs, token):
    """RFC 4178 4.2.1: NegTokenInit in the GSS-API's frame."""
    init = der(0xa0, der(0x30, der(0xa0, der(0x30, *mechs)), der(0xa2, der(0x04, token))))
    return der(0x60, bytes.fromhex("06062b0601050502"), init)


def test_ntlm_inside_spnego_is_badkey(server, pc):
    wire = tkey_query("ntlm.example", tkey_data(token=spnego_init([NTLM_OID], NTLM_TOKEN)))
    answer = Tkey(exchange(server, wire))
    assert (answer.rcode, answer.error, answer.token) == (0, BADKEY, b"")
    assert "problem=mechanism" in server.log()
    # It may offer NTLM first, and must come to Kerberos in the end.
    kerberos = bytes.fromhex("06092a864886f712010202")
    wire = tkey_query("both.example", tkey_data(
        token=spnego_init([NTLM_OID, kerberos], NTLM_TOKEN)))
    answer = Tkey(exchange(server, wire))
    assert answer.rcode == 0 and answer.error == 0 and answer.token
    assert counter(server, "gss-established") == 0, "another round is to come"
    assert pc[0].negotiate(server, mech=SPNEGO).ask(
        server, registration("pc-1", "10.0.0.7")) == 0


def test_spnego_in_several_rounds(server, pc):
    flags = (gssapi.RequirementFlag.mutual_authentication | gssapi.RequirementFlag.integrity |
             gssapi.RequirementFlag.dce_style)
    signer = pc[0].negotiate(server, mech=SPNEGO, flags=flags)
    assert signer.rounds >= 2
    assert signer.ask(server, registration("pc-1", "10.0.0.7")) == 0


def strict(lab, monkeypatch):
    """Kerberos forgives five minutes; a server that is started now forgives two seconds."""
    config = lab.folder / "strict.conf"
    config.write_text("[libdefaults]\n clockskew = 2\n" +
                      (lab.folder / "krb5.conf").read_text().replace("[libdefaults]", ""))
    monkeypatch.setenv("KRB5_CONFIG", str(config))


def problems_of(server, token, key):
    answer = Tkey(exchange(server, tkey_query(key, tkey_data(token=token))))
    assert (answer.error, answer.token) == (BADKEY, b"")
    return re.findall(r"problem=(\w+)", server.log())


def test_an_expired_ticket_is_badkey_and_logged(tenured, keytab, lab, pc, monkeypatch):
    """By a client that believes its ticket to be good: its clock, or its cache, is wrong. That a ticket
    is over is Kerberos' judgement, which is a generous one at times; what is tried here is what
    becomes of it."""
    strict(lab, monkeypatch)
    for _ in range(3):
        server = started(tenured, keytab)
        ticket = pc[0].ticket_that_ended(seconds=3)
        for number in range(10):
            # The authenticator is new; a slow machine may make it older than two seconds.
            token = ticket()
            answer = Tkey(exchange(server, tkey_query(f"x{number}.example", tkey_data(token=token))))
            problems = re.findall(r"problem=(\w+)", server.log())
            if problems != ["skew"]:
                break
        if answer.error != 0:
            break
    else:
        pytest.skip("Kerberos takes tickets here three seconds after their end")
    assert (answer.error, answer.token) == (BADKEY, b"")
    assert problems[-1] == "expired" and set(problems) <= {"skew", "expired"}
    assert "expired" in server.log() and counter(server, "gss-established") == 0


def test_an_old_token_is_badkey_and_logged(tenured, keytab, lab, pc, monkeypatch):
    """Its ticket may have ended too; its authenticator's time is what Kerberos looks at first."""
    strict(lab, monkeypatch)
    server = started(tenured, keytab)
    token = pc[0].begin(lifetime="2s").step()
    time.sleep(5)
    assert problems_of(server, token, "x.example") == ["skew"]


def test_a_context_lives_no_longer_than_its_ticket(server, pc):
    signer = pc[0].negotiate(server, lifetime="60s")
    assert signer.answer.expiration - signer.answer.inception <= 360


# --- contexts

def test_a_context_ends_when_it_said_it_would(tenured, keytab, pc):
    server = started(tenured, keytab, clock="2026-01-05T09:00:00Z")
    start = 1767603600
    signer = pc[0].negotiate(server)
    assert signer.answer.expiration == start + 3600
    assert signer.ask(server, registration("pc-1", "10.0.0.7"), when=start) == 0
    server.ctl_ok("clock", "forward", "3599s")
    update = registration("pc-1", "10.0.0.8", id=2)
    assert signer.ask(server, update, when=start + 3599) == 0
    server.ctl_ok("clock", "forward", "1s")
    signed, _ = signer.sign(registration("pc-1", "10.0.0.9", id=3).to_wire(), when=start + 3600)
    answer = exchange(server, signed)
    _, tsig = realm.tsig_parts(answer)
    assert (answer[3] & 15, tsig["error"], tsig["mac"]) == (NOTAUTH, BADKEY, b"")
    assert counter(server, "gss-contexts-expired") == 1


def test_delete_ends_a_context_for_its_own_principal_alone(server, pc):
    mine, other = pc[0].negotiate(server), pc[1].negotiate(server)
    query = tkey_query(mine.key, tkey_data(mode=5))
    signed, mac = other.sign(query)
    answer = exchange(server, signed)
    assert Tkey(answer).error == BADKEY
    other.check(answer, mac)
    assert mine.ask(server, registration("pc-1", "10.0.0.7")) == 0
    signed, mac = mine.sign(query)
    answer = exchange(server, signed)
    assert Tkey(answer).error == 0
    mine.check(answer, mac)
    answer = exchange(server, mine.sign(registration("pc-1", "10.0.0.8").to_wire())[0])
    assert (answer[3] & 15, realm.tsig_parts(answer)[1]["error"]) == (NOTAUTH, BADKEY)


def test_contexts_are_capped_and_the_longest_unused_gives_way(tenured, keytab, pc):
    server = started(tenured, keytab,
                     config="gss:\n  contexts: 3\n  contexts-per-principal: 2\n")
    mine = [pc[0].negotiate(server) for _ in range(2)]
    query = dns.message.make_query(f"ns.{ZONE}", "A")
    assert mine[0].ask(server, query) == 0
    mine.append(pc[0].negotiate(server))
    assert mine[0].ask(server, query) == 0
    assert exchange(server, mine[1].sign(query.to_wire())[0])[3] & 15 == NOTAUTH
    others = [pc[1].negotiate(server) for _ in range(2)]
    assert counter(server, "gss-contexts") == 3
    assert counter(server, "gss-contexts-evicted") == 2
    assert all(signer.ask(server, query) == 0 for signer in [mine[0], *others])


def test_one_principal_cannot_push_out_another(tenured, keytab, pc):
    server = started(tenured, keytab,
                     config="gss:\n  contexts: 10\n  contexts-per-principal: 2\n")
    mine = pc[1].negotiate(server)
    for _ in range(20):
        pc[0].negotiate(server)
    assert mine.ask(server, registration("lnx-1", "10.0.0.8")) == 0
    assert counter(server, "gss-contexts") == 3


# --- signed requests

def test_queries_are_signed_too(server, pc):
    signer = pc[0].negotiate(server)
    for name, rcode in (("ns", 0), ("nothing", 3)):
        assert signer.ask(server, dns.message.make_query(f"{name}.{ZONE}", "SOA")) == rcode


def test_a_probe_is_an_update_of_nothing_but_prerequisites(server, pc):
    signer = pc[0].negotiate(server)
    assert signer.ask(server, registration("pc-1", "10.0.0.7")) == 0
    for address, rcode in (("10.0.0.7", 0), ("10.0.0.8", 8)):
        probe = dns.update.UpdateMessage(ZONE)
        probe.absent("pc-1", "CNAME")
        probe.present("pc-1", "A", address)
        assert signer.ask(server, probe) == rcode


def test_refusals_are_signed(server, pc):
    assert pc[0].negotiate(server).ask(server, registration("pc-1", "10.0.0.7")) == 0
    assert pc[1].negotiate(server).ask(server, registration("pc-1", "10.0.0.8")) == REFUSED
    update = dns.update.UpdateMessage("elsewhere.example")
    update.add("x", 60, "A", "10.0.0.1")
    assert pc[1].negotiate(server).ask(server, update) == NOTAUTH


def test_an_update_that_is_sent_again_gets_the_stored_answer(server, pc):
    signer = pc[0].negotiate(server)
    update = dns.update.UpdateMessage(ZONE)
    update.absent("pc-1")
    update.add("pc-1", 60, "A", "10.0.0.7")
    signed, mac = signer.sign(update.to_wire())
    for _ in range(2):
        answer = exchange(server, signed, tcp=False)
        assert answer[3] & 15 == 0
        signer.check(answer, mac)
    assert counter(server, "updates-resent") == 1


def test_a_spoiled_mac_is_badsig_and_a_wrong_time_is_badtime(server, pc):
    signer = pc[0].negotiate(server)
    wire = registration("pc-1", "10.0.0.7").to_wire()
    answer = exchange(server, signer.sign(wire, spoil=True)[0])
    assert (answer[3] & 15, realm.tsig_parts(answer)[1]["error"]) == (NOTAUTH, BADSIG)
    signed, mac = signer.sign(wire, when=int(time.time()) - 4000)
    answer = exchange(server, signed)
    assert (answer[3] & 15, signer.check(answer, mac)["error"]) == (NOTAUTH, BADTIME)
    assert addresses(server, "pc-1") == []


def test_two_tsigs_and_one_that_is_not_last_are_formerr(server, pc):
    signer = pc[0].negotiate(server)
    wire = registration("pc-1", "10.0.0.7").to_wire()
    once, _ = signer.sign(wire)
    twice, _ = signer.sign(once)
    opt = b"\0" + struct.pack("!HHIH", 41, 1232, 0, 0)
    behind = once[:10] + struct.pack("!H", 2) + once[12:] + opt
    for message in (twice, behind, once[:-1], once[:-20]):
        answer = exchange(server, message)
        assert answer[3] & 15 == FORMERR
    assert addresses(server, "pc-1") == []


# --- whole sequences, as they are on the wire

def test_samba_net_ads_dns_register(server, pc):
    """Probe, unsigned try with OPT, TKEY over TCP (gss.microsoft.com, class IN, raw Kerberos, a GUID
    for a name; both places of the record), then the update: the name deleted, and added."""
    name = "pc-1"
    probe = dns.update.UpdateMessage(ZONE)
    probe.absent(name, "CNAME")
    probe.present(name, "A", "10.0.0.7")
    assert server.ask(probe).rcode() == REFUSED
    update = dns.update.UpdateMessage(ZONE)
    update.absent(name, "CNAME")
    update.delete(name)
    update.add(name, 3600, "A", "10.0.0.7")
    update.use_edns(0, payload=1232)
    assert server.ask(update).rcode() == REFUSED
    update.use_edns(False)
    for section in ("additional", "answer"):
        signer = pc[0].negotiate(server, algorithm="gss.microsoft.com", qclass=1, section=section,
                                 mech=KERBEROS)
        assert signer.ask(server, update) == 0
        assert owners(server, name) == {pc[0].principal}
    other = pc[1].negotiate(server, algorithm="gss.microsoft.com", qclass=1, mech=KERBEROS)
    assert other.ask(server, update) == 0, "nothing would change"
    theirs = dns.update.UpdateMessage(ZONE)
    theirs.delete(name)
    theirs.add(name, 3600, "A", "10.0.0.66")
    assert other.ask(server, theirs) == REFUSED
    assert addresses(server, name) == ["10.0.0.7"]


def test_the_windows_client(server, pc):
    """SOA of its own name, unsigned update, TKEY by TCP with SPNEGO and a long name, the update."""
    soa = server.query(f"pc-1.{ZONE}", "SOA")
    mname = soa.authority[0][0].mname
    assert server.query(mname, "A").answer[0][0].address == "127.0.0.1"
    update = dns.update.UpdateMessage(ZONE)
    update.absent("pc-1", "CNAME")
    update.delete("pc-1", "A")
    update.delete("pc-1", "AAAA")
    update.add("pc-1", 1200, "A", "10.0.0.7")
    refused = server.ask(update)
    assert (refused.rcode(), refused.id) == (REFUSED, update.id)
    key = "1068-ms-7.309-2c6e448.7a9463b8-b109-11ed-26a3-080027f220e5"
    signer = pc[0].negotiate(server, mech=SPNEGO, qclass=1, key=key)
    assert signer.ask(server, update) == 0
    assert signer.ask(server, update, tcp=False) == 0
    assert owners(server, "pc-1") == {pc[0].principal}


# --- many, and operators

FLOOD = int(os.environ.get("TENURE_FLOOD", "6000"))


def resident(server):
    """KiB that the process has for itself."""
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(r"RssAnon:\s+(\d+)", status)[1])


def drain(stream):
    stream.settimeout(60)
    while stream.recv(1 << 16):
        pass


def test_64_clients_negotiate_and_update_in_parallel(server, lab):
    names = [f"host/lnx-{i}.many.corp.example" for i in range(64)]
    clients = lab.client(*names)

    def register(i):
        signer = clients[i].negotiate(server)
        update = dns.update.UpdateMessage(ZONE)
        update.add(f"lnx-{i}.many", 60, "A", f"10.1.0.{i}")
        return signer.ask(server, update)

    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        assert list(pool.map(register, range(64))) == [0] * 64
    assert owners(server, "lnx-63.many") == {clients[63].principal}


def test_many_negotiations_from_one_address_are_bounded_and_disturb_nobody(server, pc):
    """FLOOD of them over one connection, half nonsense, half the first round of two."""
    flags = gssapi.RequirementFlag.integrity | gssapi.RequirementFlag.dce_style
    token = pc[0].begin(flags=flags | gssapi.RequirementFlag.mutual_authentication).step()
    before, start, waits = resident(server), time.monotonic(), []

    def register(address):
        begun = time.monotonic()
        signer = pc[1].negotiate(server, source="127.0.0.2")
        assert signer.ask(server, registration("lnx-1", address)) == 0
        waits.append(time.monotonic() - begun)

    with server.connect() as stream:
        reader = threading.Thread(target=drain, args=(stream,), daemon=True)
        reader.start()
        for i in range(FLOOD):
            data = tkey_data(token=token if i % 2 else b"nonsense")
            wire = tkey_query(f"flood-{i}", data, id=i & 0xffff)
            stream.sendall(struct.pack("!H", len(wire)) + wire)
            if i % (FLOOD // 6) == FLOOD // 8:
                register(f"10.0.0.{len(waits)}")
        stream.shutdown(socket.SHUT_WR)
        reader.join(60)
    took = time.monotonic() - start
    register("10.0.0.99")
    asked, dropped = counter(server, "gss-negotiations"), counter(server, "gss-dropped")
    assert asked + dropped == FLOOD + len(waits), "each was taken in or dropped"
    assert counter(server, "gss-contexts") == len(waits)
    grown = resident(server) - before
    # Sanitizers keep what was freed.
    is_plain = "asan" not in pathlib.Path(f"/proc/{server.process.pid}/maps").read_text()
    assert grown < 8 << 10 if is_plain else grown < 512 << 10
    lines = [line for line in server.log().splitlines() if "negotiation refused" in line]
    assert 1 <= len(lines) <= 10 + 3 * took
    print(f"\n{FLOOD:,} negotiations in {took:.1f} s, {dropped:,} dropped; others waited "
          f"{max(waits) * 1000:.0f} ms at most; {grown:,} KiB more, {len(lines)} lines of log")


def test_a_keytab_that_changes_is_read_again(tenured, lab, pc):
    path = lab.folder / "late.keytab"
    server = started(tenured, path)
    status = server.rows("status")[0]
    assert "No such file" in status["keytab_problem"] or "not found" in status["keytab_problem"]
    assert "no security context can be negotiated" in server.log()
    token = pc[0].begin().step()
    answer = Tkey(exchange(server, tkey_query("early.example", tkey_data(token=token))))
    assert answer.error == BADKEY
    lab.keytab(path, "DNS/ns.corp.example")
    assert pc[0].negotiate(server).ask(server, registration("pc-1", "10.0.0.7")) == 0
    status = server.rows("status")[0]
    assert "DNS/ns.corp.example@CORP.EXAMPLE" in status["keytab"]


def test_the_keytabs_realms_are_trusted_until_others_are_named(server, pc):
    server.ctl_ok("zone", "set", ZONE, "policy=self")
    status = server.rows("status")[0]
    assert (status["realms"], status["realms_trusted"]) == (None, ["CORP.EXAMPLE"])
    mine = "update add pc-1.corp.example 60 A 10.0.0.7"
    server.ctl_ok("server", "set", "realms=OTHER.EXAMPLE")
    answer = pc[0].nsupdate(server, mine)
    assert (answer.code, "REFUSED" in answer.err) == (2, True), answer.err
    server.ctl_ok("zone", "policy", "set", ZONE, input="allow gss:*$@CORP.EXAMPLE claim self\n")
    assert pc[0].nsupdate(server, mine).code == 2
    server.ctl_ok("zone", "policy", "set", ZONE, input="allow authenticated claim self@CORP.EXAMPLE\n")
    assert pc[0].nsupdate(server, mine).code == 0
    server.ctl_ok("zone", "policy", "set", ZONE, "--yes", input="")
    server.ctl_ok("server", "set", "realms=keytab")
    assert pc[1].nsupdate(server, "update add lnx-1.corp.example 60 A 10.0.0.8").code == 0


def test_one_machine_signs_as_samba_and_as_sssd(server, lab):
    """Both principals are of one computer account; each finds the other's records its own."""
    machine, host = lab.client("LNX-2$", "host/lnx-2.corp.example")
    script = "update delete lnx-2.corp.example A\nupdate add lnx-2.corp.example 3600 A {}"
    assert machine.nsupdate(server, script.format("10.0.0.7")).code == 0
    assert owners(server, "lnx-2") == {machine.principal}
    assert host.nsupdate(server, script.format("10.0.0.8")).code == 0
    assert owners(server, "lnx-2") == {host.principal}
    assert machine.nsupdate(server, "update delete lnx-2.corp.example A").code == 0
    assert addresses(server, "lnx-2") == []


def test_status_says_which_zone_has_no_service_in_the_keytab(server):
    server.zone("other.example", "ns A 127.0.0.1", update="secure")
    server.zone("open.example", "ns A 127.0.0.1", update="nonsecure")
    status = server.rows("status")[0]
    lacks = " ".join(status["keytab_lacks"])
    assert "DNS/ns.other.example" in lacks
    assert "corp" not in lacks and "open" not in lacks
    server.restart()
    line = next(line for line in server.log().splitlines() if "keytab lacks" in line and "zone=other" in line)
    assert "DNS/ns.other.example" in line and "do=" in line


def test_without_a_keytab_there_is_no_gss(tenured):
    server = tenured()
    answer = Tkey(exchange(server, tkey_query("x.example", tkey_data(token=b"x"))))
    assert (answer.rcode, answer.error) == (0, BADALG)


# --- transfers

@pytest.mark.parametrize("mech", [KERBEROS, SPNEGO], ids=["raw", "spnego"])
def test_every_message_of_a_transfer_is_signed_by_the_context(tenured, keytab, pc, mech):
    mine, other = pc
    server = started(tenured, keytab)
    lines = ["ns A 127.0.0.1"] + [f"host{i} A 10.0.0.1" for i in range(10000)]
    server.zone("big.example", *lines)
    rules = server.folder / "rules"
    rules.write_text(f"allow {mine.principal} transfer\n")
    server.ctl_ok("zone", "policy", "set", "big.example", rules)
    got = transferred(server, "big.example", mine.negotiate(server, mech=mech))
    assert len(got) > 3 and all(message.had_tsig for message in got)
    assert sum(len(message.answer) for message in got) == 10004
    refused = transferred(server, "big.example", other.negotiate(server))
    assert [message.rcode() for message in refused] == [dns.rcode.REFUSED]


def transferred(server, zone, signer):
    """The messages of an AXFR, the signature of each verified by dnspython."""
    query = dns.message.make_query(zone, "AXFR")
    query.use_tsig(dns.tsig.Key(signer.key, signer.context, "gss-tsig."))
    wire, got, context, soas = query.to_wire(), [], None, 0
    with server.connect() as tcp:
        tcp.sendall(struct.pack("!H", len(wire)) + wire)
        stream = tcp.makefile("rb")
        while soas < 2 and not (got and got[-1].rcode()):
            wire = stream.read(struct.unpack("!H", stream.read(2))[0])
            got.append(dns.message.from_wire(wire, keyring=query.keyring, request_mac=query.mac,
                                             xfr=True, multi=True, tsig_ctx=context,
                                             one_rr_per_rrset=True))
            context = got[-1].tsig_ctx
            soas += sum(rrset.rdtype == dns.rdatatype.SOA for rrset in got[-1].answer)
    return got
