# SPDX-License-Identifier: BSD-2-Clause
"""A service manager for as long as a start takes: what systemd does with ExecStartPre= and ExecStart=.

    service_manager.py UID TENURED OPTION...

Runs `tenured --pass-sockets` as root, keeps the sockets that it passes, and becomes the daemon: of this
user, without a capability, and with those sockets by the protocol of sd_listen_fds(3).
"""
import fcntl
import os
import select
import socket
import subprocess
import sys
import tempfile

FIRST = 3
FREE = 500  # from here on nothing else has a number


class Store:
    """What it was told, and the sockets that it keeps."""

    def __init__(self):
        folder = tempfile.mkdtemp(prefix="tenure-manager-")
        self.path = f"{folder}/notify"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        os.chmod(folder, 0o755)
        os.chmod(self.path, 0o666)
        self.kept = []
        self.said = []

    def take(self):
        words, fds, _, _ = socket.recv_fds(self.socket, 4096, 253)
        lines = words.decode().splitlines()
        self.said += lines
        if "FDSTORE=1" in lines:
            self.kept += [fcntl.fcntl(fd, fcntl.F_DUPFD, FREE) for fd in fds]
        for fd in fds:
            os.close(fd)

    def run(self, *words):
        """A process to its end, whose messages are taken. Its exit code, and what it said."""
        with subprocess.Popen(words, env={**os.environ, "NOTIFY_SOCKET": self.path},
                              stderr=subprocess.PIPE, text=True) as process:
            while process.poll() is None:
                if select.select([self.socket], [], [], 0.01)[0]:
                    self.take()
            while select.select([self.socket], [], [], 0)[0]:
                self.take()
            return process.returncode, process.stderr.read()

    def close(self):
        self.socket.close()
        os.unlink(self.path)
        os.rmdir(os.path.dirname(self.path))


def become(uid, kept, words):
    """In this order: setpriv and tenured have the number of this process."""
    for number, fd in enumerate(kept, FIRST):
        os.dup2(fd, number)
        os.close(fd)
    os.environ["LISTEN_PID"] = str(os.getpid())
    os.environ["LISTEN_FDS"] = str(len(kept))
    os.execvp("setpriv", ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups",
                          "--inh-caps=-all", "--bounding-set=-all", *words])


def main():
    uid, *words = sys.argv[1:]
    store = Store()
    code, said = store.run(words[0], "--pass-sockets", *words[1:])
    store.close()
    sys.stderr.write(said)
    if code:
        sys.exit(code)
    become(uid, store.kept, words)


if __name__ == "__main__":
    main()
