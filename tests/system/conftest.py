# SPDX-License-Identifier: BSD-2-Clause
"""Fixtures of the system tests."""
import pytest

from tenure import Tenured


@pytest.fixture
def made():
    """Makes daemons without starting them; ends what was started."""
    servers = []

    def make(*options, **settings):
        servers.append(Tenured(*options, **settings))
        return servers[-1]

    yield make
    problems = []
    for server in servers:
        try:
            server.close()
        except AssertionError as problem:
            problems.append(str(problem))
    assert not problems, "\n".join(problems)


@pytest.fixture
def tenured(made):
    """Starts daemons: tenured(), tenured("--threads", 1, clock="2026-01-05T09:00:00Z")."""
    return lambda *options, **settings: made(*options, **settings).start()
