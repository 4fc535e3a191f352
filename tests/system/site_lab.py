# SPDX-License-Identifier: BSD-2-Clause
"""Machines of a site: network namespaces with an address each, joined by a bridge, and nothing beyond it.
So the files of contrib/recipes are tried as they stand, with their addresses and port 53; only
secrets and folders are filled in.

    with Site() as site:
        ns1 = site.machine("192.0.2.1")
        with ns1.inside():            # sockets and programs that are made here are of that machine
            ...
"""
import contextlib
import ctypes
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

from peers import found
from tenure import PATIENCE, SOURCE, Tenured, run, wait_until

RECIPES = SOURCE / "contrib/recipes"
# What stands in the files where a secret belongs: it is base64, so that each file can be checked.
PLACEHOLDER = "REPLACE+BY+THE+SECRET+OF+THE+KEY"
ZONE = "corp.example"
REVERSE = "10.in-addr.arpa"
NS1 = "192.0.2.1"  # tenured, in all recipes

needs_root = pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("ip"),
                                reason="needs root and iproute2, to make a network of its own")
LIBC = ctypes.CDLL(None, use_errno=True)


def needs(*programs):
    """Skips a test where these programs are not installed."""
    absent = [name for name in programs if not found(name)]
    return pytest.mark.skipif(bool(absent), reason=f"not installed: {', '.join(absent)} (tools/packages.sh)")


def recipe(name, secrets=(), **replaced):
    """The text of a file of contrib/recipes; its secrets filled in, in their order, and other words
    of it replaced, which must be there."""
    text = (RECIPES / name).read_text()
    for secret in secrets:
        assert PLACEHOLDER in text, f"{name} has no place for a secret"
        text = text.replace(PLACEHOLDER, secret, 1)
    assert PLACEHOLDER not in text, f"{name} has a place for another secret"
    for old, new in replaced.items():
        assert old in text, f"{name} does not say {old}"
        text = text.replace(old, str(new))
    return text


def ip(*words):
    done = run(found("ip"), *words)
    assert done.code == 0, f"ip {' '.join(map(str, words))}: {done.err}"


def resolving(resolver, words):
    """The command, so that it sees an /etc/resolv.conf with this resolver alone."""
    if not resolver:
        return words
    script = ('f=$(mktemp) && echo "nameserver $0" >"$f" && mount --bind "$f" /etc/resolv.conf && rm "$f" && '
              'exec "$@"')
    return ("unshare", "--mount", "bash", "-c", script, resolver, *words)


class Machine:
    """A network namespace; it lives as long as its program `cat` has a standard input."""

    def __init__(self):
        self.holder = subprocess.Popen([shutil.which("unshare"), "--net", "cat"], stdin=subprocess.PIPE)
        self.place = f"/proc/{self.holder.pid}/ns/net"
        ours = os.readlink("/proc/self/ns/net")
        wait_until(lambda: os.readlink(self.place) != ours, "a network namespace")
        with self.inside():
            ip("link", "set", "lo", "up")

    @contextlib.contextmanager
    def inside(self):
        before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        there = os.open(self.place, os.O_RDONLY)
        try:
            assert LIBC.setns(there, 0) == 0, os.strerror(ctypes.get_errno())
            yield self
        finally:
            assert LIBC.setns(before, 0) == 0, os.strerror(ctypes.get_errno())
            os.close(there)
            os.close(before)

    def close(self):
        self.holder.stdin.close()
        self.holder.wait(PATIENCE)


class Program:
    """A program that runs on a machine until it is closed, in a folder of its own."""

    def __init__(self, machine, name, files):
        self.machine = machine
        self.name = name
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"{name}-"))
        self.folder.chmod(0o755)
        self.process = None
        for file, text in files.items():
            self.write(file, text)

    def write(self, file, text):
        """A file in its folder; %FOLDER% in the text is that."""
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("%FOLDER%", str(self.folder)))
        return path

    def run(self, *words, resolver=None, **options):
        """Runs another program beside it to its end; with a resolver in /etc/resolv.conf if that is named."""
        with self.machine.inside():
            return run(*resolving(resolver, words), **options)

    def start(self, *words, env=None):
        with self.machine.inside(), open(self.folder / "out", "ab") as out:
            self.process = subprocess.Popen([str(w).replace("%FOLDER%", str(self.folder)) for w in words],
                                            stdout=out, stderr=out, cwd=self.folder, stdin=subprocess.DEVNULL,
                                            env=env or os.environ)
        return self

    def is_alive(self):
        return self.process is not None and self.process.poll() is None

    def said(self):
        return "".join(p.read_text(errors="replace") for p in (self.folder / "out", self.folder / "log")
                       if p.exists())[-8000:]

    def stop(self):
        if self.is_alive():
            self.process.terminate()
            self.process.wait(PATIENCE)

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Site:
    """A network with machines; closed, all of it is gone."""

    def __init__(self):
        self.closed = contextlib.ExitStack()
        self.machines = {}
        self.hub = self.keep(Machine())
        with self.hub.inside():
            ip("link", "add", "site", "type", "bridge")
            ip("link", "set", "site", "up")

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        self.closed.close()

    def keep(self, thing):
        self.closed.callback(thing.close)
        return thing

    def machine(self, address):
        """The machine with the address, made when it is first asked for."""
        if address in self.machines:
            return self.machines[address]
        made = self.machines[address] = self.keep(Machine())
        port = f"port{len(self.machines)}"
        with self.hub.inside():
            ip("link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", made.holder.pid)
            ip("link", "set", port, "master", "site", "up")
        with made.inside():
            ip("address", "add", f"{address}/32", "dev", "eth0")
            ip("link", "set", "eth0", "up")
            ip("route", "add", "default", "dev", "eth0")  # all that there is, is on the bridge
        return made

    def program(self, address, name, **files):
        """A program's folder with these files, on the machine with the address."""
        return self.keep(Program(self.machine(address), name, {f.replace("__", "."): t for f, t in files.items()}))

    def tenured(self, *options):
        """tenured at 192.0.2.1, with the zones of the recipes."""
        server = SiteTenured(self.machine(NS1), *options)
        self.keep(server)
        server.start()
        server.zone(ZONE, f"@ NS ns1.{ZONE}.", "ns1 A 192.0.2.1", "www A 10.0.0.80", update="secure")
        server.zone(REVERSE, f"80.0.0 PTR www.{ZONE}.", update="secure", policy="self")
        return server

    def dig(self, address, *words, at="192.0.2.100"):
        """What dig on another machine prints, asked of `address`."""
        with self.machine(at).inside():
            done = run("dig", f"@{address}", "+tries=2", "+timeout=2", *words)
        return done.out

    def short(self, address, *words, at="192.0.2.100"):
        """The words of the answer's data; none where there is no answer."""
        lines = self.dig(address, "+short", *words, at=at).splitlines()
        return " ".join(line for line in lines if not line.startswith(";")).split()


class SiteTenured(Tenured):
    """tenured on a machine of a site, at port 53."""

    def __init__(self, machine, *options):
        super().__init__(*options, listen=[f"{NS1}@53"])
        self.machine = machine
        self.address, self.port = NS1, 53

    def start(self):
        with self.machine.inside():
            return super().start()

    def zone(self, apex, *lines, **settings):
        """As the guide makes it: an SOA whose MNAME is ns1.corp.example, which is this server."""
        text = "\n".join([f"$ORIGIN {apex}.", "$TTL 3600",
                          f"@ SOA ns1.{ZONE}. hostmaster.{ZONE}. 1 3600 600 86400 300", f"@ NS ns1.{ZONE}.",
                          *lines, ""])
        path = self.folder / "import.zone"
        path.write_text(text)
        self.ctl_ok("zone", "add", apex, "--file", path,
                    *[f"{name.replace('_', '-')}={value}" for name, value in settings.items()])

    def rules(self, zone, file):
        """The zone's policy from a file of contrib/recipes."""
        self.ctl_ok("zone", "policy", "set", zone, RECIPES / file)

    def serial(self, zone=ZONE):
        return self.rows("zone", "show", zone)[0]["serial"]

    def records(self, name):
        """(type, data, owner, class) of each record of the name."""
        answer = self.ctl("--json", "record", "show", name)
        assert answer.code in (0, 4), answer
        return [(row["type"], row["data"], row["owner"], row["class"]) for row in answer.rows() if answer.code == 0]

    def denied(self, name):
        """The reasons for which changes of the name were refused, latest last."""
        return [row["reason"] for row in self.rows("audit", "--denied", "--name", name)]

