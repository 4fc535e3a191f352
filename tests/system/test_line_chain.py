# SPDX-License-Identifier: BSD-2-Clause
"""Exported lines: who has them alone finds what was cut, changed or put between."""
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tenure import wait_until

VERIFY = Path(__file__).resolve().parents[2] / "contrib/examples/verify-export.py"
ZONE = "corp.example"


@pytest.fixture
def signer(tenured, tmp_path):
    key = tmp_path / "log.key"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True)
    key.chmod(0o600)
    one = tenured(config=f"checkpoint:\n  key: {key}\nexport:\n  file: {tmp_path}/live\n")
    one.zone(ZONE, "ns A 10.0.0.53", update="secure")
    one.live, one.public = tmp_path / "live", tmp_path / "public.pem"
    one.public.write_text(one.ctl_ok("audit", "key"))
    return one


def verify(server, *paths):
    return subprocess.run([sys.executable, VERIFY, "--key", server.public, *paths],
                          capture_output=True, text=True, check=False)


def forged(lines):
    """All lines chained anew, as by somebody who has everything but the key."""
    last, out = bytes(32), []
    for line in lines:
        body = re.fullmatch(r'(\{.*),"chain":"[0-9A-F]{64}"\}', line)[1]
        last = hashlib.sha256(last + body.encode()).digest()
        out.append(f'{body},"chain":"{last.hex().upper()}"}}')
    return out


def test_an_export_is_verified_from_its_lines(signer, tmp_path):
    path, spoilt = tmp_path / "export", tmp_path / "spoilt"
    signer.ctl_ok("audit", "checkpoint")
    signer.ctl_ok("audit", "export", str(path))
    lines = path.read_text().splitlines()
    assert len(lines) > 4 and all("digest" in json.loads(line) for line in lines[:-1])
    closing = json.loads(lines[-1])
    assert closing["event"] == "export-statement"
    assert closing["checkpoint"].startswith("tenure-checkpoint 2 seq=")
    keyless = subprocess.run([sys.executable, VERIFY, path], capture_output=True, text=True, check=False)
    assert keyless.returncode == 0 and "no signature was checked" in keyless.stdout, keyless
    done = verify(signer, path)
    assert "no signature" not in done.stdout
    assert done.returncode == 0 and f"{len(lines)} lines, 1 statements" in done.stdout, done
    changed = lines[2].replace("local:", "local;", 1)
    assert changed != lines[2]
    spoils = [lines[:2] + lines[3:], lines[1:], lines[:2] + [changed] + lines[3:], lines[:-1],
              lines[:2] + [lines[3], lines[2]] + lines[4:], forged(lines[:2] + lines[3:]),
              forged(lines[:2] + [changed] + lines[3:])]
    for kept in spoils:
        spoilt.write_text("\n".join(kept) + "\n")
        done = verify(signer, spoilt)
        assert done.returncode == 1, done


def test_the_live_export_is_one_chain_through_restarts(signer):
    def statements():
        text = signer.live.read_text() if signer.live.exists() else ""
        return text.count("export-statement")
    for number in range(3):
        signer.ctl_ok("record", "add", ZONE, f"www{number}", "A", "10.0.0.1")
        before = statements()
        signer.ctl_ok("audit", "checkpoint")
        wait_until(lambda: statements() > before, "a statement in the file")
        if number == 0:
            signer.restart()
        else:
            signer.kill()
            signer.start()
    signer.stop()
    done = verify(signer, signer.live)
    assert done.returncode == 0, done
    lines = signer.live.read_text().splitlines()
    events = [json.loads(line) for line in lines]
    assert all("digest" in event for event in events if event["event"] != "export-statement")
    signer.live.write_text("\n".join(lines[:3] + lines[4:]) + "\n")
    done = verify(signer, signer.live)
    assert done.returncode == 1 and "live:4: lines before it are missing" in done.stdout, done
    signer.start()
