# SPDX-License-Identifier: BSD-2-Clause
"""Signed checkpoints: a log that was cut off or written anew is found."""
import base64
import shutil
import subprocess

import pytest

from tenure import free_port, program, run

ZONE = "corp.example"


def test_checkpoints_find_a_log_that_was_cut_or_written_anew(tenured, tmp_path):
    key, public, path = tmp_path / "log.key", tmp_path / "log.pub", tmp_path / "signed"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True)
    key.chmod(0o600)
    config = f"checkpoint:\n  key: {key}\n  file: {path}\n  entries: 1\n  interval: 1s\n"
    one = tenured(config=config)
    one.zone(ZONE, "ns A 10.0.0.53", update="nonsecure")
    one.restart()
    public.write_text(one.ctl_ok("audit", "key"))
    assert "PUBLIC KEY" in public.read_text() and "PRIVATE" not in public.read_text()
    lines = path.read_text().splitlines()
    assert lines and all(line.startswith("tenure-checkpoint 2 seq=") for line in lines)
    text, signature = lines[-1].split(" signature=")
    (tmp_path / "text").write_text(text)
    (tmp_path / "sig").write_bytes(base64.b64decode(signature))
    subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", public, "-rawin", "-in",
                    tmp_path / "text", "-sigfile", tmp_path / "sig"], check=True)
    ok = one.ctl_ok("audit", "verify", "--key", str(public), "--checkpoints", str(path))
    assert "checkpoints agree" in ok

    one.stop()
    old = tmp_path / "old"
    shutil.copytree(one.data, old)
    one.start()
    update = one.update(ZONE)
    update.add("late", 60, "A", "10.0.0.1")
    assert one.ask(update).rcode() == 0
    one.stop()
    assert len(path.read_text().splitlines()) > len(lines), "signed when it stopped"
    shutil.rmtree(one.data)
    shutil.copytree(old, one.data)
    one.start()
    assert "shorter than the one that was signed" in one.log()
    done = one.ctl("audit", "verify", "--key", str(public), "--checkpoints", str(path))
    assert done.code == 1 and "is cut off at entry" in done.err, done.err
    update = one.update(ZONE)
    update.add("other", 60, "A", "10.0.0.2")
    assert one.ask(update).rcode() == 0
    done = one.ctl("audit", "verify", "--key", str(public), "--checkpoints", str(path))
    assert done.code == 1 and ("written anew" in done.err or "cut off" in done.err), done.err

    forged = path.read_text().replace("seq=", "seq=1", 1)
    (tmp_path / "forged").write_text(forged)
    done = one.ctl("audit", "verify", "--key", str(public), "--checkpoints",
                   str(tmp_path / "forged"))
    assert done.code == 1
    done = one.ctl("audit", "verify", "--key", str(key))
    assert done.code == 2 and "private key" in done.err


@pytest.mark.parametrize("spoil, said", [("mode", "chmod 600"), ("text", "not an Ed25519 key"),
                                         ("gone", "No such file")])
def test_a_key_that_cannot_be_used_keeps_the_server_from_starting(tenured, tmp_path, spoil, said):
    key = tmp_path / "log.key"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True)
    key.chmod(0o644 if spoil == "mode" else 0o600)
    if spoil == "text":
        key.write_text("no key")
    if spoil == "gone":
        key.unlink()
    config = tmp_path / "tenured.yaml"
    config.write_text(f"data: {tmp_path}/data\nlisten: 127.0.0.1@{free_port()}\n"
                      f"checkpoint:\n  key: {key}\n")
    done = run(program("tenured"), "--config", str(config))
    assert done.code != 0 and said in done.err, done.err


@pytest.fixture
def signer(tenured, tmp_path):
    key, path = tmp_path / "log.key", tmp_path / "signed"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True)
    key.chmod(0o600)
    one = tenured(config=f"checkpoint:\n  key: {key}\n  file: {path}\n")
    one.zone(ZONE, "ns A 10.0.0.53", update="secure")
    one.lines = lambda: path.read_text().splitlines() if path.exists() else []
    one.signed = path
    return one


def test_a_checkpoint_is_signed_when_it_is_asked_for(signer):
    signer.ctl_ok("audit", "checkpoint")
    before = len(signer.lines())
    assert signer.ctl_ok("audit", "checkpoint").startswith("nothing new: signed was entry")
    assert len(signer.lines()) == before >= 1
    request = signer.update(ZONE, signer.key("web"))
    request.delete("ns")
    assert signer.ask(request).rcode() == 5
    said = signer.ctl_ok("audit", "checkpoint")
    assert said.startswith("signed entry") and "r1 and u0" in said and str(signer.signed) in said
    result = signer.rows("audit", "checkpoint")[0]
    assert result["checkpoint"] == signer.lines()[-1] and result["signed"] is False
    assert "checkpoint" in signer.ctl_ok("audit", "verify", "--checkpoints", str(signer.signed))
    row = signer.ctl("audit", "verify", "--json", "--checkpoints", str(signer.signed)).rows()[0]
    assert row["signed"] is True and row["checkpoints"] >= 2


def test_the_last_checkpoint_is_of_what_was_refused_until_the_stop(signer):
    request = signer.update(ZONE)
    request.add("pc1", 60, "A", "10.0.0.1")
    assert signer.ask(request).rcode() == 5, "it waits for a signature"
    signer.stop()
    assert " unsigned=1 " in signer.lines()[-1]
    signer.start()


def test_an_unsigned_log_is_said_to_be_unsigned(tenured):
    one = tenured()
    one.zone(ZONE, "ns A 10.0.0.53")
    assert "no checkpoint signs it" in one.ctl_ok("audit", "verify")
    assert one.rows("audit", "verify")[0]["signed"] is False
    assert one.rows("status")[0]["log_signed"] is False
    answer = one.ctl("audit", "checkpoint")
    assert answer.code == 4 and "checkpoint.key is not set" in answer.err


def test_a_store_that_was_put_back_stays_in_status_until_it_is_seen(signer, tmp_path):
    signer.stop()
    old = tmp_path / "old"
    shutil.copytree(signer.data, old)
    signer.start()
    signer.ctl_ok("zone", "add", "late.example")
    signer.stop()
    shutil.rmtree(signer.data)
    shutil.copytree(old, signer.data)
    signer.start()
    said = signer.ctl("status").err
    assert "not the one of the last checkpoint" in said and "is shorter" in said
    assert "not the one of the last checkpoint" in signer.ctl("status").err, "it stays"
    assert "cut off" in signer.ctl("audit", "verify", "--checkpoints", str(signer.signed)).err
    signer.ctl_ok("zone", "add", "next.example")
    signer.ctl_ok("audit", "checkpoint")
    assert "checkpoint" not in signer.ctl("status").err
