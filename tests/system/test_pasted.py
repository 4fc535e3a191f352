# SPDX-License-Identifier: BSD-2-Clause
"""Commands that an answer suggests are pasted into a shell as they are, whatever the names are."""
import os
import re
import shlex
import shutil

import pytest

from tenure import program, run

ZONES = ["$HOME.example", "a\\032b.example", "it's.example", "x\\;id.example", "--yes.example",
         "`id`.example", "\\\"q\\\".example", "*.example", "-r.example"]


def paste(server, command):
    """sh runs it as it stands, with the server's socket for `tenurectl`."""
    text = f'tenurectl() {{ {shlex.quote(program("tenurectl"))} "$@"; }}\n{command}\n'
    return run("sh", "-u", "-c", text, env={**os.environ, "TENURE_SOCKET": str(server.socket)})


def suggested(text, start="'tenurectl ", end=("' ", "'\n")):
    """The command between its quotes; the text behind it is known."""
    at = text.index(start) + 1
    return text[at:min(text.index(e, at) for e in end if e in text[at:])]


@pytest.mark.parametrize("zone", ZONES)
def test_a_zone_with_an_odd_name(tenured, zone):
    server = tenured()
    server.ctl_ok("zone", "add", "--", zone)
    made = server.rows("audit", "--event", "zone-create")[-1]["seq"]
    shown = server.rows("zone", "list")[0]["zone"]
    server.ctl_ok("zone", "set", "--", zone, "update=secure")
    server.ctl_ok("zone", "freeze", "--", zone)
    # What is refused meanwhile is explained, with the command that ends it.
    row = server.rows("why", "--as", "key:k", "--", f"pc1.{zone}", "A")[0]
    remedy = row["remedy"]
    assert remedy.startswith("tenurectl zone thaw "), remedy
    done = paste(server, remedy)
    assert done.code == 0, (remedy, done.err)
    assert server.rows("zone", "show", "--", zone)[0]["frozen"] is False
    # What made it is undone by deleting it, what deleted it by bringing it back.
    said = server.ctl("audit", "revert", made).err
    command = suggested(said, end=("' takes",))
    done = paste(server, command)
    assert done.code == 3 and "--yes" in done.err, (command, done.err)
    done = paste(server, command + " --yes")
    assert done.code == 0, (command, done.err)
    gone = server.rows("audit", "--event", "zone-delete")[-1]["seq"]
    command = suggested(server.ctl("audit", "revert", gone).err, end=("' brings",))
    done = paste(server, command)
    assert done.code == 0, (command, done.err)
    assert server.rows("zone", "list")[0]["zone"] == shown
    command = suggested(server.ctl("zone", "notify", "--", zone).err, "'zone set ",
                        ("' or",)).replace("notify=ns", "notify=127.0.0.9")
    done = paste(server, "tenurectl " + command)
    assert done.code == 0, (command, done.err)
    assert re.match(r"127\.0\.0\.9", server.rows("zone", "show", "--", zone)[0]["notify"][0])


def test_a_wildcard_is_transferred_and_nothing_else(tenured):
    server = tenured()
    server.zone("corp.example", update="secure")
    server.ctl_ok("record", "add", "corp.example", "\\042.lab", "A", "10.0.0.3", "--owner", "key:a",
                  "--class", "dynamic")
    server.ctl_ok("record", "add", "corp.example", "pc.lab", "A", "10.0.0.4", "--owner", "key:a",
                  "--class", "dynamic")
    server.ctl_ok("key", "generate", "b")
    remedy = server.rows("why", "*.lab.corp.example", "A", "--as", "key:b")[0]["remedy"]
    command = remedy[remedy.index("tenurectl "):].split("; ")[0]
    assert "--match '\\042.lab.corp.example'" in command
    done = paste(server, command)
    assert done.code == 0, done.err
    owners = {row["name"]: row["owner"] for row in server.rows("record", "list", "corp.example")
              if row["type"] == "A"}
    assert owners["*.lab.corp.example"] == "key:b"
    assert owners["pc.lab.corp.example"] == "key:a"


def test_the_repair_of_a_store_in_an_odd_folder(tenured, tmp_path):
    server = tenured()
    server.zone("corp.example", update="nonsecure", aging="on")
    server.ctl_ok("record", "add", "corp.example", "uniquehost", "A", "10.0.0.1", "--class", "dynamic")
    server.stop()
    folder = tmp_path / "it's $HOME; `id` *"
    shutil.copytree(server.data, folder)
    file = folder / "data.mdb"
    content = bytearray(file.read_bytes())
    # The checksum behind the name's key in the index of what becomes stale.
    keys = list(re.finditer(b"\0\0\0\1\0\0.{5}uniquehost", content, re.S))
    assert keys
    for key in keys:
        content[key.end() + 2] ^= 0x55
    file.write_bytes(content)
    found = run(program("tenurectl"), "check", "--data", folder)
    assert found.code == 1 and "only indexes are wrong" in found.err, found
    command = found.err[found.err.index("`tenurectl ") + 1:found.err.rindex("` makes")]
    done = paste(server, command)
    assert done.code == 0 and "all good" in done.out, (command, done.err)
