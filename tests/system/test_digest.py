# SPDX-License-Identifier: BSD-2-Clause
"""The digest of state, with a server and without one, and the log replayed."""
from tenure import program, run


def offline(server, *words):
    return run(program("tenurectl"), *words, "--data", server.data)


def busy(tenured):
    server = tenured()
    server.zone("corp.example", "www A 10.0.0.1", aging="on")
    server.ctl_ok("group", "create", "@dhcp", "--acting")
    server.ctl_ok("group", "add", "@dhcp", "key:kea-*")
    server.ctl_ok("owner", "reserve", "kept.corp.example", "--for", "key:k1")
    server.ctl_ok("zone", "freeze", "corp.example")
    return server


def test_the_digest_is_the_same_with_and_without_a_server(tenured):
    server = busy(tenured)
    digest = server.ctl_ok("digest")
    lines = server.ctl_ok("digest", "--lines")
    seq = server.rows("digest")[0]["seq"]
    assert 'member="key:kea-*"' in lines and 'frozen="on"' in lines
    assert 'reservation corp.example kept.corp.example name="kept.corp.example" owner="key:k1"' in lines
    assert 'record corp.example www.corp.example 3600 A stamp=' in lines
    server.ctl_ok("record", "add", "corp.example", "www2", "A", "10.0.0.2")
    server.ctl_ok("zone", "set", "corp.example", "aging=off")
    assert server.ctl_ok("digest") != digest
    assert server.ctl_ok("digest", "--at", f"seq:{seq}") == digest
    assert server.ctl_ok("digest", "--lines", "--at", f"seq:{seq}") == lines
    after = server.ctl_ok("digest")
    server.stop()
    assert offline(server, "digest").out == after
    assert offline(server, "digest", "--at", f"seq:{seq}").out == digest
    assert offline(server, "digest", "--at", f"seq:{seq}", "--lines").out == lines
    assert offline(server, "digest", "--at", "seq:99999").code == 4


def test_a_log_is_replayed_into_an_empty_store_or_onto_a_backup(tenured, tmp_path):
    server = busy(tenured)
    server.ctl_ok("backup", tmp_path / "one.backup")
    server.ctl_ok("zone", "thaw", "corp.example")
    digest = server.ctl_ok("digest").strip()
    server.stop()
    whole = offline(server, "check", "--replay")
    assert whole.code == 0 and f"into an empty store, make this state: digest {digest}" in whole.out
    onto = offline(server, "check", "--replay", "--from", tmp_path / "one.backup")
    assert onto.code == 0 and digest in onto.out


def test_the_log_of_another_store_does_not_go_on_from_a_backup(made, tmp_path):
    one = busy(lambda: made().start())
    one.ctl_ok("backup", tmp_path / "one.backup")
    other = made().start()
    other.zone("lab.example")
    one.stop(), other.stop()
    answer = offline(other, "check", "--replay", "--from", tmp_path / "one.backup")
    assert answer.code == 1 and "does not go on from the backup" in answer.err, answer
