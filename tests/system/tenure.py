# SPDX-License-Identifier: BSD-2-Clause
"""What the system tests share: a tenured of one's own, tenurectl, keys, and DNS by dnspython.

    def test_a_name_is_served(tenured):
        server = tenured()                      # started, ready, on a free port of loopback
        server.zone("corp.example", "www A 10.0.0.1")
        assert server.query("www.corp.example", "A").rcode() == 0

The programs come from the build folder named by TENURE_BUILD (default: build/ of the tree).
A server that leaves a sanitizer's report, or dies without being told to, fails its test.
"""
import contextlib
import dataclasses
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import dns.message
import dns.name
import dns.query
import dns.tsig
import dns.update

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("TENURE_BUILD", SOURCE / "build")).resolve()
PATIENCE = 20  # seconds; sanitizers and busy machines are slow


def program(name):
    return str(BUILD / name)


def is_sanitized():
    """Whether the daemon was built with sanitizers: it is slow then, and keeps what it freed."""
    return b"__asan_init" in pathlib.Path(program("tenured")).read_bytes()


# Below those that the kernel gives to clients, and for each process of pytest-xdist some of its own:
# between the look at a port and a daemon's bind nobody else takes it.
PORTS = 4000
FIRST_PORT = 12000 + PORTS * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 20000


def free_port(address="127.0.0.1"):
    """A port of the address that neither UDP nor TCP uses."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    while True:
        port = FIRST_PORT + random.SystemRandom().randrange(PORTS)
        with socket.socket(family, socket.SOCK_STREAM) as tcp, \
                socket.socket(family, socket.SOCK_DGRAM) as udp, contextlib.suppress(OSError):
            tcp.bind((address, port))
            udp.bind((address, port))
            return port


def wait_until(condition, what, patience=PATIENCE):
    """Calls `condition` until it gives something true, and returns that."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited {patience} s in vain: {what}")


@dataclasses.dataclass
class Answer:
    """What a program said."""
    code: int
    out: str
    err: str

    def rows(self):
        """Its standard output as JSON: one list, or an object a line."""
        text = self.out.strip()
        if text.startswith("["):
            return json.loads(text)
        return [json.loads(line) for line in text.splitlines() if line]


def run(*words, input=None, env=None, patience=PATIENCE):
    """Runs a program to its end."""
    done = subprocess.run([str(w) for w in words], input=input, capture_output=True, text=True,
                          timeout=patience, env=env or os.environ, check=False)
    return Answer(done.returncode, done.stdout, done.stderr)


@dataclasses.dataclass
class Key:
    """A TSIG key: for dnspython (`dns`), and as a file for `nsupdate -k` (`path`)."""
    name: str
    secret: str
    algorithm: str
    path: pathlib.Path

    @property
    def dns(self):
        return dns.tsig.Key(self.name, self.secret, self.algorithm)


class Notify:
    """The service manager's end of sd_notify."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        os.chmod(path, 0o666)
        self.socket.setblocking(False)
        self.said = []

    def has(self, word):
        with contextlib.suppress(BlockingIOError):
            while True:
                self.said += self.socket.recv(4096).decode().splitlines()
        return word in self.said


class Tenured:
    """One daemon with a data folder of its own; options are added to its command line."""

    def __init__(self, *options, clock=None, address="127.0.0.1", listen=None, config=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tenure-"))
        self.data = self.folder / "data"
        self.socket = self.data / "control.sock"
        self.address = address
        self.port = free_port(address)
        self.listen = listen if listen is not None else [f"{address}@{self.port}"]
        self.options = [str(o) for o in options]
        self.clock = clock
        self.config = self.folder / "tenured.yaml"
        self.config.write_text(config or "{}\n")
        self.log_path = self.folder / "log"
        self.process = None
        self.notify = None
        self.was_told = False
        self.starts = 0
        self.backups = []     # files that it was told to write, oldest first
        self.no_replay = None  # why its log does not make its state: what the test did to it

    # --- its life

    def command(self):
        words = [program("tenured"), "--config", self.config, "--data", self.data]
        for place in self.listen:
            words += ["--listen", place]
        if self.clock:
            words += ["--clock", self.clock]
        return [str(w) for w in words] + self.options

    def environment(self):
        options = f"log_path={self.folder / 'sanitizer'}:exitcode=66"
        return {**os.environ, "ASAN_OPTIONS": options, "UBSAN_OPTIONS": options}

    def run(self):
        """Runs it to its end, for starts that must be refused."""
        return run(*self.command(), env=self.environment())

    def start(self):
        self.starts += 1
        self.was_told = False
        place = self.folder / f"notify{self.starts}"
        self.notify = Notify(place)
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command(), stderr=log, stdout=log,
                                            env={**self.environment(), "NOTIFY_SOCKET": str(place)},
                                            stdin=subprocess.DEVNULL)
        wait_until(lambda: self.notify.has("READY=1") or not self.is_alive(), "READY=1")
        self.was_told = not self.is_alive()
        assert not self.was_told, f"it did not start:\n{self.log()}"
        return self

    def stop(self, how=signal.SIGTERM):
        """Ends it and returns its exit code."""
        self.was_told = True
        if self.is_alive():
            self.process.send_signal(how)
        return self.process.wait(PATIENCE) if self.process else 0

    def kill(self):
        return self.stop(signal.SIGKILL)

    def restart(self, clock=None):
        """`clock`: what the clock stands at then; a clock that was moved is not remembered."""
        self.clock = clock or self.clock
        self.stop()
        return self.start()

    def is_alive(self):
        return self.process is not None and self.process.poll() is None

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def close(self):
        """Ends it, and asserts that it was well until then."""
        died = self.process and not self.was_told and not self.is_alive()
        code = self.stop()
        reports = "".join(p.read_text(errors="replace") for p in self.folder.glob("sanitizer*"))
        log = self.log()
        replayed = self.replay_problem()
        shutil.rmtree(self.folder, ignore_errors=True)
        assert not died, f"it died by itself (exit code {code}):\n{log}{reports}"
        assert not reports, reports
        assert not replayed, replayed

    def replay_problem(self):
        """State is a function of the log: replayed into an empty store, or onto a backup where it was
        pruned, it has the same digest. Where neither can be, this is said, and is no problem."""
        is_store = self.starts and (self.data / "data.mdb").exists()
        if self.no_replay or not is_store:
            return None
        words = [program("tenurectl"), "check", "--data", self.data, "--replay"]
        answer = run(*words)
        for backup in reversed(self.backups):
            if answer.code == 6 and pathlib.Path(backup).is_file():
                answer = run(*words, "--from", backup)
        if answer.code == 6:
            print(f"not replayed: {answer.err}")
            return None
        return answer.out + answer.err if answer.code else None

    # --- tenurectl

    def ctl(self, *words, input=None):
        if words[:1] == ("backup",):
            self.backups += [w for w in words[1:] if not str(w).startswith("-")]
        return run(program("tenurectl"), "--socket", self.socket, *words, input=input)

    def ctl_ok(self, *words, input=None):
        answer = self.ctl(*words, input=input)
        assert answer.code == 0, f"{words}: {answer.code}: {answer.out}{answer.err}"
        return answer.out

    def last_change(self):
        """The number of the change log's last entry."""
        return self.rows("audit", "settings")[0]["last_seq"]

    def rows(self, *words):
        answer = self.ctl("--json", *words)
        assert answer.code == 0, f"{words}: {answer.code}: {answer.out}{answer.err}"
        return answer.rows()

    def zone(self, apex, *lines, **settings):
        """A zone with an SOA, an NS and these records; settings as `zone set` takes them."""
        self.ctl_ok("zone", "add", apex)
        if lines:
            text = "\n".join([f"$ORIGIN {apex.rstrip('.')}.", "$TTL 3600",
                              "@ SOA ns hostmaster 1 3600 600 86400 300", "@ NS ns", *lines, ""])
            path = self.folder / "import.zone"
            path.write_text(text)
            self.ctl_ok("zone", "import", apex, path)
        for name, value in settings.items():
            self.ctl_ok("zone", "set", apex, f"{name.replace('_', '-')}={value}")

    def key(self, name, algorithm="hmac-sha256"):
        """Makes a key in the store, and a file of it."""
        text = self.ctl_ok("key", "generate", name, "--algorithm", algorithm)
        path = self.folder / f"{name.rstrip('.')}.key"
        path.write_text(text)
        path.chmod(0o600)
        secret = text.split("secret", 1)[1].split('"')[1]
        return Key(name, secret, algorithm, path)

    # --- DNS

    def ask(self, message, tcp=False, timeout=5):
        """Sends a dnspython message, returns the answer."""
        way = dns.query.tcp if tcp else dns.query.udp
        return way(message, self.address, port=self.port, timeout=timeout)

    def query(self, name, type, tcp=False, **options):
        return self.ask(dns.message.make_query(name, type, **options), tcp)

    def update(self, zone, key=None):
        """An empty update, to be filled and asked."""
        if not key:
            return dns.update.UpdateMessage(zone)
        keyring = {dns.name.from_text(key.name): key.dns}
        return dns.update.UpdateMessage(zone, keyring=keyring, keyalgorithm=key.algorithm)

    def nsupdate(self, script, *options, key=None):
        """Runs the real nsupdate on a script; `server` and `send` are added."""
        words = ["nsupdate", *options]
        if key:
            words += ["-k", str(key.path)]
        return run(*words, input=f"server {self.address} {self.port}\n{script}\nsend\n")

    def connect(self):
        """A TCP connection to it, for tests that write bytes."""
        return socket.create_connection((self.address, self.port), timeout=PATIENCE)
