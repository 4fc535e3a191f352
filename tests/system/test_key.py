# SPDX-License-Identifier: BSD-2-Clause
"""tenurectl key: TSIG keys, in BIND's key file format both ways."""
import shutil

import pytest

from tenure import run

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
