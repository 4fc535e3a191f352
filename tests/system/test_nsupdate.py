# SPDX-License-Identifier: BSD-2-Clause
"""What BIND's nsupdate sees: the client behind SSSD, ddclient and most scripts."""
import pytest

from tenure import wait_until

ZONE = "corp.example"


@pytest.fixture
def server(tenured):
    server = tenured()
    server.zone(ZONE, "www A 10.0.0.1", "alias CNAME www", update="secure")
    return server


def addresses(server, name):
    answer = server.query(name, "A").answer
    return sorted(str(item) for rrset in answer for item in rrset)


def serial(server):
    return server.query(ZONE, "SOA").answer[0][0].serial


def records(server, name):
    return [row for row in server.rows("record", "list", ZONE)
            if row["name"].rstrip(".") == f"{name}.{ZONE}"]


def refused(answer, word):
    assert answer.code == 2, answer
    assert f"update failed: {word}" in answer.out + answer.err, answer
    return True


@pytest.mark.parametrize("transport", [[], ["-v"]], ids=["udp", "tcp"])
def test_a_host_registers_and_owns_its_name(server, transport):
    key = server.key("pc1.corp.example")
    before = serial(server)
    answer = server.nsupdate("zone corp.example\nupdate add pc1.corp.example 1200 A 10.0.0.7",
                             *transport, key=key)
    assert answer.code == 0, answer
    assert addresses(server, "pc1.corp.example") == ["10.0.0.7"]
    assert serial(server) == before + 1
    row, = records(server, "pc1")
    assert row["owner"] == "key:pc1.corp.example"
    assert row["class"] == "dynamic"


def test_the_zone_is_found_without_being_named(server):
    key = server.key("pc1.corp.example")
    answer = server.nsupdate("update add deep.below.pc1.corp.example 60 A 10.0.0.8", key=key)
    assert answer.code == 0, answer
    assert addresses(server, "deep.below.pc1.corp.example") == ["10.0.0.8"]


def test_another_key_is_refused_and_the_log_says_why(server):
    mine, other = server.key("pc1.corp.example"), server.key("pc2.corp.example")
    add = "zone corp.example\nupdate add pc1.corp.example 1200 A 10.0.0.7"
    assert server.nsupdate(add, key=mine).code == 0
    before = serial(server)
    for script in ("update add pc1.corp.example 1200 A 10.6.6.6",
                   "update delete pc1.corp.example A",
                   "update delete pc1.corp.example",
                   "update delete www.corp.example A",
                   "update add www.corp.example 3600 A 10.6.6.6"):
        assert refused(server.nsupdate(f"zone {ZONE}\n{script}", key=other), "REFUSED")
    assert addresses(server, "pc1.corp.example") == ["10.0.0.7"]
    assert addresses(server, "www.corp.example") == ["10.0.0.1"]
    assert serial(server) == before
    assert refused(server.nsupdate("zone corp.example\nupdate delete pc1.corp.example A", key=other),
                   "REFUSED")

    def refusals():
        return server.rows("audit", "--zone", ZONE, "--denied")

    # One a second is written, with the count of the others.
    wait_until(lambda: sum(1 + row.get("folded", 0) for row in refusals()) == 6, "six refusals")
    denied = refusals()
    assert {row["event"] for row in denied} == {"update-denied"}
    assert {row["principal"] for row in denied} == {"key:pc2.corp.example"}
    assert denied[0]["subject"].startswith("pc1.corp.example")
    assert any("key:pc1.corp.example" in row["reason"] for row in denied)


def test_one_refused_part_refuses_the_message(server):
    mine, other = server.key("pc1.corp.example"), server.key("pc2.corp.example")
    assert server.nsupdate("update add pc1.corp.example 60 A 10.0.0.7", key=mine).code == 0
    script = ("zone corp.example\nupdate add pc2.corp.example 60 A 10.0.0.9\n"
              "update delete pc1.corp.example A")
    assert refused(server.nsupdate(script, key=other), "REFUSED")
    assert addresses(server, "pc2.corp.example") == []


def test_a_secure_zone_refuses_who_does_not_sign(server):
    assert refused(server.nsupdate("zone corp.example\nupdate add pc1.corp.example 60 A 10.0.0.7"),
                   "REFUSED")
    assert addresses(server, "pc1.corp.example") == []


def test_modes_none_and_nonsecure(server):
    key = server.key("pc1.corp.example")
    add = "zone corp.example\nupdate add pc{}.corp.example 60 A 10.0.0.7"
    server.ctl_ok("zone", "set", ZONE, "update=none")
    assert refused(server.nsupdate(add.format(1), key=key), "REFUSED")
    assert refused(server.nsupdate(add.format(1)), "REFUSED")
    server.ctl_ok("zone", "set", ZONE, "update=nonsecure")
    assert server.nsupdate(add.format(1), key=key).code == 0
    assert server.nsupdate(add.format(2)).code == 0
    assert records(server, "pc1")[0]["owner"] == "key:pc1.corp.example"
    assert records(server, "pc2")[0]["owner"] == "anonymous"


def test_delete_and_add_the_same_is_a_refresh_without_a_serial(server):
    key = server.key("pc1.corp.example")
    assert server.nsupdate("update add pc1.corp.example 1200 A 10.0.0.7", key=key).code == 0
    before = serial(server)
    for script in ("update delete pc1.corp.example A\nupdate add pc1.corp.example 1200 A 10.0.0.7",
                   "update delete pc1.corp.example\nupdate add pc1.corp.example 1200 A 10.0.0.7",
                   "update add pc1.corp.example 1200 A 10.0.0.7",
                   "update delete never-there.corp.example A"):
        assert server.nsupdate(f"zone {ZONE}\n{script}", key=key).code == 0
    assert serial(server) == before
    assert addresses(server, "pc1.corp.example") == ["10.0.0.7"]


def test_a_refresh_behind_the_no_refresh_window_moves_the_stamp_only(server):
    key = server.key("pc1.corp.example")
    server.ctl_ok("zone", "set", ZONE, "aging=on", "no-refresh=0s", "refresh=7d")
    add = "zone corp.example\nupdate add pc1.corp.example 1200 A 10.0.0.7"
    assert server.nsupdate(add, key=key).code == 0
    before = serial(server)
    stamp = records(server, "pc1")[0]["stamp"]
    while records(server, "pc1")[0]["stamp"] == stamp:
        assert server.nsupdate(add, key=key).code == 0
    assert serial(server) == before
    assert [row["event"] for row in server.rows("audit", "--zone", ZONE)][-1] == "record-refresh"


@pytest.mark.parametrize("condition, holds, otherwise", [
    ("yxdomain", "www.corp.example", "no.corp.example"),
    ("nxdomain", "no.corp.example", "www.corp.example"),
    ("yxrrset", "www.corp.example A", "www.corp.example TXT"),
    ("nxrrset", "www.corp.example TXT", "www.corp.example A"),
    ("yxrrset", "www.corp.example A 10.0.0.1", "www.corp.example A 10.0.0.2"),
])
def test_prerequisites(server, condition, holds, otherwise):
    key = server.key("pc1.corp.example")
    script = "zone corp.example\nprereq {} {}\nupdate add pc1.corp.example 60 A 10.0.0.7"
    word = {"yxdomain": "NXDOMAIN", "nxdomain": "YXDOMAIN",
            "yxrrset": "NXRRSET", "nxrrset": "YXRRSET"}[condition]
    assert refused(server.nsupdate(script.format(condition, otherwise), key=key), word)
    assert addresses(server, "pc1.corp.example") == []
    assert server.nsupdate(script.format(condition, holds), key=key).code == 0
    assert addresses(server, "pc1.corp.example") == ["10.0.0.7"]


@pytest.mark.parametrize("algorithm", ["hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384",
                                       "hmac-sha512"])
def test_each_algorithm(server, algorithm):
    key = server.key("pc1.corp.example", algorithm)
    assert server.nsupdate("update add pc1.corp.example 60 A 10.0.0.7", key=key).code == 0
    assert addresses(server, "pc1.corp.example") == ["10.0.0.7"]


def test_md5_is_off(server):
    answer = server.ctl("key", "generate", "old", "--algorithm", "hmac-md5")
    assert answer.code != 0
    assert "md5" in (answer.out + answer.err).lower()


def test_a_wrong_secret_and_an_unknown_key(server):
    key = server.key("pc1.corp.example")
    text = key.path.read_text()
    key.path.write_text(text.replace(key.secret, "AAAA" + key.secret[4:]))
    answer = server.nsupdate("zone corp.example\nupdate add pc1.corp.example 60 A 10.0.0.7",
                             key=key)
    assert refused(answer, "NOTAUTH(BADSIG)")
    key.path.write_text(text.replace(key.name, "nobody.corp.example"))
    answer = server.nsupdate("zone corp.example\nupdate add pc1.corp.example 60 A 10.0.0.7",
                             key=key)
    assert refused(answer, "NOTAUTH(BADKEY)")
    assert addresses(server, "pc1.corp.example") == []


def test_a_zone_that_is_not_ours(server):
    key = server.key("pc1.corp.example")
    answer = server.nsupdate("zone other.example\nupdate add pc1.other.example 60 A 10.0.0.7",
                             key=key)
    assert refused(answer, "NOTAUTH")


def test_a_name_outside_of_the_zone(server):
    key = server.key("pc1.corp.example")
    answer = server.nsupdate("zone corp.example\nupdate add pc1.other.example 60 A 10.0.0.7",
                             key=key)
    assert answer.code != 0
    assert "NOTZONE" in answer.out + answer.err or "not in zone" in answer.out + answer.err


def test_beside_an_alias_nothing_is_added_and_nothing_is_said(server):
    key = server.key("pc1.corp.example")
    assert server.nsupdate("update add c.corp.example 60 CNAME www.corp.example.",
                           key=key).code == 0
    assert server.nsupdate("zone corp.example\nupdate add c.corp.example 60 A 10.0.0.7",
                           key=key).code == 0
    assert [row["type"] for row in records(server, "c")] == ["CNAME"]


def test_one_message_of_nearly_64_kib(server):
    key = server.key("big.corp.example")
    server.ctl_ok("zone", "set", ZONE, "max-records=none")
    filler = "x" * 200
    count = 290
    lines = [f"update add big.corp.example 60 TXT \"{number:03} {filler}\""
             for number in range(count)]
    answer = server.nsupdate("\n".join(["zone corp.example", *lines]), key=key)
    assert answer.code == 0, answer
    assert len(records(server, "big")) == count
    found = server.query("big.corp.example", "TXT", tcp=True)
    assert len(found.answer[0]) == count
    registered = server.rows("audit", "--zone", ZONE, "--event", "record-register")
    assert len({row["seq"] for row in registered}) == 1, "one message is one entry"


def test_over_ipv6(tenured):
    server = tenured(address="::1")
    server.zone(ZONE, "www A 10.0.0.1", update="secure")
    key = server.key("pc1.corp.example")
    for transport in ([], ["-v"]):
        answer = server.nsupdate("update add pc1.corp.example 60 A 10.0.0.7", *transport, key=key)
        assert answer.code == 0, answer
    assert addresses(server, "pc1.corp.example") == ["10.0.0.7"]
