# SPDX-License-Identifier: BSD-2-Clause
"""The morning after an upgrade: a store of 0.1.0, which had no bounds, and the clients that had filled it.
None of them meets a bound that it had not set: not a DHCP server with 5,000 leases, not the domain
controllers, not an import with more at a name than the defaults allow.
"""
import calendar
import lzma
import pathlib
import time

import dns.update
import pytest

import lab as realm
import site_of_old as site
from kea import FAKETIME, FileClock, Kea, is_installed
from tenure import Key

STORE = pathlib.Path(__file__).resolve().parents[1] / "stores" / "0.1.0-site" / "data.mdb.xz"
# What was registered on the evening of the 5th may be refreshed from the 12th on.
MORNING = calendar.timegm((2026, 1, 13, 8, 0, 0))
BIG = "big.example"
REFUSED = 5


@pytest.fixture(scope="module")
def lab():
    made = realm.Lab()
    try:
        yield made.start()
    finally:
        made.stop()


@pytest.fixture
def server(made, lab, monkeypatch):
    """Started on the store of 0.1.0; clients sign by its clock."""
    keytab = lab.folder / "dns.keytab"
    if not keytab.exists():
        lab.keytab(keytab, "DNS/ns.corp.example")
    one = made("--keytab", keytab, clock=text_of(MORNING))
    one.data.mkdir(mode=0o700)
    one.backups.append(one.folder / "as-0.1.0-left-it")
    for path in (one.data / "data.mdb", one.backups[0]):
        path.write_bytes(lzma.decompress(STORE.read_bytes()))
    start, real = time.time(), time.time
    one.ahead = MORNING - start
    monkeypatch.setattr(time, "time", lambda: real() + one.ahead)
    one.start()
    one.keys = {}
    for name in ("kea", "app"):
        path = one.folder / f"{name}.key"
        path.write_text(f'key "{name}" {{ algorithm hmac-sha256; secret "{site.SECRET}"; }};\n')
        one.keys[name] = Key(name, site.SECRET, "hmac-sha256", path)
    return one


def text_of(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def forward(server, days):
    server.ctl_ok("clock", "forward", f"{days}d")
    server.ahead += days * 86400


def counted(server, name):
    return next(row["value"] for row in server.rows("stats") if row["name"] == name)


def change(server, zone, key, *clauses):
    """("delete", name, ...) and ("add", name, ...); the rcode."""
    update = server.update(zone, server.keys[key] if key else None)
    for what, *words in clauses:
        getattr(update, what)(*words)
    return server.ask(update, tcp=True).rcode()


def last_refusal(server, name):
    return server.ctl("why", "--last", name).out


# --- a DHCP server

@pytest.mark.skipif(not is_installed() or not FAKETIME,
                    reason="kea-dhcp-ddns-server or faketime is not installed")
def test_kea_renews_five_thousand_leases_adds_and_releases(server):
    clock = FileClock(server.folder / "clock", MORNING)
    kea = Kea(server, server.keys["kea"], clock=clock, timeout=20000)
    try:
        leases = [site.lease(number) for number in range(site.LEASES)]
        told = kea.tell_all([((True, *lease), {}) for lease in leases])
        assert all(told), told.count(False)
        new = [site.lease(site.LEASES + number) for number in range(500)]
        assert all(kea.tell_all([((True, *lease), {}) for lease in new]))
        gone = leases[:500]
        assert all(kea.tell_all([((False, *lease), {}) for lease in gone]))
    finally:
        kea.close()
    assert counted(server, "updates-denied") == 0
    names = {}
    for row in server.rows("owner", "list", "key:kea"):
        names.setdefault(row["name"], set()).add(row["stamp"] >= text_of(MORNING))
    expected = {f"{name}" for name, _, _ in leases[500:] + new}
    expected |= {site.pointer(address) for _, address, _ in leases[500:] + new}
    assert set(names) == expected and all(fresh == {True} for fresh in names.values())


def test_a_dhcp_server_that_does_not_sign_goes_on_and_may_have_twice_as_many(server):
    for number in range(site.UNSIGNED):
        assert change(server, "lab.example", None, ("delete", f"guest{number}", "A"), (
            "add", f"guest{number}", 1200, "A", f"192.0.2.{number % 250}")) == 0
    for number in range(20):
        assert change(server, "lab.example", None, ("delete", f"guest{number}")) == 0
    for number in range(site.UNSIGNED, 2 * site.UNSIGNED + 20):
        assert change(server, "lab.example", None, ("add", f"guest{number}", 1200, "A",
                                                    "192.0.2.1")) == 0, number
    assert change(server, "lab.example", None, ("add", "more", 1200, "A", "192.0.2.1")) == REFUSED
    # The limit, what there is, and the setting; and what there is goes on.
    why = last_refusal(server, "more.lab.example")
    assert all(word in why for word in ("max-names", "600", "hosts:50")), why
    assert change(server, "lab.example", None, ("delete", "guest99", "A"),
                  ("add", "guest99", 1200, "A", "192.0.2.77")) == 0


# --- domain controllers

def register(server, signer, records):
    """Each by itself, as Netlogon does; what was not taken."""
    refused = []
    for name, ttl, rtype, data in records:
        update = dns.update.UpdateMessage(site.ZONE)
        update.add(f"{name}.", ttl, rtype, data)
        if signer.ask(server, update, when=int(time.time())) != 0:
            refused.append((name.lower(), rtype))
    return refused


def stored(server, principal):
    rows = server.rows("owner", "list", principal)
    return {(row["name"], row["type"], row["data"]) for row in rows}


def names_in(records):
    return {(name.lower(), rtype) for name, _, rtype, _ in records}


def test_domain_controllers_register_again_each_day_and_new_ones_come(server, lab):
    one, two, three = (lab.client(name) if name != "DC1$" else controller(lab)
                       for name in ("DC1$", "DC2$", "DC3$"))
    before = stored(server, one.principal)
    assert len(before) == len(list(site.netlogon(1))), "what 0.1.0 had taken"
    for _ in range(3):
        assert register(server, one.negotiate(server), site.netlogon(1)) == []
        assert register(server, two.negotiate(server), site.netlogon(2)) == []
        forward(server, 1)
    assert stored(server, one.principal) == before
    assert {(name, rtype) for name, rtype, _ in stored(server, two.principal)} == \
        names_in(site.netlogon(2))
    # dcpromo.
    assert register(server, three.negotiate(server), site.netlogon(3)) == []
    answer = server.query(f"_ldap._tcp.{site.ZONE}", "SRV", tcp=True)
    assert {record.target.to_text().split(".")[0] for record in answer.answer[0]} == \
        {"dc1", "dc2", "dc3"}
    assert counted(server, "updates-denied") == 0


def test_a_controller_of_many_sites_is_named_by_a_group_or_its_text(server, lab):
    """A pattern of machines names nobody: whoever may join a machine to the domain may match it."""
    three = lab.client("DC5$")
    records = list(site.netlogon(5, [f"Site{number}" for number in range(12)]))
    refused = register(server, three.negotiate(server), records)
    assert len(names_in(records)) - len(refused) == 50
    why = last_refusal(server, refused[0][0])
    assert all(word in why for word in ("max-names", "hosts:50", "51")), why
    server.ctl_ok("group", "create", "@dcs", three.principal)
    text = server.ctl_ok("zone", "policy", "show", site.ZONE)
    server.ctl_ok("zone", "policy", "set", site.ZONE, "--yes",
                  input=text.replace("gss:DC*$@CORP.EXAMPLE", "@dcs"))
    assert register(server, three.negotiate(server), records) == []


def test_what_a_domain_controller_has_it_keeps_where_no_rule_names_it_any_more(server, lab):
    one = controller(lab)
    server.ctl_ok("zone", "policy", "set", site.ZONE, "--yes", input="")
    for _ in range(2):
        assert register(server, one.negotiate(server), site.netlogon(1)) == []
        forward(server, 8)
    assert counted(server, "updates-denied") == 0
    four = lab.client("DC4$")
    refused = register(server, four.negotiate(server), site.netlogon(4))
    assert set(refused) == names_in(site.netlogon(4)) - {(f"dc4.{site.ZONE}", "A")}


def controller(lab):
    """The first one, whose principal the store knows."""
    client = realm.Client(lab, "DC1$")
    return client if client.keytab.exists() else lab.client("DC1$")


# --- an import that is larger than the bounds

def pool(count, first=0):
    return [("add", "pool", 3600, "A", f"198.51.100.{number + 1}")
            for number in range(first, first + count)]


def test_a_name_with_more_records_of_a_type_than_the_bound_goes_on(server):
    row = server.rows("zone", "show", BIG)[0]
    assert row["max_records"] == 100
    assert change(server, BIG, "app", *pool(3)) == 0, "a refresh"
    assert change(server, BIG, "app", ("delete", "pool", "A"), *pool(site.MANY_RECORDS)) == 0
    assert change(server, BIG, "app", ("delete", "pool", "A"), *pool(site.MANY_RECORDS, 50)) == 0
    assert change(server, BIG, "app", *pool(1, 49)) == REFUSED
    why = last_refusal(server, f"pool.{BIG}")
    assert all(word in why for word in ("max-records", "100", "151", "150")), why
    assert change(server, BIG, "app", ("delete", "pool", "A", "198.51.100.51")) == 0
    assert change(server, BIG, "app", ("add", "own", 300, "A", "192.0.2.10")) == 0
    answer = server.query(f"pool.{BIG}", "A", tcp=True)
    assert len(answer.answer[0]) == site.MANY_RECORDS - 1


def test_a_name_with_more_types_than_the_bound_goes_on(server):
    def one(number, data):
        return "add", "types", 3600, f"TYPE{65300 + number}", f"\\# 4 {data:08x}"
    assert change(server, BIG, "app", one(7, 7)) == 0
    assert change(server, BIG, "app", ("delete", "types", "TYPE65307"), one(7, 8)) == 0
    assert change(server, BIG, "app", ("add", "types", 3600, "TXT", "x")) == REFUSED
    why = last_refusal(server, f"types.{BIG}")
    assert all(word in why for word in ("max-types", "100", "121", "120")), why
    assert change(server, BIG, "app", ("delete", "types", "TYPE65307")) == 0
    assert server.query(f"types.{BIG}", "TYPE65306").answer and \
        not server.query(f"types.{BIG}", "TYPE65307").answer


def test_a_name_with_more_bytes_than_the_bound_goes_on(server):
    def one(number, more="ab"):
        return "add", "large", 3600, "TYPE65300", f"\\# 250 {number:04x}{more * 248}"
    assert change(server, BIG, "app", one(3)) == 0
    assert change(server, BIG, "app", ("delete", "large", *one(3)[3:]), one(3, "cd")) == 0
    assert change(server, BIG, "app", ("add", "large", 3600, "TXT", "x")) == REFUSED
    why = last_refusal(server, f"large.{BIG}")
    assert all(word in why for word in ("max-name-bytes", "65000")), why
    assert change(server, BIG, "app", ("delete", "large", "TYPE65301")) == 0
    assert not server.query(f"large.{BIG}", "TYPE65301", tcp=True).answer
    assert len(server.query(f"large.{BIG}", "TYPE65300", tcp=True).answer[0]) == site.LARGE_RECORDS
