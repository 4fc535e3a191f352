# SPDX-License-Identifier: BSD-2-Clause
"""tenurectl key: TSIG keys, in BIND's key file format both ways."""
import base64
import hmac
import shutil
import stat

import dns.tsig
import pytest

from tenure import Key, run, wait_until

FILE = 'key "web7" {\n\talgorithm hmac-sha256;\n\tsecret "R3HI8P6BKw9ZwXwN3VZKuYRXnhGFq0UfCTpS1XBNm0A=";\n};\n'


def write(server, text):
    path = server.folder / "some.key"
    path.write_text(text)
    return path


def test_a_generated_key_works_with_nsupdate(tenured):
    server = tenured()
    server.zone("corp.example", "ns A 10.0.0.53", update="secure")
    key = server.key("web7.corp.example")
    said = server.nsupdate("zone corp.example\nupdate add web7.corp.example 60 A 10.0.7.7", key=key)
    assert said.code == 0, said
    assert server.query("web7.corp.example", "A").rcode() == 0


@pytest.mark.parametrize("algorithm", ["hmac-sha1", "hmac-sha224", "hmac-sha384", "hmac-sha512"])
def test_an_algorithm_can_be_chosen(tenured, algorithm):
    server = tenured()
    text = server.ctl_ok("key", "generate", "k", "--algorithm", algorithm)
    assert f"algorithm {algorithm};" in text
    assert server.rows("key", "list")[0]["algorithm"] == algorithm


def test_a_key_of_bind_is_taken_and_given_back(tenured):
    server = tenured()
    server.ctl_ok("key", "import", write(server, FILE))
    assert server.ctl_ok("key", "show", "web7") == FILE
    assert server.ctl_ok("key", "export", "web7") == FILE
    server.ctl_ok("key", "import", write(server, FILE)), "the same again is nothing new"
    if shutil.which("tsig-keygen"):
        server.ctl_ok("key", "import", "-", input=run("tsig-keygen", "other").out)
        assert len(server.rows("key", "list")) == 2


def test_secrets_are_shown_by_show_alone(tenured):
    server = tenured()
    server.ctl_ok("key", "import", write(server, FILE))
    for words in (["key", "list"], ["audit"], ["status"], ["stats"], ["key", "del", "web7"]):
        answer = server.ctl(*words), server.ctl(*words, "--json")
        assert "R3HI8P6BKw9" not in str(answer), words
    assert "R3HI8P6BKw9" not in server.log()


@pytest.mark.parametrize("text, said", [
    ("", "no key"),
    ("key web7 {\n algorithm hmac-sha256;\n secret \"@@\";\n};\n", "line 3, column 9: "),
    ("key web7 {\n algorithm hmac-sha257;\n secret \"QUJD\";\n};\n", "line 2"),
    (FILE + "key web8 {", "line 5"),
])
def test_a_broken_file_changes_nothing_and_names_its_line(tenured, text, said):
    server = tenured()
    answer = server.ctl("key", "import", write(server, text))
    assert answer.code == 1 and said in answer.err and "some.key" in answer.err, answer
    assert server.rows("key", "list") == []


def test_a_key_is_not_replaced_unseen(tenured):
    server = tenured()
    server.ctl_ok("key", "import", write(server, FILE))
    assert server.ctl("key", "generate", "web7").code == 1
    other = FILE.replace("R3HI", "XXXX")
    both = other.replace("web7", "web6") + other
    assert server.ctl("key", "import", write(server, both)).code == 1
    assert [row["name"] for row in server.rows("key", "list")] == ["web7"], "all or none"
    assert server.ctl_ok("key", "show", "web7") == FILE


@pytest.mark.parametrize("words, code, said", [
    (["generate", "a..b"], 2, "not a name"),
    (["generate", "k", "--algorithm", "hmac-sha265"], 2, "did you mean 'hmac-sha256'?"),
    (["generate", "k", "--algorithm", "hmac-md5"], 1, "hmac-md5"),
    (["del", "nobody"], 4, "nobody"),
    (["show", "wbe7"], 4, "did you mean 'web7'?"),
    (["import", "/nowhere"], 1, "/nowhere"),
])
def test_what_is_wrong_is_said(tenured, words, code, said):
    server = tenured()
    server.ctl_ok("key", "import", write(server, FILE))
    answer = server.ctl("key", *words)
    assert answer.code == code and said in answer.err, answer


def test_a_deleted_key_is_nobody(tenured):
    server = tenured()
    server.zone("corp.example", "ns A 10.0.0.53", update="secure")
    key = server.key("web7")
    server.ctl_ok("key", "del", "web7")
    said = server.nsupdate("zone corp.example\nupdate add web7.corp.example 60 A 10.0.7.7", key=key)
    assert said.code != 0
    events = [row["event"] for row in server.rows("audit") if row["event"].startswith("key")]
    assert events == ["key-create", "key-delete"]


def register(server, key, name="pc1", data="10.0.0.1"):
    update = server.update("corp.example", key)
    update.add(name, 60, "A", data)
    return server.ask(update).rcode()


def rotated(server, old, *words):
    text = server.ctl_ok("key", "rotate", old.name, *words)
    path = server.folder / "rotated.key"
    path.write_text(text)
    return Key(old.name, text.split("secret", 1)[1].split('"')[1], old.algorithm, path)


def test_after_a_rotation_both_secrets_are_good_for_a_while(tenured):
    server = tenured()
    server.zone("corp.example", "ns A 10.0.0.53", update="secure")
    old = server.key("kea")
    assert register(server, old) == 0
    new = rotated(server, old, "--for", "3s")
    assert new.secret != old.secret
    assert register(server, new, data="10.0.0.2") == 0
    assert register(server, old, data="10.0.0.3") == 0, "and the answer verified with the old one"
    assert server.rows("key", "list")[0]["previous_until"]
    server.restart()
    assert register(server, old, data="10.0.0.4") == 0, "it is stored"
    wait_until(lambda: not server.rows("key", "list")[0]["previous_until"], "the old one ends")
    update = server.update("corp.example", old)
    update.add("pc1", 60, "A", "10.0.0.5")
    with pytest.raises(dns.tsig.PeerBadSignature):
        server.ask(update)
    assert register(server, new, data="10.0.0.6") == 0
    assert [r["event"] for r in server.rows("audit", "--event", "key-rotate")] == ["key-rotate"]


def test_a_rotation_can_end_the_old_secret_at_once(tenured):
    server = tenured()
    server.zone("corp.example", "ns A 10.0.0.53", update="secure")
    old = server.key("kea")
    new = rotated(server, old, "--for", "0s")
    assert register(server, new) == 0
    with pytest.raises(dns.tsig.PeerBadSignature):
        register(server, old)
    rotated(server, old)
    answer = server.ctl("key", "rotate", "kea", "--until", "2090-01-01")
    assert answer.code == 0 and "no longer good" in answer.err, "two rotations at a time"


def test_a_disabled_key_proves_nothing_until_it_is_enabled(tenured):
    server = tenured()
    server.zone("corp.example", "ns A 10.0.0.53", update="secure")
    key = server.key("kea")
    server.ctl_ok("key", "disable", "kea")
    assert "already" in server.ctl_ok("key", "disable", "kea")
    with pytest.raises(dns.tsig.PeerBadKey):
        register(server, key)
    assert server.rows("key", "list")[0]["disabled"] is True
    assert "key disabled" in server.rows("why", "--last", "pc1.corp.example")[-1]["reason"]
    server.ctl_ok("key", "enable", "kea")
    assert register(server, key) == 0


def test_the_last_use_of_a_key_is_told_and_outlives_a_restart(tenured):
    server = tenured()
    server.zone("corp.example", "ns A 10.0.0.53", update="secure")
    key = server.key("kea")
    assert server.rows("key", "list")[0]["used_at"] is None
    assert register(server, key) == 0
    row = server.rows("key", "list")[0]
    assert row["used_at"] and row["used_from"] == "127.0.0.1"
    server.restart()
    assert server.rows("key", "list")[0]["used_at"] == row["used_at"]
    assert register(server, key) == 0
    answer = server.ctl("key", "del", "kea")
    assert answer.code == 3 and "it was last used at" in answer.err
    answer = server.ctl("key", "del", "kea", "--yes")
    assert answer.code == 0 and "was in use" in answer.err


@pytest.mark.parametrize("algorithm", ["hmac-sha1", "hmac-sha256", "hmac-sha512"])
def test_the_mac_of_a_known_message_is_that_of_openssl(tenured, algorithm):
    server = tenured()
    key = server.key("kea", algorithm)
    row = server.rows("key", "test", "kea")[0]
    secret = base64.b64decode(key.secret)
    mac = hmac.new(secret, row["text"].encode(), algorithm.split("-")[1]).digest()
    assert row["mac_hex"] == mac.hex() and base64.b64decode(row["mac_base64"]) == mac
    assert row["bits"] == 8 * len(secret) and row["algorithm"] == algorithm
    said = run("openssl", "dgst", f"-{algorithm.split('-')[1]}", "-mac", "HMAC", "-macopt",
               f"hexkey:{secret.hex()}", input=row["text"])
    assert row["mac_hex"] in said.out
    server.ctl_ok("key", "rotate", "kea")
    rows = server.rows("key", "test", "kea")
    assert [r["secret"] for r in rows] == ["current", "previous"]
    assert rows[1]["mac_hex"] == row["mac_hex"] != rows[0]["mac_hex"]


@pytest.mark.parametrize("words, code, said", [
    (["rotate", "keb"], 4, "did you mean 'kea'"),
    (["rotate", "kea", "--until", "2020-01-01"], 2, "in the past"),
    (["rotate", "kea", "--until", "7d"], 2, "in the past"),
    (["rotate", "kea", "--until", "soon"], 2, "not a time"),
    (["rotate", "kea", "--for", "soon"], 2, "not a duration"),
    (["rotate", "kea", "--for", "1d", "--until", "2090-01-01"], 2, "exclude"),
    (["disable", "keb"], 4, "did you mean"),
    (["enable", "a..b"], 2, "not a name"),
    (["test", "keb"], 4, "did you mean"),
    (["test"], 2, "too few"),
])
def test_what_cannot_be_turned_stays(tenured, words, code, said):
    server = tenured()
    key = server.key("kea")
    answer = server.ctl("key", *words)
    assert answer.code == code and said in answer.err, answer
    assert key.secret in server.ctl_ok("key", "show", "kea")


def test_md5_is_allowed_key_by_key_and_only_where_the_server_permits_it(tenured):
    server = tenured(config="allow-md5: yes\n")
    server.zone("corp.example", "ns A 10.0.0.53", update="secure")
    answer = server.ctl("key", "generate", "old", "--algorithm", "hmac-md5")
    assert answer.code == 1 and "--allow-md5" in answer.err
    file = server.ctl_ok("key", "generate", "old", "--algorithm", "hmac-md5", "--allow-md5")
    assert server.rows("key", "list")[0]["md5_allowed"] is True
    path = write(server, file)
    update = "zone corp.example\nupdate add pc1.corp.example 60 A 10.0.0.7"
    assert server.nsupdate(update, "-k", path).code == 0
    server.ctl_ok("key", "del", "old", "--yes")
    assert server.ctl("key", "import", path).code == 1
    server.ctl_ok("key", "import", path, "--allow-md5")
    assert server.nsupdate(update.replace("0.7", "0.8"), "-k", path).code == 0
    server.config.write_text("{}\n")
    server.restart()
    assert server.rows("key", "list")[0]["md5_allowed"] is False
    assert server.nsupdate(update.replace("0.7", "0.9"), "-k", path).code != 0


# --- secrets are sealed

def secrets_in(server, *texts):
    """Whether one of the secrets stands in the store's file, in any spelling."""
    data = (server.data / "data.mdb").read_bytes()
    for text in texts:
        raw = base64.b64decode(text)
        for spelling in (text.encode(), raw, raw.hex().encode(), raw.hex().upper().encode()):
            if spelling in data:
                return True
    return False


def test_no_secret_is_in_the_store_nor_in_a_backup(tenured):
    server = tenured()
    server.zone("corp.example", "ns A 10.0.0.53", update="secure")
    server.ctl_ok("key", "import", write(server, FILE))
    first = server.key("kea")
    second = rotated(server, first)
    third = server.key("gone")
    server.ctl_ok("key", "disable", "kea")
    server.ctl_ok("key", "enable", "kea")
    server.ctl_ok("key", "del", "gone")
    secrets = ["R3HI8P6BKw9ZwXwN3VZKuYRXnhGFq0UfCTpS1XBNm0A=", first.secret, second.secret,
               third.secret]
    assert not secrets_in(server, *secrets)
    for words in ([], ["--portable"]):
        file = server.folder / "backup"
        server.ctl_ok("backup", file, *words)
        for secret in secrets:
            raw = base64.b64decode(secret)
            for spelling in (secret.encode(), raw, raw.hex().upper().encode()):
                assert spelling not in file.read_bytes()
    for row in server.rows("audit"):
        answer = server.ctl("audit", "show", str(row["seq"]), "--json")
        assert not any(secret in answer.out for secret in secrets)
    seq = server.rows("audit", "--event", "key-rotate")[-1]["seq"]
    row = server.rows("audit", "show", str(seq))[0]["rows"][0]
    assert row["old"]["sealed"] == row["new"]["sealed"] == row["new"]["previous"] == "sealed"
    assert row["key"] == "kea" and row["new"]["previous-until"] > row["new"]["created"]
    server.stop()
    assert not secrets_in(server, *secrets)


def test_reading_a_secret_is_an_entry_of_the_log(tenured):
    server = tenured()
    server.ctl_ok("key", "import", write(server, FILE))
    server.ctl_ok("key", "list")
    server.ctl_ok("key", "test", "web7")
    server.ctl_ok("key", "show", "web7")
    server.ctl_ok("key", "export", "web7")
    assert server.ctl("key", "show", "web8").code == 4
    read = server.rows("audit", "--event", "key-read")
    assert [row["subject"] for row in read] == ["web7", "web7"]
    assert read[0]["principal"].startswith("local:")


def test_a_server_without_its_store_key_serves_and_refuses_what_keys_sign(tenured):
    server = tenured()
    server.zone("corp.example", "ns A 10.0.0.53", update="secure")
    key = server.key("kea")
    assert register(server, key) == 0
    status = server.rows("status")[0]
    assert status["store_key"].startswith("1 (") and status["store_key_problem"] is None
    server.stop()
    file = server.data / "store.key"
    file.rename(server.data / "away")
    server.start()
    assert server.query("pc1.corp.example", "A").answer
    with pytest.raises(dns.tsig.PeerBadKey):
        register(server, key)
    assert "sealed" in server.rows("why", "--last", "pc1.corp.example")[-1]["reason"]
    missing = server.rows("status")[0]
    assert missing["store_key"] is None and missing["keys_sealed"] == 1
    assert f"store key {status['store_key']} is needed" in missing["store_key_problem"]
    assert server.log().count("problem=") == 1
    assert not file.exists(), "none is made that the keys would not need"
    assert server.rows("key", "list")[0]["sealed"] is True
    for words in (["key", "show", "kea"], ["key", "test", "kea"], ["store", "rekey"]):
        answer = server.ctl(*words)
        assert answer.code == 1 and status["store_key"] in answer.err, words
    assert "store.key" in server.ctl("key", "generate", "new").err
    assert "store.key" in server.ctl("key", "rotate", "kea").err
    server.ctl_ok("key", "disable", "kea")
    server.ctl_ok("key", "enable", "kea")
    server.stop()
    (server.data / "away").rename(file)
    server.start()
    assert register(server, key, data="10.0.0.2") == 0, "sealed bytes stayed as they were"
    assert server.ctl("audit", "verify").code == 0


@pytest.mark.parametrize("spoil, said", [
    (lambda file: file.chmod(0o644), "chmod 600"),
    (lambda file: file.write_text("1 00\n"), "line 1 is not a number and a key"),
    (lambda file: file.write_text(""), "it holds no key"),
    (lambda file: (file.unlink(), file.mkdir()), "is not a file"),
])
def test_a_store_key_that_cannot_be_used_is_a_sentence(tenured, spoil, said):
    server = tenured()
    server.zone("corp.example", "ns A 10.0.0.53", update="secure")
    server.key("kea")
    server.stop()
    file = server.data / "store.key"
    spoil(file)
    server.start()
    assert said in server.rows("status")[0]["store_key_problem"]
    assert said in server.ctl("key", "generate", "new").err
    answer = server.ctl("store", "rekey", "--force")
    assert answer.code == 1 and said in answer.err, "it is not written over"


def test_a_rekey_seals_all_keys_by_a_new_store_key(tenured):
    server = tenured()
    server.zone("corp.example", "ns A 10.0.0.53", update="secure")
    old = server.key("kea")
    new = rotated(server, old)
    other = server.key("other")
    before = (server.data / "store.key").read_text()
    assert "store key 2" in server.ctl_ok("store", "rekey")
    after = (server.data / "store.key").read_text()
    assert after.startswith(before) and after.splitlines()[-1].startswith("2 ")
    assert stat.S_IMODE((server.data / "store.key").stat().st_mode) == 0o600
    event = server.rows("audit", "--event", "store-rekey")[-1]
    assert event["subject"] == "store key " + server.rows("status")[0]["store_key"]
    for restarts in (False, True):
        if restarts:
            server.restart()
        for key, data in ((old, "10.0.0.1"), (new, "10.0.0.2")):
            assert register(server, key, data=data) == 0
        assert register(server, other, "pc2") == 0
    # The rows need nothing but the last line now.
    server.stop()
    (server.data / "store.key").write_text(after.splitlines()[-1] + "\n")
    server.start()
    assert server.rows("status")[0]["store_key_problem"] is None
    assert register(server, old, data="10.0.0.3") == 0
    assert server.ctl("audit", "verify").code == 0


def test_a_lost_store_key_can_be_left_behind(tenured):
    server = tenured()
    server.zone("corp.example", "ns A 10.0.0.53", update="secure")
    old = server.key("kea")
    server.stop()
    (server.data / "store.key").rename(server.data / "away")
    server.start()
    answer = server.ctl("store", "rekey", "--force")
    assert answer.code == 0 and "1 could not be unsealed" in answer.err
    assert server.rows("status")[0]["store_key"].startswith("2 (")
    new = rotated(server, old)
    assert server.rows("status")[0]["store_key_problem"] is None
    assert register(server, new) == 0
    with pytest.raises(dns.tsig.PeerBadSignature):
        register(server, old)
