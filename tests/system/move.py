# SPDX-License-Identifier: BSD-2-Clause
"""Moving in: what `tenurectl migrate` writes, read back, and taken into an empty server."""
import contextlib
import json
import pathlib
import shutil

import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.tsig
import dns.tsigkeyring
import dns.update
import dns.zone
import yaml

from tenure import PATIENCE, SOURCE, program, run

ADDRESS = "127.0.0.1"

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
    """Into a server, as the page says: the file is applied, and a second time changes nothing."""
    server.ctl_ok("apply", site.folder / "site.yaml", "--yes")
    last = server.last_change()
    server.ctl_ok("apply", site.folder / "site.yaml", "--yes")
    assert server.last_change() == last


def records_of(text):
    """The records of a transfer or a zone file, but for the SOA's serial."""
    zone = text if isinstance(text, dns.zone.Zone) else dns.zone.from_text(text, relativize=False)
    return sorted((str(name), ttl, dns.rdatatype.to_text(rdata.rdtype), str(rdata))
                  for name, ttl, rdata in zone.iterate_rdatas()
                  if rdata.rdtype != dns.rdatatype.SOA)


# --- servers

def serves(port, zone):
    with contextlib.suppress(OSError, dns.exception.DNSException):
        return dns.query.tcp(dns.message.make_query(zone, "SOA"), ADDRESS, 1, port).answer


def ask_update(server, zone, secrets, key=None, source=ADDRESS, add=(), delete=()):
    """The answer to an update: its rcode, or what TSIG said. A refusal is one word: Knot and PowerDNS
    have others for it."""
    keyring = dns.tsigkeyring.from_text({key: secrets[key]}) if key else None
    message = dns.update.UpdateMessage(zone, keyring=keyring, keyalgorithm="hmac-sha256")
    for words in delete:
        message.delete(*words)
    for words in add:
        message.add(*words)
    try:
        answer = dns.query.tcp(message, ADDRESS, timeout=PATIENCE, port=server.port, source=source)
    except dns.tsig.PeerBadKey:
        return "REFUSED"
    rcode = dns.rcode.to_text(answer.rcode())
    return "REFUSED" if rcode == "NOTAUTH" else rcode


def transfer(server, zone, key=None, secrets=None):
    signed = {"keyring": dns.tsigkeyring.from_text({key: secrets[key]}), "keyname": key,
              "keyalgorithm": "hmac-sha256"} if key else {}
    return dns.zone.from_xfr(dns.query.xfr(ADDRESS, zone, port=server.port, relativize=False, **signed),
                             relativize=False)


def differences(theirs, ours, zone, secrets, keys, names, data, sources=(ADDRESS,)):
    """Each key, or none, adds each type at each name, to both servers: where the answers differ."""
    found = []
    for key in keys:
        for name in names:
            for rdtype, rdata in data.items():
                for source in sources:
                    words = {"add": [(name, 60, rdtype, rdata)]}
                    undo = {"delete": [(name, rdtype, rdata)]}
                    said = [ask_update(server, zone, secrets, key, source, **words)
                            for server in (theirs, ours)]
                    if said[0] != said[1]:
                        found.append((key, name, rdtype, source, *said))
                    for server, one in zip((theirs, ours), said):
                        if one == "NOERROR":
                            assert ask_update(server, zone, secrets, key, source,
                                              **undo) == "NOERROR"
    return found
