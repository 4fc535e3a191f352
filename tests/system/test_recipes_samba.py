# SPDX-License-Identifier: BSD-2-Clause
"""The recipe for Samba's domain controllers: a real domain without a DNS of its own, whose controller registers its names
here by samba_dnsupdate, and a member that joins it and registers itself by `net ads dns register`."""
import os

import pytest

from peers import found
from site_lab import NS1, ZONE, Site, needs, needs_root, recipe, resolving
from tenure import wait_until

pytestmark = [needs_root, needs("samba", "samba-tool", "samba_dnsupdate", "net", "ldbmodify")]
DC, MEMBER = "192.0.2.10", "10.0.7.7"
REALM = "CORP.EXAMPLE"
PASSWORD = "Not-a-secret-1"
DC1 = f"gss:DC1$@{REALM}"
TYPES = "dn: CN=dns-ns1,CN=Users,DC=corp,DC=example\nchangetype: modify\n" \
        "replace: msDS-SupportedEncryptionTypes\nmsDS-SupportedEncryptionTypes: 24\n"
MEMBER_CONF = """[global]
	workgroup = CORP
	realm = CORP.EXAMPLE
	security = ads
	netbios name = pc7
	kerberos method = secrets and keytab
	dedicated keytab file = %FOLDER%/krb5.keytab
	private dir = %FOLDER%
	lock directory = %FOLDER%
	state directory = %FOLDER%
	cache directory = %FOLDER%
	pid directory = %FOLDER%
	log file = %FOLDER%/log.%m
"""


class Domain:
    """A domain controller on its machine, and the keytab of tenured's principal in its realm."""

    def __init__(self, site):
        self.program = program = site.program(DC, "samba", types=TYPES)
        self.target = program.folder / "dc"
        self.env = {**os.environ, "KRB5_CONFIG": str(self.target / "private/krb5.conf")}
        self.run("samba-tool", "domain", "provision", f"--realm={REALM}", "--domain=CORP", "--host-name=dc1",
                 f"--host-ip={DC}", "--dns-backend=NONE", f"--adminpass={PASSWORD}", f"--targetdir={self.target}",
                 "--server-role=dc", "--quiet")
        self.conf = self.target / "etc/smb.conf"
        part = recipe("samba-dc.conf").split("[global]\n")[1]
        self.conf.write_text(self.conf.read_text().replace("[global]\n", f"[global]\n{part}", 1))
        self.keytab = program.folder / "dns.keytab"
        where = ("-H", f"{self.target}/private/sam.ldb")
        self.run("samba-tool", "user", "create", "dns-ns1", "--random-password", *where, "-s", self.conf)
        self.run("samba-tool", "spn", "add", f"DNS/ns1.{ZONE}", "dns-ns1", *where, "-s", self.conf)
        self.run("ldbmodify", *where, program.folder / "types")
        self.run("samba-tool", "user", "setpassword", "dns-ns1", "--random-password", *where, "-s", self.conf)
        self.run("samba-tool", "domain", "exportkeytab", self.keytab, f"--principal=DNS/ns1.{ZONE}", "-s", self.conf)

    def run(self, *words):
        answer = self.program.run(*words, env=self.env, patience=120)
        assert answer.code == 0, answer
        return answer

    def start(self):
        self.program.start(*resolving(NS1, (found("samba"), "-i", "-M", "single", "-s", str(self.conf))), env=self.env)

    def dnsupdate(self, *options):
        """(its exit code, what it says)."""
        answer = self.program.run("samba_dnsupdate", "-s", self.conf, "--verbose", f"--current-ip={DC}", *options,
                                  resolver=NS1, env=self.env, patience=120)
        return answer.code, answer.out + answer.err


@pytest.fixture
def site():
    with Site() as made:
        yield made


def updates(server):
    return {row["name"]: row["value"] for row in server.rows("stats")}["updates"]


def names_of(server, owner):
    """The names and types that somebody owns, with their class."""
    rows = server.rows("record", "list", ZONE, "--owner", owner)
    return {(row["name"].removesuffix(f".{ZONE}").lower(), row["type"]): row["class"] for row in rows}


def test_a_controller_registers_its_names_and_a_member_its_own(site):
    domain = Domain(site)
    server = site.tenured("--keytab", domain.keytab)
    server.ctl_ok("group", "create", "@dcs", DC1)
    server.rules(ZONE, "samba-dc.policy")
    # By hand, as the page says: where the first ticket comes from.
    server.ctl_ok("record", "add", ZONE, "dc1", "A", DC, "--owner", DC1)
    server.ctl_ok("record", "add", ZONE, "_kerberos._tcp", "SRV", "0", "100", "88", f"dc1.{ZONE}.", "--owner", DC1)
    domain.start()
    # Samba runs samba_dnsupdate by itself.
    last = ("_ldap._tcp.default-first-site-name._sites.gc._msdcs", "SRV")
    wait_until(lambda: last in names_of(server, DC1) or not domain.program.is_alive(), "the controller's names", 120)
    names = names_of(server, DC1)
    by_hand = {("dc1", "A"), ("_kerberos._tcp", "SRV")}
    assert {name for name, kind in names.items() if kind == "static"} == by_hand
    assert {kind for name, kind in names.items() if name not in by_hand} == {"pinned"} and len(names) == 21, names
    assert any(kind == "CNAME" and name.endswith("._msdcs") for name, kind in names)
    # What is there it never sends again, and all of it is taken when it is told to.
    before = updates(server)
    code, said = domain.dnsupdate()
    assert code == 0 and updates(server) == before, said
    code, said = domain.dnsupdate("--all-names")
    assert code == 0 and updates(server) == before + 21, said
    assert names_of(server, DC1) == names
    assert not server.rows("audit", "--event", "update-denied")

    member = site.program(MEMBER, "member", smb__conf=MEMBER_CONF)

    def net(*words):
        return member.run("net", "ads", *words, "-s", member.folder / "smb.conf", resolver=NS1, patience=60,
                          env=domain.env)

    joined = net("join", "-U", f"Administrator%{PASSWORD}", "--no-dns-updates")
    assert joined.code == 0, joined
    for _ in range(2):
        sent = net("dns", "register", "-P", f"pc7.{ZONE}", MEMBER)
        assert sent.code == 0, sent
        assert server.records(f"pc7.{ZONE}") == [("A", MEMBER, f"gss:PC7$@{REALM}", "dynamic")]
    # A member gets neither the controller's names nor anybody's.
    for name in (f"dc1.{ZONE}", f"www.{ZONE}"):
        refused = net("dns", "register", "-P", name, MEMBER)
        assert refused.code != 0 and server.denied(name), (name, refused)
    for name in (f"gc._msdcs.{ZONE}", f"_new._tcp.{ZONE}", ZONE):
        said = server.rows("why", name, "A", MEMBER, "--as", f"gss:PC7$@{REALM}")[0]
        assert said["verdict"] == "refused", said
    assert names_of(server, DC1) == names
