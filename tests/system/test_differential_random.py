# SPDX-License-Identifier: BSD-2-Clause
"""Small random zones in tenured, BIND and Knot, and every question about them.

The names are made of few labels, so that wildcards, empty non-terminals, cuts, aliases and DNAMEs
meet in ways that nobody would write down; some have a zone below them, served too. TENURE_SEED gives other zones.
"""
import itertools
import os
import random
import re

import dns.name
import pytest

from peers import found
from test_differential_query import Report, Trio, compare, question

pytestmark = pytest.mark.skipif(not (found("named") and found("knotd")),
                                reason="named and knotd are not installed")
SEED = int(os.environ.get("TENURE_SEED", "4592"))
ZONES = 20
LABELS = ["a", "b", "*"]
OWNERS = [".".join(labels) for depth in (1, 2, 3) for labels in itertools.product(LABELS, repeat=depth)]
TYPES = ["A", "TXT", "CNAME", "NS", "DS", "DNAME", "SOA", "ANY"]


def is_below(name, above):
    return name.endswith("." + above)


def random_zone(rng, apex):
    """The text of a zone that all three load: CNAMEs alone, nothing below a DNAME."""
    lines = [f"$ORIGIN {apex}.", "$TTL 300", "@ SOA ns h 1 3600 600 86400 60", "@ NS ns.elsewhere.test."]
    owners = rng.sample(OWNERS, rng.randrange(2, 9))
    dnames = [o for o in owners if "*" not in o and rng.random() < 0.15]
    for owner in owners:
        if any(is_below(owner, dname) for dname in dnames):
            continue
        target = rng.choice(OWNERS)
        if owner in dnames:
            # Where a DNAME leads below itself, names grow and each server gives up at its own length.
            target = target.lstrip("*.") or "a"
            lines.append(f"{owner} DNAME {'c' if is_below(target, owner) else target}")
        elif rng.random() < 0.25:
            lines.append(f"{owner} CNAME {target.replace('*', rng.choice('ab*'))}")
        elif rng.random() < 0.25 and not owner.startswith("*"):
            lines += [f"{owner} NS {rng.choice(('ns.' + owner, target, 'ns.elsewhere.test.'))}"]
            if rng.random() < 0.3:
                lines.append(f"{owner} DS 1 8 2 " + "01" * 32)
            if rng.random() < 0.3:
                lines.append(f"ns.{owner} A 10.0.0.9")
        else:
            lines += [f"{owner} A 10.0.0.{rng.randrange(250)}"] * (rng.random() < 0.7)
            lines += [f"{owner} TXT \"{owner}\""] * (rng.random() < 0.5)
    return "\n".join(dict.fromkeys(lines)) + "\n"


def delegated(text):
    """With the delegation of `a`, which is a zone of its own: ours would be derived, with a serial of its own."""
    lines = [line for line in text.splitlines() if not re.match(r"(\S+\.)?a ", line)]
    return "\n".join([*lines, "a NS ns.elsewhere.test.", ""])


@pytest.fixture(scope="module")
def trio():
    rng = random.Random(SEED)
    apexes = [f"z{i}.test" for i in range(ZONES)] + [f"a.z{i}.test" for i in range(0, ZONES, 4)]
    texts = {apex: random_zone(rng, apex) for apex in apexes}
    trio = Trio({apex: delegated(text) if f"a.{apex}" in texts else text for apex, text in texts.items()})
    yield trio
    trio.close()


def test_random_zones(trio):
    report = Report()
    names = ["@", *OWNERS] + [f"{label}.{o}" for o in OWNERS for label in ("x", "ns")] + ["x", "x.x", "ns"]
    for apex in [f"z{i}.test" for i in range(ZONES)]:
        origin = dns.name.from_text(f"{apex}.")
        for text in names:
            name = dns.name.from_text(text, origin)
            for type in TYPES:
                compare(trio, report, question(name, type))
    report.close("random zones")
