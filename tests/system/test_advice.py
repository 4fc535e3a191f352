# SPDX-License-Identifier: BSD-2-Clause
"""What `zone check` and `zone set` say of aging before it hurts."""
import pytest

ZONE = "corp.example"
FILE = "@ 3600 IN SOA ns1 hostmaster 7 900 300 86400 300\n@ 3600 NS ns1\nns1 3600 A 10.0.0.53\n"
PC = "pc{0} 1200 A 10.0.1.{0} ; tenure owner={1} stamp={2} class=dynamic\n"


def made(tenured, *settings, text=""):
    server = tenured(clock="2026-01-16T00:00:00Z")
    path = server.folder / "advice.zone"
    path.write_text(FILE + text)
    server.ctl_ok("zone", "add", ZONE, "--file", path, "update=nonsecure", *settings)
    server.ctl_ok("scavenge", "set", "period=1d")
    return server


def words(server):
    return [r["code"] for r in server.rows("zone", "check", ZONE) if r["level"] == "advice"]


FRESH = PC.format(1, "gss:PC1$@CORP.EXAMPLE", "2026-01-15T00:00:00Z")


@pytest.mark.parametrize("settings, advice", [
    (["aging=on"], []),
    (["aging=off", "no-refresh=1h", "refresh=1h"], []),
    (["aging=on", "no-refresh=12h", "refresh=12h"],
     ["windows-below-a-day", "refresh-below-half-a-lease"]),
    (["aging=on", "no-refresh=7d", "refresh=24h"],
     ["refresh-within-a-day", "refresh-below-half-a-lease"]),
    (["aging=on", "no-refresh=7d", "refresh=86401s"], ["refresh-below-half-a-lease"]),
    (["aging=on", "no-refresh=0s", "refresh=4d"], []),
])
def test_windows_are_held_against_what_clients_need(tenured, settings, advice):
    assert words(made(tenured, *settings, text=FRESH)) == advice


def test_aging_without_a_schedule_without_dynamic_records_and_without_updates(tenured):
    server = made(tenured, "aging=on")
    assert words(server) == ["nothing-dynamic"]
    server.ctl_ok("scavenge", "set", "period=off")
    assert words(server) == ["no-schedule", "nothing-dynamic"]
    server.ctl_ok("scavenge", "set", "period=30d")
    server.ctl_ok("zone", "set", ZONE, "update=none")
    assert words(server) == ["updates-off", "period-above-windows", "nothing-dynamic"]


def test_records_of_keys_bring_the_advice_about_renewals(tenured):
    text = PC.format(1, "key:kea", "2026-01-15T00:00:00Z")
    server = made(tenured, "aging=on", text=text)
    assert words(server) == ["update-on-renew"]
    assert "ddns-update-on-renew" in server.ctl_ok("zone", "check", ZONE)


def test_a_run_that_the_brake_would_hold_is_foreseen(tenured):
    text = "".join(PC.format(i, "gss:A$@CORP.EXAMPLE", "2025-12-01T00:00:00Z")
                   for i in range(1, 21)) + FRESH.replace("pc1 ", "new ")
    assert words(made(tenured, "aging=on", text=text)) == ["brake"]
    assert words(made(tenured, "aging=on", "max-share=none", text=text)) == []


def test_advice_changes_no_exit_status_and_is_in_the_table(tenured):
    server = made(tenured, "aging=on", "refresh=1h", text=FRESH)
    answer = server.ctl("zone", "check", ZONE)
    assert answer.code == 0 and "advice" in answer.out
    assert "0 warnings, and advice about aging" in answer.out


def test_setting_windows_too_short_warns_and_sets_them(tenured):
    server = made(tenured, "aging=on")
    answer = server.ctl("zone", "set", ZONE, "no-refresh=1h", "refresh=1h")
    assert answer.code == 0 and "register each 24h" in answer.err
    assert server.rows("zone", "show", ZONE)[0]["refresh"] == 3600
    assert "register each" not in server.ctl("zone", "set", ZONE, "max-names=7").err
    assert server.ctl("zone", "set", ZONE, "aging=off", "refresh=2h").err == ""
