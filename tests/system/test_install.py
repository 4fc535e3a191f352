# SPDX-License-Identifier: BSD-2-Clause
"""What `make install` gives a machine besides the programs. The package has the same files, and
tests/package tries them on machines of their own."""
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from tenure import program, run, wait_until

BUILD = pathlib.Path(program("tenured")).parent


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("root")
    if not (BUILD / "Makefile").exists():
        pytest.skip("this build has no Makefile")
    install(folder)
    return folder


def install(folder, target="install"):
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(["make", "-s", "-C", str(BUILD), target, f"DESTDIR={folder}"], env=env,
                          capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def need(tool):
    return shutil.which(tool) or pytest.skip(f"{tool} is not installed")


def found(root, name):
    paths = [p for p in root.rglob(name) if p.is_file()]
    assert len(paths) == 1, paths
    return paths[0]


def test_the_configuration_is_right(root):
    config = root / "etc/tenure/tenured.yaml"
    text = config.read_text()
    assert config.stat().st_mode & 0o777 == 0o644
    trial = root / "trial.yaml"
    trial.write_text(text.replace("group: tenure", ""))
    answer = run(program("tenured"), "--config", trial, "--check-config")
    assert answer.code == 0, answer
    # What is switched on by taking off one `#`, its part with it.
    lines = text.splitlines()
    proposals = [i for i, line in enumerate(lines) if re.match(r"#[a-z-]+:", line)]
    assert len(proposals) >= 5
    key = root / "checkpoint.key"
    run("openssl", "genpkey", "-algorithm", "ed25519", "-out", key)
    key.chmod(0o600)
    for i in proposals:
        end = i + 1
        while end < len(lines) and lines[end].startswith("#  "):
            end += 1
        part = "\n".join(line[1:] for line in lines[i:end]).replace("/etc/tenure/checkpoint.key", str(key)) \
            .replace("/etc/tenure", "/etc") \
            .replace("/var/log/tenure", "/tmp").replace("/var/lib/tenure", "/tmp") \
            .replace("dns.keytab", "passwd").replace("user: tenure", "user: root")
        trial.write_text(part + "\n")
        answer = run(program("tenured"), "--config", trial, "--check-config")
        assert answer.code == 0, (part, answer)


def test_a_configuration_that_is_there_stays(tmp_path):
    config = tmp_path / "etc/tenure/tenured.yaml"
    config.parent.mkdir(parents=True)
    config.write_text("listen: 127.0.0.1@5300\n")
    install(tmp_path)
    install(tmp_path, "uninstall")
    assert config.read_text() == "listen: 127.0.0.1@5300\n"
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [config]


def test_the_unit_gives_little_away(root):
    """tests/package looks at the unit as it runs."""
    need("systemd-analyze")
    answer = run("systemd-analyze", "security", "--offline=yes", "--json=short", "--no-pager",
                 found(root, "tenured.service"))
    if answer.code or not answer.out:
        pytest.skip(f"this systemd cannot say: {answer.err}")
    # What a DNS server that has a control socket cannot do without.
    left = {row["json_field"] for row in json.loads(answer.out) if float(row["exposure"] or 0) > 0}
    assert left <= {"RootDirectoryOrRootImage", "RestrictAddressFamilies_AF_UNIX",
                    "RestrictAddressFamilies_AF_INET_INET6", "PrivateNetwork", "PrivateUsers",
                    "DeviceAllow", "IPAddressDeny", "MemoryKSM",
                    # Who sits behind sudo is read of the processes of others.
                    "ProtectProc", "ProcSubset"}, left
    exposure = run("systemd-analyze", "security", "--offline=yes", "--no-pager", found(root, "tenured.service")).out
    assert float(exposure.split("exposure level for tenured.service: ")[1].split()[0]) <= 1.4, exposure


def test_the_profile_can_be_read(root, tmp_path):
    need("apparmor_parser")
    profile = root / "etc/apparmor.d/tenured"
    answer = run("apparmor_parser", "--skip-kernel-load", "--skip-cache", "--names", profile)
    assert answer.code == 0 and answer.out.split() == ["tenured"], answer
    answer = run("apparmor_parser", "--skip-kernel-load", "--skip-cache", "--ofile", tmp_path / "made", profile)
    assert answer.code == 0 and (tmp_path / "made").stat().st_size > 1000, answer


def test_user_and_folders_are_made(root, tmp_path):
    need("systemd-sysusers")
    if os.geteuid() != 0:
        pytest.skip("needs root")
    (tmp_path / "etc").mkdir()
    answer = run("systemd-sysusers", f"--root={tmp_path}", found(root, "sysusers.d/tenure.conf"))
    assert answer.code == 0, answer
    user = [line.split(":") for line in (tmp_path / "etc/passwd").read_text().splitlines()
            if line.startswith("tenure:")][0]
    assert user[5] == "/var/lib/tenure" and user[6].endswith("nologin")
    need("systemd-tmpfiles")
    answer = run("systemd-tmpfiles", f"--root={tmp_path}", "--create", found(root, "tmpfiles.d/tenure.conf"))
    assert answer.code == 0, answer
    store, backups = tmp_path / "var/lib/tenure", tmp_path / "var/backups/tenure"
    assert store.stat().st_mode & 0o7777 == 0o700 and store.stat().st_uid == int(user[2])
    assert backups.stat().st_mode & 0o7777 == 0o700 and backups.stat().st_uid == 0


def test_logrotate_loses_nothing_of_the_export(root, made, tmp_path):
    need("logrotate")
    file = tmp_path / "audit.json"
    server = made(config=f"export: {{file: {file}}}\n").start()
    rules = (root / "etc/logrotate.d/tenure").read_text()
    for old, new in (("/var/log/tenure/*.json", str(tmp_path / "*.json")), ("\tsu tenure tenure\n", "")):
        assert rules.count(old) == 1
        rules = rules.replace(old, new)
    (tmp_path / "rules").write_text(rules)
    tmp_path.chmod(0o755)

    def events():
        lines = []
        for path in tmp_path.glob("audit.json*"):
            opened = subprocess.run(["zcat", "-f", str(path)], capture_output=True, text=True, check=True)
            lines += [json.loads(line) for line in opened.stdout.splitlines()]
        return {(event.get("zone"), event["event"]) for event in lines}

    for i in range(4):
        server.ctl_ok("zone", "add", f"z{i}.example")
        wait_until(lambda: (f"z{i}.example", "zone-create") in events() or
                   any(zone and zone.startswith(f"z{i}.example") for zone, _ in events()), "the event")
        answer = run("logrotate", "--force", "--state", tmp_path / "state", tmp_path / "rules")
        assert answer.code == 0, answer
    zones = {zone.rstrip(".") for zone, _ in events() if zone}
    assert {f"z{i}.example" for i in range(4)} <= zones
    assert len(list(tmp_path.glob("audit.json*.gz"))) >= 2
