# SPDX-License-Identifier: BSD-2-Clause
"""The recipes for resolvers in front: unbound, dnsmasq and systemd-resolved with the files of contrib/recipes, asked as
hosts ask, and by nsupdate, which looks for the zone and its primary by what it has in resolv.conf."""
import os
import pathlib

import pytest

from peers import found
from site_lab import NS1, REVERSE, ZONE, Site, needs, needs_root, recipe, resolving
from tenure import run, wait_until
from test_recipes_secondaries import named

pytestmark = needs_root
NS2, UNBOUND, DNSMASQ, PARTNER, HOST = "192.0.2.2", "192.0.2.53", "192.0.2.54", "198.51.100.1", "10.0.7.7"

UNBOUND_CONF = """
server:
	username: ""
	chroot: ""
	directory: "%FOLDER%"
	pidfile: ""
	logfile: "%FOLDER%/log"
	use-syslog: no
	root-hints: "%FOLDER%/root.hints"
	do-ip6: no
remote-control:
	control-enable: no
include: "%FOLDER%/recipe.conf"
"""
# No root is reachable here, and none is asked.
ROOT_HINTS = ". 3600000 NS nowhere.invalid.\nnowhere.invalid. 3600000 A 203.0.113.1\n"


@pytest.fixture
def site():
    with Site() as made:
        yield made


def partner(site):
    """Somebody else's resolver for partner.example; one of its names leads into our network."""
    dnsmasq = site.program(PARTNER, "dnsmasq")
    return dnsmasq.start(found("dnsmasq"), "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
                         "--user=root", "--group=root", "--pid-file", "--log-facility=-",
                         "--host-record=www.partner.example,203.0.113.5", "--host-record=in.partner.example,10.0.0.80")


def unbound(site, text, has_secondary=False, **files):
    """As the file says, its second stub-addr is left out where there is no secondary."""
    if not has_secondary:
        assert text.count(f"stub-addr: {NS2}") >= 2
        text = "".join(line for line in text.splitlines(True) if not line.startswith(f"\tstub-addr: {NS2}"))
    program = site.program(UNBOUND, "unbound", main__conf=UNBOUND_CONF, recipe__conf=text, root__hints=ROOT_HINTS,
                           **files)
    program.start(found("unbound"), "-d", "-c", "%FOLDER%/main.conf")
    wait_until(lambda: "status:" in site.dig(UNBOUND, "version.bind", "TXT", "CH"), f"unbound: {program.said()}")
    return program


def nsupdate(site, resolver, script, key):
    """Without `server`: the zone and the server are what the resolver says."""
    with site.machine(HOST).inside():
        return run(*resolving(resolver, ("nsupdate", "-k", key.path)), input=f"{script}\nsend\n")


@needs("unbound", "dnsmasq")
def test_unbound_finds_our_names_the_partners_and_none_that_leads_inside(site):
    server = site.tenured()
    partner(site)
    unbound(site, recipe("unbound.conf"))
    assert site.short(UNBOUND, f"www.{ZONE}", at=HOST) == ["10.0.0.80"]
    assert site.short(UNBOUND, "-x", "10.0.0.80", at=HOST) == [f"www.{ZONE}."]
    assert site.short(UNBOUND, "www.partner.example", at=HOST) == ["203.0.113.5"]
    assert site.short(UNBOUND, "in.partner.example", at=HOST) == [], "somebody's name leads into our network"
    # Who is not of the networks that the file names is refused.
    assert "status: REFUSED" in site.dig(UNBOUND, f"www.{ZONE}", at="203.0.113.9")
    assert server.is_alive()


@needs("unbound")
def test_clients_find_zone_and_primary_through_unbound(site):
    server = site.tenured()
    key = server.key(f"pc7.{ZONE}")
    unbound(site, recipe("unbound.conf"))
    sent = nsupdate(site, UNBOUND, f"update add pc7.{ZONE} 300 A {HOST}", key)
    assert sent.code == 0, sent
    assert server.records(f"pc7.{ZONE}") == [("A", HOST, f"key:pc7.{ZONE}", "dynamic")]
    # And it is found at once, though it asked for its own name before.
    assert site.short(UNBOUND, f"pc7.{ZONE}", at=HOST) == [HOST]
    sent = nsupdate(site, UNBOUND, f"update add 7.7.0.{REVERSE} 300 PTR pc7.{ZONE}.", key)
    assert sent.code == 0, sent
    assert server.records(f"7.7.0.{REVERSE}") == [("PTR", f"pc7.{ZONE}.", f"key:pc7.{ZONE}", "dynamic")]
    refused = nsupdate(site, UNBOUND, f"update add www.{ZONE} 300 A {HOST}", key)
    assert "REFUSED" in refused.err


@needs("unbound")
@pytest.mark.parametrize("line", ["local-zone", "domain-insecure", "private-domain", "stub-no-cache"])
def test_each_line_of_unbounds_recipe_is_needed(site, line):
    """What the page says of a line, shown by leaving it out."""
    server = site.tenured()
    key = server.key(f"pc7.{ZONE}")
    text = recipe("unbound.conf")
    without = "".join(part for part in text.splitlines(True) if not part.strip().startswith(line))
    assert without != text
    if line == "domain-insecure":
        anchor = signed_parent(site)
        extra = f'server:\n\ttrust-anchor: "{anchor}"\nstub-zone:\n\tname: "example"\n\tstub-addr: 192.0.2.9\n'
        unbound(site, without + extra)
        assert "status: SERVFAIL" in site.dig(UNBOUND, f"www.{ZONE}", at=HOST)
        return
    unbound(site, without)
    if line == "local-zone":
        assert site.short(UNBOUND, "-x", "10.0.0.80", at=HOST) == []
        assert nsupdate(site, UNBOUND, f"update add 7.7.0.{REVERSE} 300 PTR pc7.{ZONE}.", key).code != 0
    elif line == "private-domain":
        assert site.short(UNBOUND, f"www.{ZONE}", at=HOST) == []
    else:
        assert nsupdate(site, UNBOUND, f"update add pc7.{ZONE} 300 A {HOST}", key).code == 0
        assert site.short(UNBOUND, f"pc7.{ZONE}", at=HOST) == [], "it is found at once without the line, too"


def signed_parent(site):
    """A signed zone above ours that knows nothing of it, as `example` in the world would; its key."""
    text = "server:\n    listen: 192.0.2.9\n    rundir: %FOLDER%\ndatabase:\n    storage: %FOLDER%\nzone:\n" \
           "  - domain: example\n    storage: %FOLDER%\n    file: zone\n    dnssec-signing: on\n"
    zone = "$TTL 3600\n@ SOA ns hostmaster 1 3600 600 86400 300\n@ NS ns\nns A 192.0.2.9\n"
    knot = site.program("192.0.2.9", "knotd", main__conf=text, zone=zone)
    knot.start(found("knotd"), "-c", "%FOLDER%/main.conf")
    wait_until(lambda: "RRSIG" in site.dig("192.0.2.9", "+dnssec", "example", "SOA"), knot.said())
    key = [k for k in site.dig("192.0.2.9", "+short", "example", "DNSKEY").splitlines() if k.startswith("257")]
    return f"example. DNSKEY {key[0]}"


@needs("unbound", "knotd")
def test_a_signed_parent_that_does_not_know_us_hides_nothing(site):
    site.tenured()
    anchor = signed_parent(site)
    extra = f'server:\n\ttrust-anchor: "{anchor}"\nstub-zone:\n\tname: "example"\n\tstub-addr: 192.0.2.9\n'
    unbound(site, recipe("unbound.conf") + extra)
    assert site.short(UNBOUND, f"www.{ZONE}", at=HOST) == ["10.0.0.80"]


@needs("unbound")
def test_unbound_with_a_copy_answers_while_we_are_down(site):
    server = site.tenured()
    key = server.key(f"pc7.{ZONE}")
    for zone in (ZONE, REVERSE):
        server.ctl_ok("zone", "set", zone, f"transfer={UNBOUND}")
    unbound(site, recipe("unbound.conf") + recipe("unbound-copy.conf"))
    for zone in (ZONE, REVERSE):
        server.ctl_ok("zone", "set", zone, f"notify={UNBOUND}")
    assert site.short(UNBOUND, f"www.{ZONE}", at=HOST) == ["10.0.0.80"]
    # What a host registers is there at once: NOTIFY brings it.
    assert nsupdate(site, UNBOUND, f"update add pc7.{ZONE} 300 A {HOST}", key).code == 0
    wait_until(lambda: [row for row in server.rows("notify", "status", ZONE) if row["state"] == "acknowledged"
                        and row["acknowledged"] == server.serial()], "an acknowledgement")
    wait_until(lambda: server.log().count(f"zone={ZONE} to={UNBOUND}") >= 2, "the transfer of the change")
    server.stop()
    assert site.short(UNBOUND, f"ns1.{ZONE}", at=HOST) == [NS1], "a name that nobody asked for before"
    assert site.short(UNBOUND, f"pc7.{ZONE}", at=HOST) == [HOST]
    assert site.short(UNBOUND, "-x", "10.0.0.80", at=HOST) == [f"www.{ZONE}."]


@needs("unbound", "named")
def test_unbound_asks_a_secondary_while_we_are_down(site):
    server = site.tenured()
    key = server.key("ns2")
    for zone in (ZONE, REVERSE):
        server.rules(zone, "secondary.policy")
        server.ctl_ok("zone", "set", zone, f"notify={NS2} key ns2")
    secondary = named(site, NS2, "secondary-bind.conf", key.secret)
    for name in (f"www.{ZONE}", f"80.0.0.{REVERSE}"):
        wait_until(lambda: "status: NOERROR" in site.dig(NS2, name, "ANY"), secondary.said, 60)
    unbound(site, recipe("unbound.conf"), has_secondary=True)
    server.stop()
    assert site.short(UNBOUND, f"www.{ZONE}", at=HOST) == ["10.0.0.80"]
    assert site.short(UNBOUND, "-x", "10.0.0.80", at=HOST) == [f"www.{ZONE}."]


@needs("dnsmasq")
def test_dnsmasq_finds_our_names_both_ways_and_clients_find_the_primary(site):
    server = site.tenured()
    key = server.key(f"pc7.{ZONE}")
    program = site.program(DNSMASQ, "dnsmasq", recipe__conf=recipe("dnsmasq.conf"))
    program.start(found("dnsmasq"), "--keep-in-foreground", "--conf-file=%FOLDER%/recipe.conf", "--no-hosts",
                  "--user=root", "--group=root", "--pid-file", "--log-facility=-")
    wait_until(lambda: site.short(DNSMASQ, f"www.{ZONE}", at=HOST), f"dnsmasq: {program.said()}")
    assert site.short(DNSMASQ, f"www.{ZONE}", at=HOST) == ["10.0.0.80"]
    assert site.short(DNSMASQ, "-x", "10.0.0.80", at=HOST) == [f"www.{ZONE}."]
    # Asked too early, and there at once all the same.
    assert site.short(DNSMASQ, f"pc7.{ZONE}", at=HOST) == []
    sent = nsupdate(site, DNSMASQ, f"update add pc7.{ZONE} 300 A {HOST}", key)
    assert sent.code == 0, sent
    assert site.short(DNSMASQ, f"pc7.{ZONE}", at=HOST) == [HOST]
    assert nsupdate(site, DNSMASQ, f"update add 7.7.0.{REVERSE} 300 PTR pc7.{ZONE}.", key).code == 0
    assert site.short(DNSMASQ, "-x", HOST, at=HOST) == [f"pc7.{ZONE}."]


# What systemd-resolved and systemd-networkd find on a machine of their own: their users, an empty /run, our files.
MACHINE = """
mount --bind %(folder)s/passwd /etc/passwd; mount --bind %(folder)s/group /etc/group
mount -t tmpfs -o mode=755 tmpfs /run; mount -t sysfs -o ro sysfs /sys
mkdir -p /etc/systemd /run/systemd/netif/links; chown -R 998:998 /run/systemd/netif
mount --bind %(folder)s/etc /etc/systemd
exec %(daemon)s
"""
PASSWD = "root:x:0:0::/root:/bin/sh\nsystemd-resolve:x:997:997::/:/bin/false\nsystemd-network:x:998:998::/:/bin/false\n"
GROUP = "root:x:0:\nsystemd-resolve:x:997:\nsystemd-network:x:998:\n"
# Its package turns /etc/resolv.conf into a link, so no list of ours installs it.
RESOLVED = pathlib.Path(os.environ.get("TENURE_RESOLVED", "/lib/systemd/systemd-resolved"))
NETWORKD = pathlib.Path("/lib/systemd/systemd-networkd")
needs_resolved = pytest.mark.skipif(not RESOLVED.exists(),
                                    reason="not installed: systemd-resolved (TENURE_RESOLVED names the program)")


def systemd(site, *daemons, **files):
    """Starts these on the host's machine, where they see these files in /etc/systemd."""
    first = site.program(HOST, "systemd", passwd=PASSWD, group=GROUP)
    for name, text in files.items():
        first.write(f"etc/{name}", text)
    script = MACHINE % {"folder": first.folder, "daemon": daemons[0]}
    first.start("unshare", "--mount", "bash", "-ec", script)
    for daemon in daemons[1:]:
        wait_until(lambda: os.readlink(f"/proc/{first.process.pid}/exe") == str(daemons[0].resolve()), first.said)
        site.program(HOST, "systemd").start("nsenter", f"--mount=/proc/{first.process.pid}/ns/mnt", daemon)
    wait_until(lambda: site.short("127.0.0.53", f"www.{ZONE}", at=HOST), first.said)


def expect_both_zones_and_registering(site, server):
    key = server.key(f"pc7.{ZONE}")
    assert site.short("127.0.0.53", f"www.{ZONE}", at=HOST) == ["10.0.0.80"]
    assert site.short("127.0.0.53", "-x", "10.0.0.80", at=HOST) == [f"www.{ZONE}."]
    assert site.short("127.0.0.53", "www.partner.example", at=HOST) == ["203.0.113.5"]
    assert nsupdate(site, "127.0.0.53", f"update add pc7.{ZONE} 300 A {HOST}", key).code == 0
    assert nsupdate(site, "127.0.0.53", f"update add 7.7.0.{REVERSE} 300 PTR pc7.{ZONE}.", key).code == 0
    assert site.short("127.0.0.53", f"pc7.{ZONE}", at=HOST) == [HOST]


@needs("unbound", "dnsmasq")
@needs_resolved
def test_resolved_asks_the_one_resolver_that_knows_all(site):
    server = site.tenured()
    partner(site)
    unbound(site, recipe("unbound.conf"))
    systemd(site, RESOLVED, **{"resolved.conf.d/tenure.conf": recipe("resolved.conf")})
    expect_both_zones_and_registering(site, server)


@needs("dnsmasq")
@needs_resolved
@pytest.mark.skipif(not NETWORKD.exists(), reason="not installed: systemd-networkd")
def test_resolved_asks_us_for_our_zones_by_the_link_and_others_for_the_rest(site):
    server = site.tenured()
    partner(site)
    keeps = "[Network]\nKeepConfiguration=yes\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n"
    systemd(site, NETWORKD, RESOLVED, **{"network/20-office.network": recipe("resolved-link.network"),
                                         "network/20-office.network.d/test.conf": keeps,
                                         "resolved.conf.d/others.conf": f"[Resolve]\nDNS={PARTNER}\n"})
    expect_both_zones_and_registering(site, server)
