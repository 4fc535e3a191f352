# SPDX-License-Identifier: BSD-2-Clause
"""The recipes for automation: Ansible with its real module; Terraform and external-dns, which Debian does not have,
by the messages they send, signed and addressed as their files say. What they make is pinned and theirs."""
import os
import re
import time

import dns.message
import dns.name
import dns.query
import dns.rcode
import pytest

from peers import found
from site_lab import NS1, REVERSE, ZONE, Site, needs, needs_root, recipe
from tenure import run

CLIENT = "192.0.2.20"
K8S = f"k8s.{ZONE}"


@pytest.fixture
def site():
    with Site() as made:
        yield made


def play(site, text):
    """Runs a playbook; (code, what it says)."""
    program = site.program(CLIENT, "ansible", play__yml=text)
    answer = program.run(found("ansible-playbook"), program.folder / "play.yml", patience=90,
                         env={**os.environ, "HOME": str(program.folder), "ANSIBLE_NOCOLOR": "1",
                              "ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3", "ANSIBLE_LOCALHOST_WARNING": "0",
                              "ANSIBLE_REMOTE_TMP": str(program.folder / "tmp")})
    return answer.code, answer.out + answer.err


def recap(said):
    return dict(re.findall(r"(ok|changed|failed)=(\d+)", said.split("PLAY RECAP")[1]))


@needs_root
@needs("ansible-playbook")
def test_ansible_makes_names_once_changes_its_own_and_no_others(site):
    server = site.tenured()
    key = server.key("ansible")
    server.rules(ZONE, "ansible.policy")
    server.rules(REVERSE, "ansible-reverse.policy")
    text = recipe("ansible.yml", [key.secret])
    code, said = play(site, text)
    assert code == 0, said
    assert server.records(f"db1.{ZONE}") == [("A", "10.0.1.5", "key:ansible", "pinned")]
    assert server.records(f"6.1.0.{REVERSE}") == [("PTR", f"db2.{ZONE}.", "key:ansible", "pinned")]
    # The same again changes nothing, and is seen as such.
    serial = server.serial()
    code, said = play(site, text)
    assert code == 0 and recap(said) == {"ok": "2", "changed": "0", "failed": "0"}, said
    assert server.serial() == serial
    # A machine that moves stays pinned.
    code, said = play(site, text.replace("10.0.1.5", "10.0.1.7"))
    assert code == 0 and server.records(f"db1.{ZONE}") == [("A", "10.0.1.7", "key:ansible", "pinned")], said
    # A name of somebody else's is refused, and the log says so.
    code, said = play(site, text.replace("db1:", "www:"))
    assert code != 0 and "REFUSED" in said
    assert server.records(f"www.{ZONE}")[0][1] == "10.0.0.80" and server.denied(f"www.{ZONE}")
    # Nothing but addresses and aliases, and in the reverse zone one PTR at a name.
    for zone, name, kind, data in ((ZONE, "free", "TXT", "x"), (ZONE, "free", "MX", "1 evil.example."),
                                   (REVERSE, "9.9.9", "TXT", "x"), (REVERSE, "6.1.0", "PTR", "second.example.")):
        update = server.update(zone, key)
        update.add(name, 300, kind, data)
        assert send(site, server, update) == dns.rcode.REFUSED, (name, kind)


@needs_root
@needs("ansible-playbook")
def test_ansibles_default_algorithm_is_refused_and_named(site):
    server = site.tenured()
    key = server.key("ansible")
    server.rules(ZONE, "ansible.policy")
    code, _ = play(site, recipe("ansible.yml", [key.secret], **{"key_algorithm: hmac-sha256": "port: 53"}))
    assert code != 0
    assert any("BADKEY" in row["reason"] for row in server.rows("audit", "--denied"))


def send(site, server, update, tcp=False):
    with site.machine(CLIENT).inside():
        return server.ask(update, tcp=tcp).rcode()


@needs_root
def test_terraform_by_its_messages(site):
    """By UDP; a set is made by additions, changed by removing and adding single records, and goes whole. Before and
    after each it reads, signed."""
    server = site.tenured()
    key = server.key("terraform")
    server.rules(ZONE, "terraform.policy")
    text = recipe("terraform.tf")
    assert re.search(r'key_name *= "(.*)\."', text)[1] == key.name
    assert re.search(r'key_algorithm *= "(.*)"', text)[1] == key.algorithm
    assert re.search(r'server *= "(.*)"', text)[1] == NS1
    name = re.search(r'name *= "(shop\.apps)"', text)[1]
    addresses = re.findall(r'"(10\.[\d.]+)"', text)
    ttl = int(re.search(r"ttl *= (\d+)", text)[1])

    update = server.update(ZONE, key)
    for address in addresses:
        update.add(name, ttl, "A", address)
    assert send(site, server, update) == dns.rcode.NOERROR
    assert server.records(f"{name}.{ZONE}") == [("A", address, "key:terraform", "pinned") for address in addresses]
    with site.machine(CLIENT).inside():
        question = dns.message.make_query(f"{name}.{ZONE}", "A")
        question.use_tsig(key.dns)
        answer = server.ask(question)
    assert answer.had_tsig and answer.answer[0].ttl == ttl and len(answer.answer[0]) == 2
    update = server.update(ZONE, key)
    update.delete(name, "A", addresses[1])
    update.add(name, ttl, "A", "10.0.2.12")
    assert send(site, server, update) == dns.rcode.NOERROR
    assert [(row[1], row[3]) for row in server.records(f"{name}.{ZONE}")] == [(addresses[0], "pinned"),
                                                                              ("10.0.2.12", "pinned")]
    update = server.update(ZONE, key)
    update.delete(name, "A")
    assert send(site, server, update) == dns.rcode.NOERROR and server.records(f"{name}.{ZONE}") == []
    for outside in ("www", "free", "_acme-challenge.www"):
        update = server.update(ZONE, key)
        update.add(outside, 300, "TXT", "x")
        assert send(site, server, update) == dns.rcode.REFUSED, outside
    update = server.update(ZONE, key)
    update.add("sub.apps", 300, "NS", "evil.example.")
    assert send(site, server, update) == dns.rcode.REFUSED, "a delegation"


def arguments(text):
    return dict(re.findall(r"^ *- --([\w-]+)(?:=(.*))?$", text, re.M))


def transferred(site, server, key):
    """The zone as external-dns reads it: by AXFR, where each message must be signed."""
    keyring = {dns.name.from_text(key.name): key.dns}
    with site.machine(CLIENT).inside():
        messages = list(dns.query.xfr(NS1, K8S, port=53, keyring=keyring, keyalgorithm=key.algorithm, lifetime=20,
                                      relativize=False))
    assert all(message.had_tsig for message in messages)
    return {str(rrset.name) for message in messages for rrset in message.answer}


@needs_root
def test_external_dns_by_its_messages(site):
    """By TCP, without prerequisites: names with a TXT beside, each record removed by its data; the list by AXFR."""
    server = site.tenured()
    first, second = server.key("external-dns"), server.key("external-dns2")
    server.zone(K8S, update="secure", policy="closed")
    server.rules(K8S, "external-dns.policy")
    server.ctl_ok("zone", "policy", "add", K8S, "allow key:external-dns2 claim types A,AAAA,CNAME,TXT class pinned",
                  "allow key:external-dns2 transfer")
    words = arguments(recipe("external-dns.yaml", [first.secret]))
    assert words["rfc2136-host"] == NS1 and words["rfc2136-zone"] == K8S and "rfc2136-tsig-axfr" in words
    assert words["rfc2136-tsig-keyname"] == first.name and words["rfc2136-tsig-secret-alg"] == first.algorithm
    ttl = int(words["rfc2136-min-ttl"].rstrip("s"))

    def change(key, add=(), remove=()):
        update = server.update(K8S, key)
        for name, kind, data in remove:
            update.delete(name, kind, data)
        for name, kind, data in add:
            update.add(name, ttl, kind, data)
        return send(site, server, update, tcp=True)

    prefix, owner = words["txt-prefix"], f'"heritage=external-dns,external-dns/owner={words["txt-owner-id"]}"'
    batch = [record for i in range(25) for record in ((f"app{i}", "A", f"10.0.3.{i}"),
                                                      (f"{prefix}a-app{i}", "TXT", owner))]
    assert change(first, add=batch) == dns.rcode.NOERROR, "a batch of 50"
    assert server.records(f"app7.{K8S}") == [("A", "10.0.3.7", "key:external-dns", "pinned")]
    assert f"app24.{K8S}." in transferred(site, server, first)
    # An alias, and its TXT beside it under another name.
    assert change(first, add=[("web", "CNAME", f"app0.{K8S}."), (f"{prefix}cname-web", "TXT", owner)]) == 0
    assert change(first, remove=[batch[0], batch[1]], add=[("app0", "A", "10.0.3.99"), batch[1]]) == 0
    assert server.records(f"app0.{K8S}") == [("A", "10.0.3.99", "key:external-dns", "pinned")]
    # Another cluster neither removes nor changes nor joins what this one made.
    for changed in ({"remove": [batch[2]]}, {"add": [("app1", "A", "10.6.6.6")]},
                    {"remove": [batch[2]], "add": [("app1", "A", "10.6.6.6")]}):
        assert change(second, **changed) == dns.rcode.REFUSED, changed
    # And nobody without the right gets the list, or a name of the zone above.
    stranger = server.key("stranger")
    with pytest.raises((dns.query.TransferError, AssertionError)):
        transferred(site, server, stranger)
    update = server.update(ZONE, first)
    update.add("www", 300, "A", "10.6.6.6")
    assert send(site, server, update) == dns.rcode.REFUSED
    assert change(first, remove=[("app0", "A", "10.0.3.99")]) == 0 and server.records(f"app0.{K8S}") == []


def test_what_automation_makes_is_still_there_after_all_windows(tenured):
    """Pinned records stay when both windows are over, a host's do not."""
    server = tenured(clock=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
    server.zone(ZONE, "@ NS ns", update="secure", no_refresh="1d", refresh="1d", max_share="none",
                aging="on")
    rules = server.folder / "rules"
    rules.write_text(recipe("terraform.policy") + recipe("ansible.policy"))
    server.ctl_ok("zone", "policy", "set", ZONE, rules)
    for name, owner in (("shop.apps", "terraform"), ("db1", "ansible"), ("pc7", f"pc7.{ZONE}")):
        update = server.update(ZONE, server.key(owner))
        update.add(name, 300, "A", "10.0.0.1")
        assert server.ask(update).rcode() == dns.rcode.NOERROR
    server.ctl_ok("clock", "forward", "3d")
    assert server.rows("scavenge", "run", ZONE)[0]["removed"] == 1
    assert server.ctl("record", "show", f"pc7.{ZONE}").code == 4
    assert server.ctl("record", "show", f"shop.apps.{ZONE}").code == 0
    assert server.ctl("record", "show", f"db1.{ZONE}").code == 0
