# SPDX-License-Identifier: BSD-2-Clause
"""A real Active Directory of Samba's, in a network of its own, and what Samba's own decoder reads in it.

    with Controller() as dc:
        dc.tool("dns", "add", dc.ADDRESS, dc.ZONE, "printer", "A", "192.0.2.50", *dc.ADMIN)
        web1 = dc.computer("web1")
        dc.nsupdate(web1, "update add web1.corp.example 900 A 192.0.2.21")
        dc.stop()
        dc.records()                 # of all zones, from sam.ldb
"""
import json
import os
import shutil
import sys

from site_lab import Machine, Program
from tenure import PATIENCE, run, wait_until

REALM = "CORP.EXAMPLE"
PASSWORD = "Fixture.only-1"
KRB5_CONF = f"""[libdefaults]
 default_realm = {REALM}
 dns_lookup_kdc = false
 dns_lookup_realm = false
 dns_canonicalize_hostname = false
 rdns = false
[realms]
 {REALM} = {{
  kdc = 127.0.0.11
 }}
[domain_realm]
 .corp.example = {REALM}
"""
# Run by the python that python3-samba is for. Prints each record with its owner's account; with
# `set-back NAME HOURS` it first moves a name's stamps into the past.
READER = r"""
import json, sys
from samba.auth import system_session
from samba.dcerpc import dnsp, security
from samba.ndr import ndr_pack, ndr_unpack
from samba.param import LoadParm
from samba.samdb import SamDB
import ldb
lp = LoadParm(); lp.load(sys.argv[1])
db = SamDB(url=sys.argv[2], lp=lp, session_info=system_session())
def account(sid):
    found = db.search(base=str(db.get_default_basedn()), expression=f"(objectSid={sid})",
                      attrs=["sAMAccountName"], controls=["show_deleted:1"])
    return str(found[0]["sAMAccountName"][0]) if found else None
def data(r):
    d = r.data
    if r.wType == dnsp.DNS_TYPE_MX: return f"{d.wPriority} {d.nameTarget}."
    if r.wType == dnsp.DNS_TYPE_SRV: return f"{d.wPriority} {d.wWeight} {d.wPort} {d.nameTarget}."
    if r.wType == dnsp.DNS_TYPE_SOA:
        return f"{d.mname}. {d.rname}. {d.serial} {d.refresh} {d.retry} {d.expire} {d.minimum}"
    if r.wType == dnsp.DNS_TYPE_TXT: return " ".join('"%s"' % s for s in d.str)
    return d if r.wType in (dnsp.DNS_TYPE_A, dnsp.DNS_TYPE_AAAA) else f"{d}."
types = {1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA", 33: "SRV"}
rows = []
for part in ("DomainDnsZones", "ForestDnsZones"):
    base = f"CN=MicrosoftDNS,DC={part},{db.get_default_basedn()}"
    for node in db.search(base=base, expression="(objectClass=dnsNode)", attrs=["name", "dnsRecord", "nTSecurityDescriptor"]):
        zone = node.dn.get_component_value(1)
        if zone == "RootDNSServers": continue
        name = str(node["name"][0])
        if sys.argv[3:4] == ["set-back"] and name == sys.argv[4]:
            new = []
            for value in node["dnsRecord"]:
                r = ndr_unpack(dnsp.DnssrvRpcRecord, value)
                if r.dwTimeStamp: r.dwTimeStamp -= int(sys.argv[5])
                new.append(ndr_pack(r))
            message = ldb.Message(node.dn)
            message["dnsRecord"] = ldb.MessageElement(new, ldb.FLAG_MOD_REPLACE, "dnsRecord")
            db.modify(message)
        sd = ndr_unpack(security.descriptor, node["nTSecurityDescriptor"][0])
        for value in node.get("dnsRecord", []):
            r = ndr_unpack(dnsp.DnssrvRpcRecord, value)
            if r.wType == 0:
                rows.append({"zone": zone, "name": name, "type": None, "account": account(sd.owner_sid)})
                continue
            rows.append({"zone": zone, "name": name, "type": types[r.wType], "data": data(r), "ttl": r.dwTtlSeconds,
                         "hours": r.dwTimeStamp, "account": account(sd.owner_sid), "sid": str(sd.owner_sid)})
print(json.dumps(rows))
"""


def python_of_samba():
    """Debian's, which has python3-samba; tests may run by another."""
    return "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable


def has_samba():
    return all(shutil.which(name, path="/usr/sbin:/usr/bin") for name in
               ("samba", "samba-tool", "ldbsearch", "unshare")) and \
        os.path.exists("/usr/share/samba/setup/ad-schema") and \
        run(python_of_samba(), "-c", "import samba.samdb").code == 0


class Controller:
    ADDRESS, ZONE = "127.0.0.11", "corp.example"

    def __init__(self):
        self.machine = Machine()
        self.program = Program(self.machine, "samba", {"krb5.conf": KRB5_CONF, "reader.py": READER})
        self.folder = self.program.folder
        self.conf = self.folder / "dc/etc/smb.conf"
        self.private = self.folder / "dc/private"
        self.admin = ("-U", f"Administrator%{PASSWORD}", "-s", self.conf)
        self.local = ("-H", self.private / "sam.ldb", "-s", self.conf)

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *problem):
        self.close()

    def close(self):
        self.program.close()
        self.machine.close()

    def stop(self):
        self.program.stop()

    def env(self, cache="none"):
        return {**os.environ, "KRB5_CONFIG": str(self.folder / "krb5.conf"), "KRB5_TRACE": "/dev/null",
                "KRB5CCNAME": f"FILE:{self.folder}/{cache}", "TMPDIR": str(self.folder)}

    def run(self, *words, input=None, cache="none", patience=120):
        return self.program.run(*words, input=input, env=self.env(cache), patience=patience)

    def tool(self, *words, input=None):
        done = self.run("samba-tool", *words, input=input)
        assert done.code == 0, f"samba-tool {' '.join(map(str, words))}: {done.out}{done.err}"
        return done.out

    def start(self):
        """Provisions a domain, which takes some 20 seconds, and runs its LDAP, KDC and DNS."""
        places = {"pid directory": "run", "ncalrpc dir": "run/ncalrpc", "winbindd socket directory": "run/wb",
                  "ntp signd socket directory": "run/ntp", "log file": "run/log.%m"}
        (self.folder / "run").mkdir()
        options = [f"--option={name}={self.folder / place}" for name, place in places.items()]
        self.tool("domain", "provision", f"--realm={REALM}", "--domain=CORP", f"--adminpass={PASSWORD}",
                  "--server-role=dc", "--dns-backend=SAMBA_INTERNAL", f"--targetdir={self.folder / 'dc'}",
                  "--host-name=dc1", f"--host-ip={self.ADDRESS}", "--option=vfs objects=acl_xattr xattr_tdb",
                  "--option=server services=rpc, ldap, kdc, dns", "--option=interfaces=127.0.0.11/8",
                  "--option=bind interfaces only=yes", "--option=dns forwarder=", *options)
        self.program.start("samba", "-i", "-M", "single", "-s", self.conf, "--debug-stdout", env=self.env())
        wait_until(lambda: self.answers() or not self.program.is_alive(), "Samba's DNS", 6 * PATIENCE)
        assert self.program.is_alive(), self.program.said()
        # What samba_spnupdate does on a machine.
        self.tool("spn", "add", "ldap/dc1.corp.example", "DC1$", *self.local)
        return self

    def answers(self):
        return "NOERROR" in self.run("dig", "+time=1", "+tries=1", f"@{self.ADDRESS}", self.ZONE, "SOA").out

    def account(self, name, kind="computer"):
        """An account with a ticket; what is returned is its cache."""
        plain = name.rstrip("$")
        if kind == "computer":
            self.tool("computer", "create", plain, *self.local)
        else:
            self.tool("user", "create", plain, PASSWORD, *self.local)
        self.tool("user", "setpassword", name, f"--newpassword={PASSWORD}", *self.local)
        return self.login(name)

    def login(self, name):
        plain = name.rstrip("$")
        done = self.run("kinit", f"{name}@{REALM}", input=PASSWORD + "\n", cache=plain)
        assert done.code == 0, done.err
        return plain

    def nsupdate(self, cache, *lines, zone=ZONE):
        """An update signed by GSS-TSIG. BIND's nsupdate does not take Samba's signature of the answer,
        and says so of an update that was made; what is there afterwards is what counts."""
        text = "\n".join([f"server {self.ADDRESS}", f"zone {zone}", *lines, "send", ""])
        self.run("nsupdate", "-g", input=text, cache=cache)

    def records(self, *words):
        done = self.run(python_of_samba(), self.folder / "reader.py", self.conf, self.private / "sam.ldb", *words)
        assert done.code == 0, done.err
        return json.loads(done.out)

    def ldap(self, path, cache, *words):
        """The same over the network, signed by Kerberos."""
        done = self.program.run("ldapsearch", "-LLL", "-N", "-Y", "GSSAPI", "-H", "ldap://dc1.corp.example",
                                "-E", "pr=500/noprompt", *words, resolver=self.ADDRESS, env=self.env(cache), patience=60)
        assert done.code == 0, done.err
        path.write_text(done.out)
        return path

    def search(self, path, *words):
        """Writes the LDIF of a search to a file."""
        done = self.run("ldbsearch", "-H", self.private / "sam.ldb", *words)
        assert done.code == 0, done.err
        path.write_text(done.out)
        return path
