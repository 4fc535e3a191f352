#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Verifies exported lines of tenure's log, of `audit export` or export.file, from the lines alone.

    verify-export.py [--key PUBLIC.pem] [--after CHAIN] FILE...

Each line ends with the member "chain": the SHA-256 of the chain before it and of the line up to that
member's comma (tenure's audit-events.md). Files are read in the order given, as one. Statements are
verified by the public key of the server's checkpoints (tenurectl audit key). --after is the chain of
the last line before the first file. Exits 1 if a line is missing, was changed or was put between.
"""
import argparse
import base64
import hashlib
import json
import re
import subprocess
import sys
import tempfile

LINE = re.compile(rb'(\{.*),"chain":"([0-9A-F]{64})"\}\n?')
STATEMENT = re.compile(r"(tenure-export 1 time=(\S+) chain=([0-9A-F]{64}) key=[0-9A-Fa-f]+) signature=(\S+)")


def is_signed(key, text, signature):
    with tempfile.NamedTemporaryFile() as data, tempfile.NamedTemporaryFile() as signed:
        data.write(text.encode())
        signed.write(base64.b64decode(signature))
        data.flush()
        signed.flush()
        return subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", key, "-rawin",
                               "-in", data.name, "-sigfile", signed.name],
                              capture_output=True, check=False).returncode == 0


class Verifier:
    def __init__(self, key, after):
        self.key, self.last, self.seen = key, after, {after: None}
        self.lines = self.statements = self.unsigned = self.faults = 0

    def complain(self, where, what):
        self.faults += 1
        print(f"{where}: {what}")

    def base(self, body, chain):
        """The chain that the line goes on from. After a restart lines may be sent again."""
        for before in [self.last, *reversed(self.seen)]:
            if hashlib.sha256(before + body).digest() == chain:
                return before
        return None

    def state(self, where, event, before):
        found = STATEMENT.fullmatch(event.get("statement", ""))
        if not found or bytes.fromhex(found[3]) != before:
            self.complain(where, "the statement is of other lines")
        elif self.key and not is_signed(self.key, found[1], found[4]):
            self.complain(where, "the statement is not signed by this key")
        else:
            self.statements += 1
            self.unsigned = 0

    def take(self, where, line):
        found = LINE.fullmatch(line)
        if not found:
            self.complain(where, "this is no line of an export")
            return
        body, chain = found[1], bytes.fromhex(found[2].decode())
        before = self.base(body, chain)
        self.lines += 1
        self.unsigned += 1
        if before is None:
            self.complain(where, "lines before it are missing, or it was changed")
        event = json.loads(body + b"}")
        if event.get("event") == "export-statement":
            self.state(where, event, self.last if before is None else before)
        self.seen[chain] = None
        self.last = chain


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--key", help="the public key, PEM; without it signatures are not looked at")
    parser.add_argument("--after", default="00" * 32, help="the chain of the last line before")
    parser.add_argument("files", nargs="+")
    options = parser.parse_args()
    verifier = Verifier(options.key, bytes.fromhex(options.after))
    for path in options.files:
        with open(path, "rb") as lines:
            for number, line in enumerate(lines, 1):
                verifier.take(f"{path}:{number}", line)
    if options.key and not verifier.statements:
        verifier.complain(options.files[-1], "no statement is signed by this key")
    print(f"{verifier.lines} lines, {verifier.statements} statements, "
          f"{verifier.unsigned} lines behind the last; {verifier.faults} faults")
    if not options.key:
        print("no signature was checked: --key is needed for that; "
              "whoever could write the files could have chained them anew")
    return verifier.faults > 0


if __name__ == "__main__":
    sys.exit(main())
