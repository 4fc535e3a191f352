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
