# SPDX-License-Identifier: BSD-2-Clause
"""Moving in: what `tenurectl migrate` writes, read back, and taken into an empty server."""
import json
import pathlib
import shutil

import dns.name
import dns.rdatatype
import dns.zone
import yaml

from tenure import SOURCE, program, run

FIXTURES = SOURCE / "tests/migration"
MARK = "; tenure owner="


def fixture(kind, folder):
    """A copy of the fixture's files, with @ROOT@ as the folder that they are in."""
    root = pathlib.Path(folder) / kind
    shutil.copytree(FIXTURES / kind, root)
    for path in root.rglob("*"):
        if path.suffix == ".conf":
            path.chmod(0o644)
            path.write_text(path.read_text().replace("@ROOT@", str(root)))
    return root, json.loads((FIXTURES / kind / "expected.json").read_text())


def migrate(*words):
    return run(program("tenurectl"), "migrate", *words, patience=120)


class Site:
    """A folder that was written."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.yaml = yaml.safe_load((self.folder / "site.yaml").read_text())
        lines = [json.loads(line) for line in
                 (self.folder / "report.jsonl").read_text().splitlines()]
        self.head, self.sum, self.report = lines[0], lines[-1], lines[1:-1]
        self.zones = {zone["name"]: zone for zone in self.yaml.get("zones", [])}

    def lines(self, *lists):
        return [line for line in self.report if line["list"] in lists]

    def rules(self, zone):
        return self.zones[zone].get("rules", "").splitlines()

    def records(self, zone):
        """(name, ttl, type, data, class, owner) of each record, names relative."""
        path = self.folder / self.zones[zone]["seed"]["file"]
        found, origin = [], dns.name.from_text(zone)
        for line in path.read_text().splitlines():
            text, _, note = line.partition(" " + MARK)
            name, ttl, _, rdtype, data = text.split("\t")
            words = dict(word.split("=", 1) for word in ("owner=" + note).split(" "))
            assert words["stamp"].endswith("Z")
            found.append((str(dns.name.from_text(name).relativize(origin)), int(ttl), rdtype, data,
                          words["class"], words["owner"]))
        return sorted(found)


def expected_records(zone):
    return sorted((r["name"], r["ttl"], r["type"], r["data"], r["class"], r["owner"])
                  for r in zone["records"])


def take(server, site):
    """Into a server that has nothing: keys, groups, zones with their rules and content."""
    for key in site.yaml.get("keys", []):
        words = ["--allow-md5"] if key.get("allow-md5") else []
        server.ctl_ok("key", "import", site.folder / key["secret"]["file"], *words)
    for group in site.yaml.get("groups", []):
        server.ctl_ok("group", "create", group["name"], f"acting={'on' if group['acting'] else 'off'}")
        for member in group["members"]:
            server.ctl_ok("group", "add", group["name"], member)
    for name, zone in site.zones.items():
        server.ctl_ok("zone", "add", name)
        server.ctl_ok("zone", "import", name, site.folder / zone["seed"]["file"])
        words = {True: "on", False: "off"}
        settings = [f"{k}={words.get(v, v) if isinstance(v, bool) else v}"
                    for k, v in zone.get("settings", {}).items()]
        if zone.get("rules"):
            path = site.folder / "rules"
            path.write_text(zone["rules"])
            server.ctl_ok("zone", "policy", "set", name, path)
            path.unlink()
        if settings:
            server.ctl_ok("zone", "set", name, *settings)


def records_of(text):
    """The records of a transfer or a zone file, but for the SOA's serial."""
    zone = text if isinstance(text, dns.zone.Zone) else dns.zone.from_text(text, relativize=False)
    return sorted((str(name), ttl, dns.rdatatype.to_text(rdata.rdtype), str(rdata))
                  for name, ttl, rdata in zone.iterate_rdatas()
                  if rdata.rdtype != dns.rdatatype.SOA)
