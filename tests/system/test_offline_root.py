# SPDX-License-Identifier: BSD-2-Clause
"""check and restore by root in the data folder of somebody else: as that user, and no link there
leads to what is not his."""
import os
import pathlib
import pwd
import stat
import tempfile

import pytest

from tenure import program, run

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")

NOBODY = pwd.getpwnam("nobody")


def offline(verb, *words):
    options = "exitcode=66"
    return run(program("tenurectl"), verb, *words, patience=60,
               env={**os.environ, "ASAN_OPTIONS": options, "UBSAN_OPTIONS": options})


@pytest.fixture(params=["", "--portable"], ids=["copy", "portable"])
def backup(tenured, request):
    """A backup that root alone may read."""
    server = tenured()
    server.zone("corp.example", "www A 10.0.0.2")
    file = server.folder / "backup"
    server.ctl_ok("backup", file, *request.param.split())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    return file


@pytest.fixture
def around():
    """A folder that everybody may search, with what only root may touch in it."""
    with tempfile.TemporaryDirectory(prefix="tenure-") as path:
        os.chmod(path, 0o755)
        folder = pathlib.Path(path)
        (folder / "precious").write_text("precious\n")
        (folder / "roots").mkdir(mode=0o700)
        yield folder


def own(path, user=NOBODY):
    os.lchown(path, user.pw_uid, user.pw_gid)


@pytest.fixture
def data(around):
    folder = around / "data"
    folder.mkdir(mode=0o700)
    own(folder)
    return folder


def is_untouched(around):
    file = around / "precious"
    state = file.lstat()
    return (file.read_text() == "precious\n" and state.st_uid == 0 and stat.S_ISREG(state.st_mode)
            and os.listdir(around / "roots") == [] and (around / "roots").stat().st_uid == 0)


def owners(data):
    return {path.lstat().st_uid for path in [data, *data.rglob("*")]}


def test_what_root_restores_belongs_to_the_folders_owner(backup, around, data):
    answer = offline("restore", backup, "--data", data)
    assert answer.code == 0, answer.err
    assert "belong to user nobody" in answer.out
    assert owners(data) == {NOBODY.pw_uid}
    assert (data / "data.mdb").stat().st_mode & 0o077 == 0
    assert "all good" in offline("check", "--data", data).out
    assert owners(data) == {NOBODY.pw_uid}


@pytest.mark.parametrize("name", ["lock", "data.mdb", "lock.mdb", "data.mdb.new", "being-made",
                                  "being-made/data.mdb", "being-made/lock"])
@pytest.mark.parametrize("target", ["precious", "roots", "absent"])
def test_a_link_in_the_folder_leads_nowhere(backup, around, data, name, target):
    link = data / name
    if link.parent != data:
        link.parent.mkdir()
        own(link.parent)
    link.symlink_to(around / target)
    own(link)
    for words in (("restore", backup, "--data", data), ("check", "--data", data),
                  ("check", "--data", data, "--repair-indexes")):
        answer = offline(*words)
        assert answer.code in (0, 1), answer.err
        assert is_untouched(around), words
        assert not (around / "absent").exists(), words
    assert owners(data) == {NOBODY.pw_uid}


@pytest.mark.parametrize("name", ["lock", "data.mdb"])
def test_a_hard_link_in_the_folder_is_not_written(backup, around, data, name):
    os.link(around / "precious", data / name)
    answer = offline("restore", backup, "--data", data)
    assert answer.code == 1, answer.out
    assert is_untouched(around)


def test_a_link_as_the_lock_is_a_sentence(backup, around, data):
    (data / "lock").symlink_to(around / "precious")
    answer = offline("restore", backup, "--data", data)
    assert answer.code == 1 and "lock: is a link, or no plain file: remove it" in answer.err


def test_a_link_as_the_folder_is_not_followed(backup, around):
    link = around / "data"
    link.symlink_to(around / "roots")
    own(link)
    for target in (link, link / "below"):
        answer = offline("restore", backup, "--data", target)
        assert answer.code == 1 and "a symbolic link of another user" in answer.err
        assert is_untouched(around)


def test_a_link_of_root_as_the_folder_is_followed(backup, around, data):
    link = around / "link"
    link.symlink_to(data)
    assert offline("restore", backup, "--data", link).code == 0
    assert owners(data) == {NOBODY.pw_uid}


def test_a_new_folder_belongs_to_the_user_that_was_named(backup, around):
    for name in ("new", "empty"):
        folder = around / name
        if name == "empty":
            folder.mkdir(mode=0o700)
        answer = offline("restore", backup, "--data", folder, "--user", "nobody")
        assert answer.code == 0, answer.err
        assert owners(folder) == {NOBODY.pw_uid}
        assert folder.stat().st_mode & 0o077 == 0


def test_a_new_folder_in_that_of_another_user_is_his(backup, around, data):
    assert offline("restore", backup, "--data", data / "new").code == 0
    assert owners(data) == {NOBODY.pw_uid}


def test_the_users_that_cannot_be(backup, around, data):
    answer = offline("restore", backup, "--data", data, "--user", "nosuchuser")
    assert answer.code == 1 and "there is no user nosuchuser" in answer.err
    answer = offline("restore", backup, "--data", data, "--user", "daemon")
    assert answer.code == 1 and f"{data} belongs to user nobody" in answer.err
    assert os.listdir(data) == []


def test_a_folder_of_root_that_others_may_write_to_is_refused(backup, around):
    shared = around / "shared"
    shared.mkdir()
    os.chown(shared, 0, NOBODY.pw_gid)
    os.chmod(shared, 0o770)
    answer = offline("restore", backup, "--data", shared)
    assert answer.code == 1 and "others may write to it" in answer.err
    assert os.listdir(shared) == []


def test_a_log_that_the_owner_may_not_read_is_a_sentence(backup, around, data):
    answer = offline("restore", backup, "--data", data, "--log-of", backup.parent / "data")
    assert answer.code == 1
    assert "user nobody" in answer.err and "may not read it" in answer.err
