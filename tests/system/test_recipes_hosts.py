# SPDX-License-Identifier: BSD-2-Clause
"""The recipes for hosts that register themselves: ddclient, nsupdate and knsupdate with the files of contrib/recipes,
and what SSSD sends, with a host's Kerberos key."""
import re

import pytest

from lab import REALM, Lab
from peers import found
from site_lab import NS1, REVERSE, ZONE, Site, needs, needs_root, recipe, resolving
from tenure import run

HOST = "10.0.7.7"
NAME = f"pc7.{ZONE}"
OWNER = f"key:{NAME}"


@pytest.fixture
def site():
    with Site() as made:
        yield made


def address_and_ptr(server):
    return server.records(NAME), server.records(f"7.7.0.{REVERSE}")


BOTH = ([("A", HOST, OWNER, "dynamic")], [("PTR", f"{NAME}.", OWNER, "dynamic")])


def updates(server):
    return {row["name"]: row["value"] for row in server.rows("stats")}["updates"]


class Ddclient:
    """ddclient with the recipe's file, once; its cache lies in its folder."""

    def __init__(self, site, key, **replaced):
        self.program = site.program(HOST, "ddclient")
        text = recipe("ddclient.conf", **{"/etc/ddclient/pc7.key": key.path}, **replaced)
        self.file = self.program.write("ddclient.conf", text)
        self.file.chmod(0o600)

    def run(self):
        return self.program.run(found("ddclient"), "-daemon=0", "-foreground", "-verbose", "-file", self.file, "-cache",
                                self.program.folder / "cache", "-pid", self.program.folder / "pid")

    def days_pass(self, count):
        """As if its last update was so many days ago."""
        cache = self.program.folder / "cache"
        text = re.sub(r"(mtime=)(\d+)", lambda m: f"{m[1]}{int(m[2]) - count * 86400}", cache.read_text())
        cache.write_text(text)


@needs_root
@needs("ddclient")
def test_ddclient_registers_and_refreshes_each_day(site):
    server = site.tenured()
    key = server.key(NAME)
    client = Ddclient(site, key)
    said = client.run()
    assert server.records(NAME) == [("A", HOST, OWNER, "dynamic")], said
    before = updates(server)
    client.run()
    assert updates(server) == before, "nothing has changed, and no day is over"
    client.days_pass(2)
    said = client.run()
    assert updates(server) == before + 1, said
    assert server.records(NAME) == [("A", HOST, OWNER, "dynamic")]


@needs_root
@needs("ddclient")
def test_ddclient_by_default_lets_its_address_age_out(site):
    """Which is why the file says max-interval: three weeks are more than the windows of 7 and 7 days."""
    server = site.tenured()
    client = Ddclient(site, server.key(NAME), **{"max-interval=1d": "# nothing"})
    client.run()
    before = updates(server)
    client.days_pass(21)
    client.run()
    assert updates(server) == before


@needs_root
@needs("ddclient")
def test_ddclient_gets_no_name_of_others(site):
    server = site.tenured()
    client = Ddclient(site, server.key(NAME), **{f"\n{NAME}\n": f"\nwww.{ZONE}\n"})
    client.run()
    assert server.records(f"www.{ZONE}")[0][1:3] == ("10.0.0.80", "local:root") or \
        server.records(f"www.{ZONE}")[0][1] == "10.0.0.80"
    assert server.denied(f"www.{ZONE}")


@needs_root
@pytest.mark.parametrize("asks", [True, False], ids=["server", "resolver"])
def test_nsupdate_registers_address_and_ptr(site, asks):
    """As the file stands; and without its `server`, when the resolver knows the zones."""
    server = site.tenured()
    key = server.key(NAME)
    text = recipe("nsupdate.txt")
    program = site.program(HOST, "nsupdate", nsupdate__txt=text if asks else text.replace(f"server {NS1}\n", ""))
    words = ("nsupdate", "-k", key.path, program.folder / "nsupdate.txt")
    for _ in range(2):
        sent = program.run(*(words if asks else resolving(NS1, words)))
        assert sent.code == 0, sent
        assert address_and_ptr(server) == BOTH
    assert server.serial() == 2, "the same again is a refresh"


@needs_root
@needs("knsupdate")
def test_knsupdate_registers_address_and_ptr(site):
    server = site.tenured()
    key = server.key(NAME)
    program = site.program(HOST, "knsupdate", knsupdate__txt=recipe("knsupdate.txt", [key.secret]))
    for _ in range(2):
        sent = program.run(found("knsupdate"), program.folder / "knsupdate.txt")
        assert sent.code == 0 and "fail" not in sent.out + sent.err, sent
        assert address_and_ptr(server) == BOTH
    other = server.key(f"pc8.{ZONE}")
    program.write("other.txt", recipe("knsupdate.txt", [other.secret]).replace(f"sha256:{NAME}", f"sha256:pc8.{ZONE}")
                  .replace(HOST, "10.0.7.8"))
    refused = program.run(found("knsupdate"), program.folder / "other.txt")
    assert "REFUSED" in refused.out + refused.err, refused
    assert address_and_ptr(server) == BOTH


@pytest.fixture
def realm():
    if not found("krb5kdc"):
        pytest.skip("not installed: krb5kdc (tools/packages.sh)")
    lab = Lab().start()
    yield lab
    lab.stop()


def test_sssd_by_its_messages(tenured, realm, tmp_path):
    """What it gives to nsupdate -g: a message for each family, then one for each PTR, with the file's TTL."""
    ttl = re.search(r"^dyndns_ttl = (\d+)$", recipe("sssd.conf"), re.M)[1]
    assert "dyndns_auth = GSS-TSIG" in recipe("sssd.conf")
    keytab = realm.keytab(tmp_path / "dns.keytab", f"DNS/ns.{ZONE}")
    server = tenured("--keytab", keytab)
    server.zone(ZONE, "ns A 127.0.0.1", "www A 10.0.0.80", update="secure")
    # Its SOA names the same server: tickets are asked for that name.
    server.ctl_ok("zone", "add", REVERSE, "--ns", f"ns.{ZONE}", "update=secure", "policy=self")
    host = realm.client(f"host/{NAME}")
    other = realm.client(f"host/pc8.{ZONE}")
    forward = (f"update delete {NAME}. in A\nupdate add {NAME}. {ttl} in A {HOST}\nsend\n"
               f"update delete {NAME}. in AAAA\nupdate add {NAME}. {ttl} in AAAA 2001:db8::7\nsend\n")
    reverse = (f"update delete 7.7.0.{REVERSE}. in PTR\n"
               f"update add 7.7.0.{REVERSE}. {ttl} in PTR {NAME}.\nsend\n")
    for script in (forward, reverse, forward, reverse):
        sent = host.nsupdate(server, script)
        assert sent.code == 0, sent
    owner = f"gss:host/{NAME}@{REALM}"
    rows = {row["type"]: (row["data"], row["owner"], row["class"], row["ttl"]) for row in server.rows("record", "show", NAME)}
    assert rows == {"A": (HOST, owner, "dynamic", int(ttl)), "AAAA": ("2001:db8::7", owner, "dynamic", int(ttl))}
    assert server.rows("record", "show", f"7.7.0.{REVERSE}")[0]["owner"] == owner
    # Another host gets neither the name nor the reverse name of the address.
    for script in (forward.replace(HOST, "10.0.7.8"), reverse.replace(f"PTR {NAME}", f"PTR pc8.{ZONE}")):
        refused = other.nsupdate(server, script)
        assert "REFUSED" in refused.err, refused
