# SPDX-License-Identifier: BSD-2-Clause
"""kea diff: what D2 never sent of Kea's leases, and its way into the zones; and keys in the words of who signs."""
import base64
import configparser
import hashlib
import json
import os
import shutil
import stat
import subprocess

import dns.name
import pytest

from kea import ZONE, Kea, is_installed
from tenure import program, run

HEAD4 = ("address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,"
         "user_context,pool_id\n")
HEAD6 = ("address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,fqdn_fwd,"
         "fqdn_rev,hostname,hwaddr,state,user_context,hwtype,hwaddr_source,pool_id\n")
DUID = "00:01:00:06:41:2d:f1:66:01:02:03:04:05:06"
LATER = 4000000000


def lease4(address, host, client="", hardware="02:00:00:00:00:01", state=0, expire=LATER, forward=1, reverse=1):
    return f"{address},{hardware},{client},3600,{expire},1,{forward},{reverse},{host},{state},,0\n"


def lease6(address, host, duid=DUID):
    return f"{address},{duid},3600,{LATER},1,1800,0,7,128,1,1,{host},,0,,,,0\n"


def dhcid(host, kind, identifier):
    """RFC 4701 3.5, as D2 is told it: hexadecimal."""
    digest = hashlib.sha256(identifier + dns.name.from_text(host).to_wire()).digest()
    return (bytes([0, kind, 1]) + digest).hex()


@pytest.fixture
def server(tenured):
    server = tenured()
    server.zone(ZONE, "ns A 10.0.0.53", update="secure", aging="on")
    for prefix in ("10.0.0.0/8", "fd00::/64"):
        server.ctl_ok("zone", "add", "--reverse", prefix, "update=secure")
    return server


def leases(server):
    four, six = server.folder / "kea-leases4.csv", server.folder / "kea-leases6.csv"
    four.write_text(HEAD4
                    + lease4("10.0.0.1", "pc1.corp.example.", client=f"ff:00:00:00:01:{DUID}")
                    + lease4("10.0.0.2", "pc2.corp.example", hardware="02:00:00:00:00:02")
                    + lease4("10.0.0.3", "gone.corp.example", expire=1000)
                    + lease4("10.0.0.4", "released.corp.example")
                    + lease4("10.0.0.4", "released.corp.example", state=3)
                    + lease4("10.0.0.5", "quiet.corp.example", forward=0, reverse=0)
                    + lease4("10.0.0.6", "taken.corp.example", hardware="02:00:00:00:00:06")
                    + lease4("10.0.0.7", "pc7.elsewhere.example", reverse=0))
    six.write_text(HEAD6 + lease6("fd00::1", "pc1.corp.example."))
    return four, six


def send(key, script):
    """What nsupdate says of it: nothing, if all was taken."""
    return subprocess.run(["nsupdate", "-k", key.path], check=False, text=True, capture_output=True,
                          input=script).stderr


def test_what_an_outage_swallowed_is_found_and_sent(server):
    key = server.key("kea-ddns")
    four, six = leases(server)
    server.ctl_ok("record", "add", ZONE, "taken", "A", "10.9.9.9")
    rows = server.rows("kea", "diff", four, six)
    found = {(row["name"], row["type"]): row for row in rows}
    assert {name: row["state"] for name, row in found.items()} == {
        ("pc1.corp.example", "A"): "missing", ("pc1.corp.example", "AAAA"): "missing",
        ("1.0.0.10.in-addr.arpa", "PTR"): "missing", ("pc2.corp.example", "A"): "missing",
        ("2.0.0.10.in-addr.arpa", "PTR"): "missing", ("taken.corp.example", "A"): "differs",
        ("1." + "0." * 29 + "d.f.ip6.arpa", "PTR"): "missing"}
    assert found["taken.corp.example", "A"]["old"] == "10.9.9.9"
    assert found["pc1.corp.example", "A"]["ttl"] == 3600
    table = server.ctl("kea", "diff", four, six, "--zone", ZONE)
    assert table.code == 0 and "pc2 " in table.out and "in-addr.arpa" not in table.out
    assert "1 name of leases in no zone of this server" in server.ctl("kea", "diff", four).err

    script = server.ctl("kea", "diff", four, six, "--nsupdate")
    assert script.code == 0 and "add taken.corp.example" not in script.out, "that is a person's to decide"
    assert script.out.startswith(f"server {server.address} {server.port}\n")
    assert " PTR " not in script.out and "3 PTR records not in the script" in script.err
    assert not send(key, script.out)
    second = server.ctl("kea", "diff", four, six, "--nsupdate")
    assert second.out.count(" PTR ") == 3 and "not in the script" not in second.err
    assert not send(key, second.out)
    assert not server.rows("audit", "--denied")
    again = server.ctl("kea", "diff", four, six)
    assert again.code == 0 and again.out.count("missing") == 1 and "0 records of " in again.out, again
    mine = {row["owner"] for row in server.rows("record", "list", ZONE, "pc1")}
    assert mine == {"key:kea-ddns"}

    # D2 finds what it would have made: its renewals are its own.
    if not is_installed():
        return
    kea = Kea(server, key)
    try:
        of_duid = dhcid("pc1.corp.example", 2, bytes.fromhex(DUID.replace(":", "")))
        assert kea.tell(True, "pc1.corp.example", "10.0.0.1", of_duid, reverse=False), kea.log()
        assert kea.tell(True, "pc1.corp.example", "fd00::1", of_duid, reverse=False), kea.log()
        hardware = dhcid("pc2.corp.example", 0, bytes.fromhex("01020000000002"))
        assert kea.tell(True, "pc2.corp.example", "10.0.0.2", hardware), kea.log()
    finally:
        kea.close()


def reverse(row):
    return f"{'.'.join(reversed(row.split('.')))}.in-addr.arpa"


def test_a_pointer_that_d2_would_not_make_is_neither_missing_nor_sent(server):
    """D2 makes it when it has made the address, and leaves a name that another holds."""
    key = server.key("kea-ddns")
    hosts = {"10.0.0.1": "static", "10.0.0.2": "another", "10.0.0.3": "text", "10.0.0.4": "mine", "10.0.0.5": "other",
             "10.0.0.6": "anonymous", "10.0.0.7": "free"}
    path = server.folder / "leases"
    path.write_text(HEAD4 + "".join(lease4(address, f"{host}.{ZONE}") for address, host in hosts.items()))
    hardware = bytes.fromhex("01020000000001")
    of = {host: base64.b64encode(bytes.fromhex(dhcid(f"{host}.{ZONE}", 0, hardware))).decode() for host in hosts.values()}
    server.ctl_ok("record", "add", ZONE, "static", "A", "10.0.0.1")
    for host, address, identifier in (("another", "10.0.0.2", of["free"]), ("mine", "10.0.0.4", of["mine"]),
                                      ("other", "10.9.9.9", of["other"])):
        server.ctl_ok("record", "add", ZONE, host, "A", address)
        server.ctl_ok("record", "add", ZONE, host, "DHCID", identifier)
    server.ctl_ok("record", "add", ZONE, "text", "TXT", "hello")
    server.ctl_ok("record", "add", ZONE, "anonymous", "AAAA", "fd00::9")
    rows = {(row["name"], row["type"]): row for row in server.rows("kea", "diff", path)}
    assert {at: (row["state"], row.get("old")) for at, row in rows.items()} == {
        (f"text.{ZONE}", "A"): ("differs", 'TXT "hello"'), (reverse("10.0.0.4"), "PTR"): ("missing", None),
        (f"other.{ZONE}", "A"): ("differs", "10.9.9.9"), (f"anonymous.{ZONE}", "A"): ("differs", "AAAA fd00::9"),
        (f"free.{ZONE}", "A"): ("missing", None), (reverse("10.0.0.7"), "PTR"): ("missing", None)}
    only = server.rows("kea", "diff", path, "--zone", "10.in-addr.arpa")
    assert {row["name"] for row in only} == {reverse("10.0.0.4"), reverse("10.0.0.7")}
    script = server.ctl("kea", "diff", path, "--nsupdate").out
    assert [line.split()[2] for line in script.splitlines() if line.startswith("update add")] == \
        [f"{reverse('10.0.0.4')}.", f"{reverse('10.0.0.4')}.", f"free.{ZONE}.", f"free.{ZONE}."]
    # Another takes the name before the script comes: nsupdate goes on, and no pointer says it is the client's.
    server.ctl_ok("record", "add", ZONE, "free", "A", "10.9.9.7")
    assert "NXDOMAIN" in send(key, script) or "YXDOMAIN" in send(key, script)
    pointers = {row["name"] for row in server.rows("record", "list", "10.in-addr.arpa") if row["type"] == "PTR"}
    assert pointers == {reverse("10.0.0.4")}
    assert not [row for row in server.rows("kea", "diff", path) if row["type"] == "PTR"]


def test_a_closed_reverse_zone_takes_pointers_by_the_guides_rule(server):
    key, reverse_zone = server.key("kea-ddns"), "10.in-addr.arpa"
    server.ctl_ok("group", "create", "@dhcp", "--acting", "key:kea-ddns")
    server.ctl_ok("zone", "set", reverse_zone, "policy=closed")
    path, rules = server.folder / "leases", server.folder / "rules"
    path.write_text(HEAD4 + lease4("10.0.0.1", f"pc1.{ZONE}"))
    assert not send(key, server.ctl("kea", "diff", path, "--nsupdate").out)
    script = server.ctl("kea", "diff", path, "--nsupdate").out
    assert " PTR " in script and "REFUSED" in send(key, script)
    rules.write_text("allow @dhcp claim types PTR,DHCID\n")
    server.ctl_ok("zone", "policy", "set", reverse_zone, rules)
    assert not send(key, script)
    assert server.ctl("kea", "diff", path).code == 6


def test_the_script_names_its_server(server):
    path = server.folder / "leases"
    path.write_text(HEAD4 + lease4("10.0.0.1", f"pc1.{ZONE}"))
    for given, line in (("192.0.2.1", "server 192.0.2.1 53"), ("192.0.2.1@5300", "server 192.0.2.1 5300"),
                        ("fd00::53@54", "server fd00::53 54"), ("::@54", "server ::1 54")):
        script = server.ctl("kea", "diff", path, "--nsupdate", "--server", given)
        assert script.code == 0 and script.out.splitlines()[0] == line, script
    for given in ("ns.example", "192.0.2.1@", "192.0.2.1@0", "192.0.2.1@65536", "192.0.2.1@+5", "@53", "1" * 60):
        answer = server.ctl("kea", "diff", path, "--nsupdate", "--server", given)
        assert answer.code == 2 and "is not ADDRESS[@PORT]" in answer.err and not answer.out, answer
    assert server.ctl("kea", "diff", path, "--server", "192.0.2.1").code == 2


def test_what_is_no_lease_file_is_said(server):
    path = server.folder / "leases"
    for text, said in ((HEAD4 + "10.0.0.1,x\n", f"{path}:2: this row is no lease"), ("", f"{path}:1: it is empty"),
                       ("a,b\n", f"{path}:1: this is no lease file of Kea")):
        path.write_text(text)
        answer = server.ctl("kea", "diff", path)
        assert answer.code == 1 and said in answer.err, answer
    assert server.ctl("kea", "diff", server.folder / "none").code == 1
    path.write_text(HEAD4)
    assert server.ctl("kea", "diff", path).code == 6
    assert server.ctl("kea", "diff", path, "--nsupdate", "--json").code == 2


def exported(server, *words):
    answer = server.ctl("key", "export", "acme.corp.example", *words)
    assert answer.code == 0, answer
    return answer.out


def test_a_key_in_the_words_of_who_signs_with_it(server):
    key = server.key("acme.corp.example")
    assert f'secret "{key.secret}"' in exported(server) == exported(server, "--format", "bind")
    kea = json.loads(exported(server, "--format", "kea"))
    assert kea == {"name": "acme.corp.example", "algorithm": "HMAC-SHA256", "secret": key.secret}
    assert exported(server, "--format", "dhcpd") == \
        f"key acme.corp.example {{\n\talgorithm hmac-sha256;\n\tsecret {key.secret};\n}};\n"
    knot = exported(server, "--format", "knot")
    assert knot == f'key:\n  - id: "acme.corp.example"\n    algorithm: hmac-sha256\n    secret: {key.secret}\n'
    ini = configparser.ConfigParser()
    ini.read_string("[x]\n" + exported(server, "--format", "certbot", "--server", "192.0.2.53"))
    assert dict(ini["x"]) == {"dns_rfc2136_server": "192.0.2.53", "dns_rfc2136_name": "acme.corp.example.",
                              "dns_rfc2136_secret": key.secret, "dns_rfc2136_algorithm": "HMAC-SHA256"}
    assert base64.b64decode(key.secret)
    # The programs themselves take it.
    if shutil.which("knotc") or os.path.exists("/usr/sbin/knotc"):
        path = server.folder / "knot.conf"
        path.write_text(knot)
        checked = subprocess.run([shutil.which("knotc") or "/usr/sbin/knotc", "-c", path, "conf-check"], text=True,
                                 capture_output=True, check=False)
        assert "acme" not in checked.stderr and "invalid" not in checked.stderr, checked


def test_a_secret_goes_into_a_file_of_its_owner_and_into_no_log(server):
    key = server.key("acme.corp.example")
    path = server.folder / "acme.ini"
    before = os.umask(0)
    try:
        assert exported(server, "--format", "certbot", "--file", path) == ""
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and key.secret in path.read_text()
    assert [row["subject"] for row in server.rows("audit", "--event", "key-read")] == ["acme.corp.example"]
    assert key.secret not in run(program("tenurectl"), "--socket", server.socket, "audit", "--json").out
    for words, code in ((["--format", "yaml"], 2), (["--format", "kea", "--json"], 2),
                        (["--format", "kea", "--server", "10.0.0.1"], 2), (["--file", "/nowhere/x"], 1)):
        answer = server.ctl("key", "export", "acme.corp.example", *words)
        assert answer.code == code and key.secret not in answer.out + answer.err, answer
    assert server.ctl("key", "export", "nobody", "--format", "kea").code == 4
