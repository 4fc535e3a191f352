# SPDX-License-Identifier: BSD-2-Clause
"""Thirty days of leases by the real D2 programs with keys, on a clock that the test moves: aging and
scavenging on, and at the end of each day the zones are compared with a model of what should be there,
record by record, with owner, class and stamp.

TENURE_LEASES is the number of leases (50), TENURE_DAYS that of days (30).
"""
import base64
import calendar
import dataclasses
import getpass
import hashlib
import os
import time

import pytest

from kea import FAKETIME, REVERSE, REVERSE6, ZONE, FileClock, Kea, is_installed
from tenure import run

LEASES = int(os.environ.get("TENURE_LEASES", 50))
DAYS = int(os.environ.get("TENURE_DAYS", 30))
START = calendar.timegm((2026, 1, 5, 9, 0, 0))
DAY = 86400
ADDRESSES = ("A", "AAAA")
GROUP = "@dhcp"

pytestmark = pytest.mark.skipif(not is_installed() or not FAKETIME,
                                reason="kea-dhcp-ddns-server or faketime is not installed")


@dataclasses.dataclass
class Stored:
    owner: str
    stamp: int
    klass: str = "dynamic"


class Model:
    """What the zones hold: {(zone, name, type, data): Stored}, as aging and ownership say."""

    def __init__(self, window):
        self.window = window * DAY
        self.now = START
        self.records = {}
        self.hints = {}       # (zone, name): who renewed another's record there last, and when
        self.changed = set()  # zones whose data changed since the last look

    def at(self, zone, name):
        return {key: found for key, found in self.records.items() if key[:2] == (zone, name)}

    def put(self, key, owner, klass="dynamic"):
        """Added, or named again by `owner`: after the no-refresh time a refresh, if it is the
        owner's, otherwise a hint."""
        found = self.records.get(key)
        if not found:
            self.records[key] = Stored(owner, self.now, klass)
            self.changed.add(key[0])
        elif found.klass == "dynamic" and self.now - found.stamp > self.window:
            if found.owner == owner:
                found.stamp = self.now
            elif self.now - self.hints.get(key[:2], (None, 0))[1] > self.window:
                self.hints[key[:2]] = (owner, self.now)

    def take(self, key, owner):
        """Added by somebody who may take it over: it is theirs at once."""
        if key not in self.records:
            self.changed.add(key[0])
        if key not in self.records or self.records[key].owner != owner:
            self.records[key] = Stored(owner, self.now)
        else:
            self.put(key, owner)

    def drop(self, key):
        del self.records[key]
        self.changed.add(key[0])

    def lease_begins(self, owner, lease, klass="dynamic"):
        """D2's addition, with checks of the DHCID; whether it succeeds."""
        here = self.at(ZONE, lease.name)
        ticket = (ZONE, lease.name, "DHCID", lease.ticket)
        address = (ZONE, lease.name, lease.type, lease.address)
        owns = any(found.owner == owner for found in here.values())
        if here and (ticket not in here or (address not in here and not owns)):
            return False
        for key, found in here.items():
            if key[2] == lease.type and key != address and found.owner == owner:
                self.drop(key)
        self.put(ticket, owner, klass)
        self.put(address, owner, klass)
        zone, name = lease.reverse
        pointer, ticket = (zone, name, "PTR", f"{lease.name}."), (zone, name, "DHCID", lease.ticket)
        for key, found in self.at(zone, name).items():
            if key not in (pointer, ticket) and found.owner == owner:
                self.drop(key)
        self.put(pointer, owner, klass)
        self.put(ticket, owner, klass)
        return True

    def lease_is_taken(self, owner, lease):
        """D2's addition without checks: whoever has the lease has the name."""
        ticket = (ZONE, lease.name, "DHCID", lease.ticket)
        address = (ZONE, lease.name, lease.type, lease.address)
        for key in self.at(ZONE, lease.name):
            if key[2] in (lease.type, "DHCID") and key not in (ticket, address):
                self.drop(key)
        self.put(ticket, owner)
        self.put(address, owner)
        zone, name = lease.reverse
        self.put((zone, name, "PTR", f"{lease.name}."), owner)
        self.put((zone, name, "DHCID", lease.ticket), owner)
        return True

    def lease_ends(self, owner, lease):
        """D2's removal; whether it succeeds. It gives up, and leaves the pointer, where the name
        has another address or what it may not remove; where the ticket is not there it goes on."""
        here = self.at(ZONE, lease.name)
        ticket = (ZONE, lease.name, "DHCID", lease.ticket)
        address = (ZONE, lease.name, lease.type, lease.address)
        if ticket in here and address in here:
            if here[address].owner != owner:
                return False
            self.drop(address)
        left = [key[2] for key in self.at(ZONE, lease.name) if key != ticket]
        if set(left) & set(ADDRESSES) or (left and ticket in here):
            return False
        if ticket in here:
            self.drop(ticket)
        if (*lease.reverse, "PTR", f"{lease.name}.") in self.records:
            for key in self.at(*lease.reverse):
                self.drop(key)
        return True

    def counts_as(self, key, found):
        """The stamp by which a record ages; None: not at all."""
        if found.klass != "dynamic":
            return None
        stamps = [found.stamp]
        if key[2] == "DHCID":
            for other, guarded in self.at(*key[:2]).items():
                if other[2] in (*ADDRESSES, "PTR"):
                    if guarded.klass != "dynamic":
                        return None
                    stamps.append(guarded.stamp)
        return max(stamps)

    def is_contested(self, key):
        """Whether another than the owner renewed something at the name within both windows."""
        who, when = self.hints.get(key[:2], (None, 0))
        return self.now - when <= 2 * self.window and who != self.records[key].owner

    def sweep(self):
        """Removes what is stale and not contested; how many records."""
        stamps = {key: self.counts_as(key, found) for key, found in self.records.items()}
        stale = [key for key, stamp in stamps.items()
                 if stamp is not None and self.now > stamp + 2 * self.window and
                 not self.is_contested(key)]
        for key in stale:
            self.drop(key)
        return len(stale)


@dataclasses.dataclass
class Lease:
    """A name and an address of one client."""
    name: str
    address: str
    client: str

    @property
    def dhcid(self):
        return "000201" + hashlib.sha256(self.client.encode()).hexdigest()

    @property
    def ticket(self):
        return base64.b64encode(bytes.fromhex(self.dhcid)).decode()

    @property
    def type(self):
        return "AAAA" if ":" in self.address else "A"

    @property
    def reverse(self):
        if self.type == "A":
            _, b, c, d = self.address.split(".")
            return REVERSE, f"{d}.{c}.{b}.{REVERSE}"
        digits = "fd00" + self.address.removeprefix("fd00::").rjust(28, "0")
        return REVERSE6, ".".join(reversed(digits)) + ".ip6.arpa"


class Site:
    """The server, its DHCP servers, and the model of what it should hold."""

    def __init__(self, tenured, window):
        self.model = Model(window)
        self.server = server = tenured(clock="2026-01-05T09:00:00Z")
        self.clock = FileClock(server.folder / "clock", START)
        server.zone(ZONE, "www A 10.9.9.9", update="secure")
        self.static(f"www.{ZONE}", "A", "10.9.9.9")
        for prefix in ("10.0.0.0/8", "fd00::/16"):
            server.ctl_ok("zone", "add", "--reverse", prefix, "update=secure")
        keys = {name: server.key(name) for name in ("kea1", "kea2", "quiet", "unlisted")}
        server.ctl_ok("group", "create", GROUP, "--acting", "key:kea1", "key:kea2")
        rules = server.folder / "rules"
        rules.write_text(f"allow {GROUP} claim\n"
                         "allow key:quiet claim class pinned\n"
                         f"allow authenticated takeover self over {GROUP}\n")
        for zone in (ZONE, REVERSE, REVERSE6):
            server.ctl_ok("zone", "policy", "set", zone, rules)
            server.ctl_ok("zone", "set", zone, "aging=on", f"no-refresh={window}d",
                          f"refresh={window}d", "max-share=none")
        self.keas = {name: Kea(server, key, self.clock) for name, key in keys.items()}
        self.members = {"kea1", "kea2"}
        self.hosts = {}
        self.waiting = {}  # what each D2 is told today
        self.last_serials = self.serials()

    def owner(self, kea):
        return GROUP if kea in self.members else f"key:{kea}"

    def leave(self, kea):
        if kea in self.members:
            self.server.ctl_ok("group", "remove", GROUP, f"key:{kea}")
            self.members.remove(kea)

    def begin(self, kea, lease):
        klass = "pinned" if kea == "quiet" else "dynamic"
        is_well = self.model.lease_begins(self.owner(kea), lease, klass)
        self.tell(kea, True, lease, is_well)

    def begin_unchecked(self, kea, lease):
        is_well = self.model.lease_is_taken(self.owner(kea), lease)
        self.tell(kea, True, lease, is_well, checks=False)

    def end(self, kea, lease):
        self.tell(kea, False, lease, self.model.lease_ends(self.owner(kea), lease))

    def tell(self, kea, adds, lease, is_well, **manner):
        words = (adds, lease.name, lease.address, lease.dhcid)
        self.waiting.setdefault(kea, []).append((words, manner, is_well))

    def tell_all(self):
        for kea, told in self.waiting.items():
            said = self.keas[kea].said()
            found = self.keas[kea].tell_all([(words, manner) for words, manner, _ in told])
            wrong = [(words, is_well) for (words, _, is_well), did in zip(told, found)
                     if did != is_well]
            assert not wrong, f"{kea}: {wrong}: {self.keas[kea].log(said)}"
        self.waiting = {}

    def host_updates(self, lease):
        """The client registers its address itself, with its own key."""
        if lease.name not in self.hosts:
            self.hosts[lease.name] = self.server.key(lease.name)
        key = self.hosts[lease.name]
        script = (f"server {self.server.address} {self.server.port}\n"
                  f"key {key.algorithm}:{key.name}:{key.secret}\nzone {ZONE}.\n"
                  f"del {lease.name}. A\nadd {lease.name}. 300 A {lease.address}\nsend\n")
        done = run("knsupdate", input=script,
                   env={**os.environ, **self.clock.environment_that_runs()})
        assert done.code == 0, done.err
        owner = f"key:{lease.name}"
        address = (ZONE, lease.name, "A", lease.address)
        for other, found in self.model.at(ZONE, lease.name).items():
            if other[2] == "A" and other != address and found.owner in (owner, GROUP):
                self.model.drop(other)
        self.model.take(address, owner)

    def note(self, name):
        """An administrator's TXT at a host's name."""
        self.server.ctl_ok("record", "add", ZONE, name, "3600", "TXT", '"the printer by the door"')
        self.static(name, "TXT", '"the printer by the door"')
        self.model.changed.add(ZONE)

    def static(self, name, type, data):
        self.model.records[ZONE, name, type, data] = Stored(
            f"local:{getpass.getuser()}", 0, "static")

    def night(self):
        """A day passes, a run removes what is stale, and all is as the model says. A zone's serial
        moves when its data does, and only then."""
        self.model.now += DAY
        self.server.ctl_ok("clock", "forward", "1d")
        self.clock.set(self.model.now)
        if self.model.now > START + self.model.window:  # aging was turned on that long ago
            rows = self.server.rows("scavenge", "run")
            removed = self.model.sweep()
            assert sum(row["removed"] for row in rows) == removed, rows
        assert self.stored() == self.expected()
        serials = self.serials()
        moved = {zone for zone, serial in serials.items() if serial != self.last_serials[zone]}
        assert moved == self.model.changed
        self.last_serials, self.model.changed = serials, set()

    def serials(self):
        return {zone: self.server.query(zone, "SOA").answer[0][0].serial
                for zone in (ZONE, REVERSE, REVERSE6)}

    def stored(self):
        rows = [row for zone in (ZONE, REVERSE, REVERSE6)
                for row in self.server.rows("record", "list", zone)]
        keys = {(row["zone"], row["name"].rstrip("."), row["type"], row["data"]):
                (row["owner"], row["class"], row["stamp"] if row["class"] == "dynamic" else None)
                for row in rows}
        return {key: what for key, what in keys.items()
                if key[2] not in ("SOA", "NS") and key[1] != f"ns.{ZONE}"}

    def expected(self):
        return {key: (found.owner, found.klass, text(found.stamp) if found.klass == "dynamic" else None)
                for key, found in self.model.records.items()}

    def close(self):
        for kea in self.keas.values():
            kea.close()


def text(stamp):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(stamp))


# What a client and its DHCP server do in thirty days: each is called once a day.

class Client:
    def __init__(self, site, number):
        self.site = site
        self.number = number
        self.window = site.model.window // DAY

    def lease(self, more=0, name="pc"):
        """Its lease, or that of another address."""
        number = self.number + more * 1000
        return Lease(f"{name}{self.number}.{ZONE}", f"10.{more}.{self.number // 250}."
                     f"{self.number % 250 + 1}", f"client {number % 1000}")

    def lease6(self):
        return Lease(f"pc{self.number}.{ZONE}", f"fd00::{self.number + 1:x}", f"client {self.number}")


class Steady(Client):
    """Renews each day."""

    def day(self, day):
        self.site.begin("kea1", self.lease())


class Slow(Client):
    """Renews as seldom as the windows bear."""

    def day(self, day):
        if day % (2 * self.window - 1) == 0:
            self.site.begin("kea1", self.lease())


class Dual(Client):
    """Both families; the IPv6 lease ends for a week."""

    def day(self, day):
        self.site.begin("kea1", self.lease())
        if day == 18:
            self.site.end("kea1", self.lease6())
        elif day < 18 or day > 24:
            self.site.begin("kea1", self.lease6())


class Quiet(Client):
    """Its server sends nothing when a lease is renewed; a rule pins what it registers."""

    def day(self, day):
        if day in (0, 12):
            self.site.begin("quiet", self.lease(day // 12))
        if day == 25:
            self.site.end("quiet", self.lease(2))
            self.site.end("quiet", self.lease(1))


class Released(Client):
    """Goes, and comes back to another address."""

    def day(self, day):
        if day == 8:
            self.site.end("kea1", self.lease())
        elif day < 8 or day >= 14:
            self.site.begin("kea1", self.lease(1 if day >= 14 else 0))


class Lost(Client):
    """Vanishes while its server is down, is scavenged, and returns."""

    def day(self, day):
        if day <= 4 or day >= 4 + 2 * self.window + 5:
            self.site.begin("kea1", self.lease())


class Moved(Client):
    """Has another address each six days; the old lease expires a day later."""

    def day(self, day):
        self.site.begin("kea1", self.lease(day // 6))
        if day > 6 and day % 6 == 1:
            self.site.end("kea1", self.lease(day // 6 - 1))


class Renamed(Client):
    def day(self, day):
        if day == 10:
            self.site.end("kea1", self.lease())
        self.site.begin("kea1", self.lease(name="pc" if day < 10 else "laptop"))


class Failover(Client):
    """The partner has the lease for a week."""

    def day(self, day):
        self.site.begin("kea2" if 9 <= day < 12 else "kea1", self.lease())


class Partner(Client):
    """Its server leaves the group, goes on as if it had not, and is replaced: what it renews in
    vain is contested, and stays."""

    def day(self, day):
        if day == 12:
            self.site.leave("kea2")
        self.site.begin("kea2" if day < 15 else "kea1", self.lease())


class Taker(Client):
    """Takes its address over from the server, and keeps it when the lease ends."""

    def day(self, day):
        if day == 20:
            self.site.end("kea1", self.lease())
        elif day < 20:
            self.site.begin("kea1", self.lease())
        if day >= 5 and day % 2:
            self.site.tell_all()
            self.site.host_updates(self.lease())


class Noted(Client):
    """An administrator writes a TXT at its name; it goes, comes back, and goes for good."""

    def day(self, day):
        if day == 5:
            self.site.tell_all()
            self.site.note(self.lease().name)
        if day in (12, 20):
            self.site.end("kea1", self.lease())
        elif day < 12 or 16 <= day < 20:
            self.site.begin("kea1", self.lease())


class Contested(Client):
    """Others want its name: another client, and a server with a key that is in no group."""

    def day(self, day):
        self.site.begin("kea1", self.lease())
        other = self.lease(7)
        if day % 5 == 2:
            self.site.begin("kea1", dataclasses.replace(other, client="another"))
            self.site.begin("kea1", Lease(f"www.{ZONE}", other.address, "another"))
        if day % 5 == 3:
            self.site.tell_all()
            self.site.begin("unlisted", self.lease())
            self.site.begin("unlisted", other)


class Unchecked(Client):
    """A server that looks at no DHCID: each week the name is another machine's."""

    def day(self, day):
        lease = dataclasses.replace(self.lease(day // 7), client=f"{self.number} {day // 7}")
        self.site.begin_unchecked("kea1", lease)


ROLES = (Steady, Slow, Dual, Quiet, Released, Lost, Moved, Renamed, Failover, Partner, Taker, Noted,
         Contested, Unchecked)
# After so many days all of a role have met the refusal that it is there for; no other meets one.
REFUSED_BY = {Contested: 6, Noted: 19, Taker: 26}
# Of these there are no more: in a night of many leases their refusals are folded without names, and a server that
# no rule names leaves hints at 50 names.
MOST = {**{role: 20 for role in REFUSED_BY}, Partner: 50}


def cast(site, count):
    """As many clients, of each role in turn."""
    clients = []
    for number in range(count):
        role = ROLES[number % len(ROLES)]
        if number // len(ROLES) >= MOST.get(role, count):
            role = Steady
        clients.append(role(site, number))
    return clients


@pytest.mark.parametrize("window", [3, 7])
def test_who_lives_keeps_its_name_and_who_went_does_not(tenured, window):
    site = Site(tenured, window)
    clients = cast(site, max(LEASES, len(ROLES)))
    try:
        for day in range(DAYS):
            for client in clients:
                client.day(day)
            site.tell_all()
            try:
                site.night()
            except AssertionError as problem:
                raise AssertionError(f"after day {day}: {problem}") from problem
        rows = site.server.rows("audit", "--event", "update-denied", "--limit", "10000")
        refused = {name.rstrip(".") for row in rows for name in (row["name"], *row.get("names", []))}
        due, may = ({client.lease().name for client in clients
                     if type(client) in REFUSED_BY and REFUSED_BY[type(client)] <= until}
                    for until in (DAYS, max(REFUSED_BY.values())))
        assert due <= refused <= may
    finally:
        site.close()
