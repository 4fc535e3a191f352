# SPDX-License-Identifier: BSD-2-Clause
"""What `zone export` writes is read by the zone file readers of BIND, Knot and NSD, record by record,
whatever the type, and by ours as the same data."""
import ast
import pathlib
import re
import subprocess

import pytest

from peers import found

ZONE = "corp.example"
TEXTS = pathlib.Path(__file__).resolve().parents[1] / "unit" / "rdata_texts.h"
STRING = r'"(?:[^"\\]|\\.)*"'
CHECKERS = {
    "named-checkzone": ["-i", "none", *[w for o in "knmMS" for w in (f"-{o}", "ignore")], ZONE],
    "kzonecheck": ["-o", ZONE],
    "nsd-checkzone": [ZONE],
}
# Types that other servers refuse, whatever their data is written like: BIND and NSD obsolete ones;
# Knot and NSD look whether what stands beside SOA, DS and NSEC fits it.
REFUSED = {"SOA", "MD", "MF", "NSAP-PTR", "DS", "NS", "NSEC", "NSEC3", "NSEC3PARAM", "RRSIG", "DNSKEY",
           "CDS", "CDNSKEY", "ZONEMD", "SIG", "NXT"}


def records():
    """Type and text of each row of the table that the unit tests of record data go by."""
    for row in re.finditer(rf'\{{"([A-Z0-9-]+)",\s*((?:{STRING}\s*)+),', TEXTS.read_text()):
        text = "".join(ast.literal_eval(part) for part in re.findall(STRING, row[2]))
        if row[1] not in REFUSED:
            yield row[1], text.replace("\n", " ")


@pytest.fixture(name="export")
def exported(tenured):
    server = tenured()
    server.ctl_ok("zone", "add", ZONE, "--ns", "ns.elsewhere.test.")
    taken = 0
    for i, (kind, text) in enumerate(records()):
        said = server.ctl("record", "add", ZONE, f"n{i}", kind, text)
        taken += said.code == 0
    assert taken > 60
    path = server.folder / "out.zone"
    server.ctl_ok("zone", "export", ZONE, path)
    return server, path


@pytest.mark.parametrize("checker", CHECKERS)
def test_each_line_of_an_export_is_read_by_other_servers(export, checker):
    if not found(checker):
        pytest.skip(f"{checker} is not here")
    _, path = export
    said = subprocess.run([found(checker), *CHECKERS[checker], path], capture_output=True,
                          text=True, timeout=60, check=False)
    assert said.returncode == 0, said.stdout + said.stderr


def test_an_export_in_the_words_of_others_is_the_same_zone(export):
    server, path = export
    assert "0 added, 0 removed, 0 altered" in server.ctl_ok("zone", "import", ZONE, path)
    assert "TYPE262\t\\# " in path.read_text()
    assert not re.search(r"\t(WALLET|RESINFO|DOA|AMTRELAY)\t", path.read_text())
