# SPDX-License-Identifier: BSD-2-Clause
"""A Kerberos realm of one's own: a KDC on a free port of loopback, no root, gone with its folder.

    lab = Lab(); lab.start()
    lab.service("DNS/ns.corp.example", path)         # a principal, and its key into a keytab
    pc = lab.client("PC-1$")                         # a principal with a keytab to be it with
    pc.nsupdate(server, "update add pc-1.corp.example 300 A 10.0.0.7")
    tsig = pc.negotiate(server)                      # TKEY, by dnspython and python3-gssapi

Nothing here is of the house: the client's side is MIT Kerberos, nsupdate and dnspython.
"""
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import tempfile
import time
import uuid

import dns.message
import dns.name
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.tsig
import gssapi

from tenure import free_port, run, wait_until

REALM = "CORP.EXAMPLE"
SBIN = "/usr/sbin:/sbin:" + os.environ.get("PATH", "/usr/bin:/bin")
SPNEGO = gssapi.OID.from_int_seq("1.3.6.1.5.5.2")
KERBEROS = gssapi.OID.from_int_seq("1.2.840.113554.1.2.2")

KRB5_CONF = """[libdefaults]
 default_realm = {realm}
 dns_lookup_kdc = false
 dns_lookup_realm = false
 dns_canonicalize_hostname = false
 rdns = false
 udp_preference_limit = 1
[realms]
 {realm} = {{
  kdc = 127.0.0.1:{port}
 }}
[domain_realm]
 corp.example = {realm}
 .corp.example = {realm}
"""

KDC_CONF = """[kdcdefaults]
 kdc_listen = 127.0.0.1:{port}
 kdc_tcp_listen = 127.0.0.1:{port}
[realms]
 {realm} = {{
  database_name = {folder}/principal
  key_stash_file = {folder}/stash
  acl_file = {folder}/acl
  max_life = 1d
  supported_enctypes = aes256-cts-hmac-sha1-96:normal
  master_key_type = aes256-cts-hmac-sha1-96
 }}
"""


class Lab:
    """The realm CORP.EXAMPLE."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tenure-lab-"))
        self.port = free_port()
        self.process = None
        names = {"realm": REALM, "port": self.port, "folder": self.folder}
        (self.folder / "krb5.conf").write_text(KRB5_CONF.format(**names))
        (self.folder / "kdc.conf").write_text(KDC_CONF.format(**names))
        self.environment = {**os.environ, "PATH": SBIN,
                            "KRB5_CONFIG": str(self.folder / "krb5.conf"),
                            "KRB5_KDC_PROFILE": str(self.folder / "kdc.conf")}

    def start(self):
        made = run("kdb5_util", "create", "-s", "-r", REALM, "-P", "lab", env=self.environment)
        assert made.code == 0, made.err
        self.kadmin("addprinc -randkey DNS/ns.corp.example")
        with open(self.folder / "kdc.log", "ab") as log:
            self.process = subprocess.Popen(["krb5kdc", "-n", "-r", REALM], env=self.environment,
                                            stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        wait_until(self.answers, "the KDC")
        # Kerberos reads it once, and python3-gssapi runs in this process.
        os.environ["KRB5_CONFIG"] = self.environment["KRB5_CONFIG"]
        return self

    def answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        except OSError:
            return False

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(20)
        os.environ.pop("KRB5_CONFIG", None)
        shutil.rmtree(self.folder, ignore_errors=True)

    def kadmin(self, *commands):
        done = run("kadmin.local", "-r", REALM, input="\n".join(commands) + "\n",
                   env=self.environment)
        assert done.code == 0, done.err
        return done.out

    def keytab(self, path, *principals):
        """Keys of principals that are there into a keytab, as they are."""
        self.kadmin(*[f"ktadd -norandkey -k {path} {name}" for name in principals])
        return path

    def client(self, *names, options=""):
        """Makes principals with a keytab each; one, or a list."""
        self.kadmin(*[line for name in names for line in (
            f"addprinc -randkey {options} {name}",
            f"ktadd -norandkey -k {self.folder}/{name.replace('/', '_')}.keytab {name}")])
        clients = [Client(self, name) for name in names]
        return clients[0] if len(clients) == 1 else clients


class Client:
    """A principal that asks."""

    def __init__(self, lab, name):
        self.lab = lab
        self.name = name
        self.keytab = lab.folder / f"{name.replace('/', '_')}.keytab"

    @property
    def principal(self):
        return f"gss:{self.name}@{REALM}"

    def environment(self):
        cache = self.lab.folder / f"{self.keytab.stem}.cc"
        return {**self.lab.environment, "KRB5CCNAME": f"FILE:{cache}",
                "KRB5_CLIENT_KTNAME": f"FILE:{self.keytab}"}

    def nsupdate(self, server, script, *options):
        words = ["nsupdate", *(options or ["-g"])]
        text = f"server {server.address} {server.port}\n{script}\nsend\n"
        return run(*words, input=text, env=self.environment())

    def credentials(self, lifetime=None):
        """By its keytab; with a lifetime ("60s"), by kinit."""
        name = gssapi.Name(f"{self.name}@{REALM}", gssapi.NameType.kerberos_principal)
        cache = f"MEMORY:{uuid.uuid4()}"
        if lifetime:
            cache = f"FILE:{self.lab.folder / str(uuid.uuid4())}"
            done = run("kinit", "-l", lifetime, "-c", cache, "-k", "-t", self.keytab,
                       f"{self.name}@{REALM}", env=self.lab.environment)
            assert done.code == 0, done.err
        return gssapi.Credentials(name=name, usage="initiate",
                                  store={"client_keytab": f"FILE:{self.keytab}", "ccache": cache})

    def ticket_that_ended(self, seconds, service="DNS/ns.corp.example"):
        """Waits until a ticket of some seconds has been over for so long; then what makes the first
        tokens of security contexts with it. MIT's library would not: its cache is told that the
        ticket is good."""
        cache = self.lab.folder / str(uuid.uuid4())
        env = {**self.lab.environment, "KRB5CCNAME": f"FILE:{cache}"}
        # On a slow machine the first ticket is over before it asks for the second.
        for life in (2, 4, 8, 16, 32):
            asked = int(time.time())
            done = run("kinit", "-l", f"{life}s", "-k", "-t", self.keytab, f"{self.name}@{REALM}",
                       env=env)
            assert done.code == 0, done.err
            done = run("kvno", "-q", f"{service}@{REALM}", env=env)
            held = cache.read_bytes()
            # The ends, and that nothing is renewable: of the first ticket, and of the service's.
            ends = [end for end in range(asked + 1, int(time.time()) + life + 1)
                    for _ in range(held.count(struct.pack("!II", end, 0)))]
            if done.code == 0 and len(ends) == 2:
                break
        assert done.code == 0 and len(ends) == 2, (done.err, ends)
        for end in ends:
            held = held.replace(struct.pack("!II", end, 0), struct.pack("!II", end + 86400, 0))
        wait_until(lambda: time.time() > max(ends) + seconds, "the ticket's end")
        cache.write_bytes(held)
        name = gssapi.Name(f"{self.name}@{REALM}", gssapi.NameType.kerberos_principal)
        target = gssapi.Name(f"{service}@{REALM}", gssapi.NameType.kerberos_principal)

        def begin():
            held_by = gssapi.Credentials(name=name, usage="initiate",
                                         store={"ccache": f"FILE:{cache}"})
            token = gssapi.SecurityContext(name=target, creds=held_by, mech=KERBEROS,
                                           usage="initiate").step()
            assert cache.read_bytes() == held, "Kerberos asked for a ticket of its own"
            return token
        return begin

    def begin(self, service="DNS/ns.corp.example", mech=KERBEROS, flags=None, lifetime=None):
        """A security context that has said nothing yet."""
        target = gssapi.Name(f"{service}@{REALM}", gssapi.NameType.kerberos_principal)
        if flags is None:
            flags = (gssapi.RequirementFlag.mutual_authentication |
                     gssapi.RequirementFlag.integrity)
        return gssapi.SecurityContext(name=target, creds=self.credentials(lifetime), mech=mech,
                                      flags=flags, usage="initiate")

    def negotiate(self, server, **manner):
        """TKEY until the context is there, and the last answer verified."""
        signer = Signer(self.begin(**{k: manner.pop(k) for k in
                                      ("service", "mech", "flags", "lifetime") if k in manner}),
                        **manner)
        signer.negotiate(server)
        return signer


def packed(name):
    return dns.name.from_text(name).to_wire()


def tkey_data(algorithm="gss-tsig", token=b"", mode=3, times=None, error=0):
    now = int(time.time())
    start, end = times if times is not None else (now, now)
    return (packed(algorithm) + struct.pack("!IIHHH", start, end, mode, error, len(token)) +
            token + struct.pack("!H", 0))


def tkey_query(key, data, section="additional", qclass=255, rrclass=255, owner=None, id=0x4711):
    """The bytes of a TKEY query."""
    counts = (1, 1, 0, 0) if section == "answer" else (1, 0, 0, 1)
    record = packed(owner or key) + struct.pack("!HHIH", 249, rrclass, 0, len(data)) + data
    return (struct.pack("!HH", id, 0) + struct.pack("!HHHH", *counts) + packed(key) +
            struct.pack("!HH", 249, qclass) + record)


class Tkey:
    """What stands in a TKEY answer."""

    def __init__(self, wire):
        self.wire = wire
        (self.id, self.flags, questions, self.answers, self.authorities,
         self.extras) = struct.unpack("!6H", wire[:12])
        self.rcode = self.flags & 15
        self.is_cut = bool(self.flags & 0x0200)
        at = 12
        for _ in range(questions):
            at = skip_name(wire, at) + 4
        self.record_at = at
        self.error = self.token = self.name = None
        if not self.answers:
            return
        end = skip_name(wire, at)
        self.is_plain = all(wire[i] < 64 for i in label_starts(wire, at))
        self.name = dns.name.from_wire(wire, at)[0]
        self.type, self.rrclass, self.ttl, length = struct.unpack("!HHIH", wire[end:end + 10])
        data = wire[end + 10:end + 10 + length]
        self.end = end + 10 + length
        alg_end = skip_name(data, 0)
        self.algorithm = dns.name.from_wire(data, 0)[0].to_text()
        (self.inception, self.expiration, self.mode, self.error,
         size) = struct.unpack("!IIHHH", data[alg_end:alg_end + 14])
        self.token = data[alg_end + 14:alg_end + 14 + size]


def label_starts(wire, at):
    while wire[at]:
        yield at
        if wire[at] >= 192:
            return
        at += wire[at] + 1


def skip_name(wire, at):
    while wire[at]:
        if wire[at] >= 192:
            return at + 2
        at += wire[at] + 1
    return at + 1


def exchange(server, wire, tcp=True, timeout=10, source="127.0.0.1"):
    """Bytes there and back."""
    if not tcp:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.settimeout(timeout)
            udp.sendto(wire, (server.address, server.port))
            return udp.recv(65535)
    with socket.create_connection((server.address, server.port), timeout=timeout,
                                  source_address=(source, 0)) as stream:
        stream.sendall(struct.pack("!H", len(wire)) + wire)
        got = b""
        while len(got) < 2 or len(got) < 2 + struct.unpack("!H", got[:2])[0]:
            piece = stream.recv(65535)
            assert piece, f"the server closed after {len(got)} bytes"
            got += piece
        return got[2:]


def tsig_parts(wire):
    """(the message without its TSIG and with one ARCOUNT less, the TSIG's fields)."""
    counts = struct.unpack("!4H", wire[4:12])
    at = 12
    for _ in range(counts[0]):
        at = skip_name(wire, at) + 4
    for _ in range(sum(counts[1:]) - 1):
        at = skip_name(wire, at)
        at += 10 + struct.unpack("!H", wire[at + 8:at + 10])[0]
    end = skip_name(wire, at)
    assert struct.unpack("!H", wire[end:end + 2])[0] == 250, "the last record is no TSIG"
    data = wire[end + 10:]
    alg_end = skip_name(data, 0)
    times = data[alg_end:alg_end + 8]
    size = struct.unpack("!H", data[alg_end + 8:alg_end + 10])[0]
    mac = data[alg_end + 10:alg_end + 10 + size]
    rest = alg_end + 10 + size
    original, error, other = struct.unpack("!HHH", data[rest:rest + 6])
    bare = (struct.pack("!H", original) + wire[2:10] + struct.pack("!H", counts[3] - 1) +
            wire[12:at])
    return bare, {"name": wire[at:end], "algorithm": data[:alg_end], "times": times, "mac": mac,
                  "error": error, "other": data[rest + 6:rest + 6 + other]}


class Signer:
    """A client's end of GSS-TSIG, byte by byte: what Samba, Windows and others put on the wire."""

    def __init__(self, context, key=None, algorithm="gss-tsig", section="additional", qclass=255,
                 tcp=True, times=None, source="127.0.0.1"):
        self.context = context
        self.key = key or f"{uuid.uuid4()}"
        self.algorithm = algorithm
        self.manner = {"section": section, "qclass": qclass}
        self.tcp = tcp
        self.times = times
        self.source = source
        self.answer = None
        self.rounds = 0

    def negotiate(self, server):
        token = self.context.step()
        while token:
            self.rounds += 1
            data = tkey_data(self.algorithm, token, times=self.times)
            wire = exchange(server, tkey_query(self.key, data, **self.manner), self.tcp,
                            source=self.source)
            self.answer = Tkey(wire)
            assert (self.answer.rcode, self.answer.error) == (0, 0), \
                f"rcode {self.answer.rcode}, error {self.answer.error}"
            if self.key in (".", ""):
                self.key = self.answer.name.to_text().rstrip(".")
            token = self.context.step(self.answer.token) if self.answer.token else None
        assert self.context.complete
        self.check(self.answer.wire, request_mac=None)

    # With gss.microsoft.com, Windows and Samba (class IN) leave the length of the request's MAC
    # out; nsupdate -o (class ANY) does not.
    def digest(self, bare, times, request_mac=None, error=0, other=b""):
        start = b""
        if request_mac is not None:
            start = request_mac
            if self.algorithm != "gss.microsoft.com" or self.manner["qclass"] == 255:
                start = struct.pack("!H", len(request_mac)) + start
        return (start + bare + packed(self.key.lower()) + struct.pack("!HI", 255, 0) +
                packed(self.algorithm) + times + struct.pack("!HH", error, len(other)) + other)

    def sign(self, wire, when=None, spoil=False, key=None):
        """(the signed bytes, the MAC)."""
        when = int(time.time()) if when is None else when
        times = struct.pack("!HIH", when >> 32, when & 0xffffffff, 300)
        mac = self.context.get_signature(self.digest(wire, times))
        if spoil:
            mac = mac[:-1] + bytes([mac[-1] ^ 1])
        data = (packed(self.algorithm) + times + struct.pack("!H", len(mac)) + mac + wire[:2] +
                struct.pack("!HH", 0, 0))
        record = packed(key or self.key) + struct.pack("!HHIH", 250, 255, 0, len(data)) + data
        count = struct.unpack("!H", wire[10:12])[0] + 1
        return wire[:10] + struct.pack("!H", count) + wire[12:] + record, mac

    def check(self, wire, request_mac):
        """The answer's signature; raises if it is not right."""
        bare, tsig = tsig_parts(wire)
        self.context.verify_signature(
            self.digest(bare, tsig["times"], request_mac, tsig["error"], tsig["other"]),
            tsig["mac"])
        return tsig

    def ask(self, server, message, tcp=None, **manner):
        """Signs, sends, verifies the answer, and gives its rcode."""
        wire = message if isinstance(message, bytes) else message.to_wire()
        signed, mac = self.sign(wire, **manner)
        answer = exchange(server, signed, self.tcp if tcp is None else tcp,
                          source=self.source)
        self.check(answer, mac)
        return answer[3] & 15
