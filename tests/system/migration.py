# SPDX-License-Identifier: BSD-2-Clause
"""What the tests of `tenurectl migrate` share: running it, and reading what it wrote.

    site = migrate("samba", "domain.ldif", "accounts.ldif", folder=tmp_path / "site")
    site.zones["corp.example"][("web1", "A", "192.0.2.21")].owner
    site.lines("lost")                   # of the report, as dictionaries
"""
import dataclasses
import ipaddress
import json
import pathlib
import re

import dns.name
import dns.rdata

from tenure import program, run

LINE = re.compile(r"(\S+)\t(\d+)\tIN\t(\S+)\t(.*) ; tenure owner=(\S+) stamp=(\S+) class=(\S+)")


@dataclasses.dataclass(frozen=True)
class Record:
    ttl: int
    owner: str
    stamp: str
    kind: str


def data_of(type, text):
    """Data in one spelling, whoever wrote it: dnspython's, names in lower case."""
    if type == "AAAA":
        return str(ipaddress.ip_address(text))
    rdata = dns.rdata.from_text("IN", type, text, origin=dns.name.root)
    return rdata.to_text() if type == "TXT" else rdata.to_text().lower()


class Site:
    """A folder that tenure-migrate wrote, and what it said."""

    def __init__(self, answer, folder):
        self.answer = answer
        self.folder = pathlib.Path(folder)
        self.yaml = (self.folder / "site.yaml").read_text()
        rows = [json.loads(line) for line in (self.folder / "report.jsonl").read_text().splitlines()]
        self.head, self.report, self.sum = rows[0], rows[1:-1], rows[-1]
        self.zones = {}
        for path in sorted((self.folder / "data").glob("*.zone")):
            self.zones[path.name[:-5]] = dict(self.read_zone(path))

    def read_zone(self, path):
        zone = path.name[:-5]
        for line in path.read_text().splitlines():
            match = LINE.fullmatch(line)
            assert match, line
            name, ttl, type, data, owner, stamp, kind = match.groups()
            relative = dns.name.from_text(name).relativize(dns.name.from_text(zone)).to_text()
            key = (relative, type, data_of(type, data))
            yield key, Record(int(ttl), owner, stamp, kind)

    def lines(self, kind, statement="", why=""):
        return [row for row in self.report if row["list"] == kind and statement in row["statement"]
                and why in row["why"]]

    def settings(self, zone):
        """The settings of a zone, as the file has them."""
        text = self.yaml.split(f"name: {zone}\n" if not zone.startswith("_") else f'name: "{zone}"\n')[1]
        found = {}
        for line in text.split("settings:\n")[1].splitlines():
            if not line.startswith("      "):
                break
            name, _, value = line.strip().partition(": ")
            found[name] = value.strip('"')
        return found


def migrate(kind, *words, code=None, folder):
    """Runs it into `folder`, which is not there yet. `code` is what it must end with."""
    answer = run(program("tenure-migrate"), kind, *words, "--out", folder, patience=120)
    assert answer.code in (0, 1) and not answer.err, (answer.code, answer.err)
    site = Site(answer, folder)
    assert (answer.code == 1) == bool(site.lines("lost")), answer.code
    assert code is None or answer.code == code, (pathlib.Path(folder) / "report.txt").read_text()
    return site


def take(server, site):
    """An empty server becomes what the site says; a second time there is nothing to do."""
    server.ctl_ok("apply", site.folder / "site.yaml", "--yes")
    before = server.last_change()
    server.ctl_ok("apply", site.folder / "site.yaml", "--yes")
    assert server.last_change() == before
