# SPDX-License-Identifier: BSD-2-Clause
"""What is published: the same commit gives the same bytes, with hashes, parts list and signature."""
import json
import os
import pathlib
import shutil
import subprocess

import pytest

from tenure import SOURCE, run

VERSION = "9.9.9"


def release(folder, key=None, **env):
    tarball = folder / f"tenure-{VERSION}.tar.xz"
    tarball.write_bytes(b"as if it were one")
    words = [SOURCE / "tools/release", VERSION, tarball, folder / "release"]
    answer = run(*words, env={**os.environ, "SOURCE_DATE_EPOCH": "1767603600", "RELEASE_KEY": key or "", **env})
    assert answer.code == 0, answer
    return folder / "release", answer


def test_the_parts_list_names_what_is_linked(tmp_path):
    folder, answer = release(tmp_path)
    assert "not signed: RELEASE_KEY names no key" in answer.err
    parts = json.loads((folder / f"tenure-{VERSION}.spdx.json").read_text())
    assert parts["spdxVersion"] == "SPDX-2.3" and parts["dataLicense"] == "CC0-1.0"
    assert parts["creationInfo"]["created"] == "2026-01-05T09:00:00Z"
    ids = [package["SPDXID"] for package in parts["packages"]]
    assert len(set(ids)) == len(ids)
    for package in parts["packages"]:
        assert {"name", "versionInfo", "downloadLocation", "licenseDeclared"} <= set(package)
    for relation in parts["relationships"]:
        assert relation["relatedSpdxElement"] in ids
    # Each library that the daemon is linked with, but libc and what those bring with them.
    linked = run("readelf", "--dynamic", os.path.join(os.environ.get("TENURE_BUILD", "."), "tenured"))
    if linked.code == 0:
        known = {"libev": "libev", "liblmdb": "LMDB", "libssl": "libssl", "libcrypto": "libcrypto", "libyaml": "libyaml",
                 "libjansson": "Jansson", "libfstrm": "fstrm", "libgssapi_krb5": "Kerberos", "libkrb5": "Kerberos",
                 "libk5crypto": "Kerberos", "libcom_err": "Kerberos"}
        names = " ".join(package["name"] for package in parts["packages"])
        for line in linked.out.splitlines():
            if "NEEDED" in line and not any(part in line for part in ("libc.so", "libm.so", "libasan", "libubsan")):
                library = line.split("[")[1].split(".so")[0].split("-")[0]
                assert library in known and known[library] in names, line


def test_the_hashes_hold(tmp_path):
    folder, _ = release(tmp_path)
    done = subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=folder, check=False,
                          capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.count(": OK") == 2, done
    first = (folder / "SHA256SUMS").read_text()
    assert (release(tmp_path)[0] / "SHA256SUMS").read_text() == first, "the same bytes again"


def test_a_key_of_ssh_signs(tmp_path):
    if not shutil.which("ssh-keygen"):
        pytest.skip("ssh-keygen is not installed")
    key = tmp_path / "key"
    assert run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "release", "-f", key).code == 0
    folder, _ = release(tmp_path, key=str(key))
    signers = tmp_path / "signers"
    signers.write_text("release " + pathlib.Path(f"{key}.pub").read_text())
    words = ["ssh-keygen", "-Y", "verify", "-f", signers, "-I", "release", "-n", "file", "-s", folder / "SHA256SUMS.sig"]
    assert run(*words, input=(folder / "SHA256SUMS").read_text()).code == 0
    assert run(*words, input="another").code != 0


def test_a_key_of_gpg_signs(tmp_path):
    if not shutil.which("gpg"):
        pytest.skip("gpg is not installed")
    home = tmp_path / "gpg"
    home.mkdir(mode=0o700)
    made = run("gpg", "--batch", "--homedir", home, "--passphrase", "", "--quick-generate-key", "release", "ed25519")
    if made.code:
        pytest.skip(f"gpg makes no key here: {made.err}")
    folder, _ = release(tmp_path, key="release", GNUPGHOME=str(home))
    verified = run("gpg", "--batch", "--homedir", home, "--verify", folder / "SHA256SUMS.asc", folder / "SHA256SUMS")
    run("gpgconf", "--homedir", home, "--kill", "all")
    assert verified.code == 0, verified


def test_without_its_key_nothing_is_published_as_signed(tmp_path):
    tarball = tmp_path / f"tenure-{VERSION}.tar.xz"
    tarball.write_bytes(b"x")
    answer = run(SOURCE / "tools/release", VERSION, tarball, tmp_path / "release",
                 env={**os.environ, "RELEASE_KEY": "nobody@nowhere", "GNUPGHOME": str(tmp_path)})
    assert answer.code != 0
