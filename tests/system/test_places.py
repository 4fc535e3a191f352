# SPDX-License-Identifier: BSD-2-Clause
"""Where a server and tenurectl look when nobody says where: as on a machine with a package's files."""
import os
import textwrap

import pytest

from tenure import free_port, program, run

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")

# /etc, /run and /var/lib of this machine, in a copy that ends with the script.
MACHINE = r"""
set -eu
mount -t tmpfs tmpfs /mnt
mkdir /mnt/etc /mnt/run /mnt/lib
cp -a /etc/passwd /etc/group /etc/nsswitch.conf /mnt/etc
for place in etc run; do mount --bind /mnt/$place /$place; done
mount --bind /mnt/lib /var/lib
mkdir -p /etc/tenure /run/tenure
wait_for() { for i in $(seq 200); do "$@" >/dev/null 2>&1 && return; sleep 0.05; done; "$@"; }
finish() { for job in $(jobs -p); do kill $job; done; wait; umount -l /etc /run /var/lib /mnt; }
trap finish EXIT
cd /mnt
"""


def on_a_machine(script, **values):
    values = {"tenured": program("tenured"), "ctl": program("tenurectl"),
              "port": free_port("127.0.0.1"), **values}
    script = textwrap.dedent(script)
    for name, value in values.items():
        script = script.replace("{" + name + "}", str(value))
    env = {name: value for name, value in os.environ.items() if name != "TENURE_SOCKET"}
    return run("unshare", "--mount", "--propagation", "private", "bash", "-c", MACHINE + script, env=env)


def test_a_rehearsal_takes_nothing_of_the_machines_settings():
    answer = on_a_machine("""
        echo "export: {file: /mnt/siem}" > /etc/tenure/tenured.yaml
        {tenured} --data /mnt/trial --listen 127.0.0.1@{port} 2>log &
        wait_for {ctl} --data /mnt/trial status
        {ctl} --data /mnt/trial zone add corp.example update=secure
        {ctl} --data /mnt/trial audit targets --json
        test ! -e /mnt/siem && echo nothing was exported
        """)
    assert answer.code == 0 and answer.out.splitlines()[1:] == ["nothing was exported"], answer


def test_what_the_machines_file_says_wrongly_is_no_matter_of_a_rehearsal():
    answer = on_a_machine("""
        echo "lisen: x" > /etc/tenure/tenured.yaml
        {tenured} --data /mnt/trial --listen 127.0.0.1@{port} --check-config
        {tenured} --listen 127.0.0.1@{port} --check-config || echo refused $?
        """)
    assert answer.out.splitlines() == ["the configuration is right", "refused 2"], answer
    assert 'did you mean "listen"?' in answer.err


@pytest.mark.parametrize("settings, place", [
    ("socket: /run/tenure/control.sock", "/run/tenure/control.sock"), ("{}", "/var/lib/tenure/control.sock")])
def test_tenurectl_finds_the_machines_server(settings, place):
    answer = on_a_machine("""
        echo "{settings}" > /etc/tenure/tenured.yaml
        {tenured} --listen 127.0.0.1@{port} 2>log &
        wait_for {ctl} status
        test -S {place} && {ctl} status --json
        """, settings=settings, place=place)
    assert answer.code == 0 and answer.rows()[0]["version"], answer


def test_both_places_are_named_where_no_server_is():
    answer = on_a_machine("{ctl} status")
    assert answer.code == 5 and answer.err == (
        "tenurectl: status: no server listens at /run/tenure/control.sock or "
        "/var/lib/tenure/control.sock: is tenured running?\n"), answer


def test_a_member_of_the_group_commands_a_server_that_never_was_root():
    """As the unit starts it: another user, port 53's capability aside."""
    answer = on_a_machine("""
        echo "tenure:x:54321:54321::/:/bin/sh" >> /etc/passwd
        echo "helpdesk:x:54322:54322::/:/bin/sh" >> /etc/passwd
        echo "stranger:x:54323:54323::/:/bin/sh" >> /etc/passwd
        printf 'tenure:x:54321:\\nadmins:x:54324:helpdesk\\n' >> /etc/group
        cp {ctl} {tenured} /mnt; chmod 755 /mnt
        mkdir -m 750 /run/tenure/s /var/lib/tenure; chown 54321:54321 /run/tenure/s /var/lib/tenure
        printf 'socket: /run/tenure/s/c\\ngroup: admins\\nlisten: [127.0.0.1@{port}]\\n' > /etc/tenure/tenured.yaml
        setpriv --reuid=54321 --regid=54321 --groups=54324 /mnt/tenured 2>log &
        wait_for /mnt/tenurectl --socket /run/tenure/s/c status
        setpriv --reuid=54322 --regid=54322 --groups=54324 /mnt/tenurectl --socket /run/tenure/s/c zone list --json
        setpriv --reuid=54323 --regid=54323 --clear-groups /mnt/tenurectl --socket /run/tenure/s/c status || echo stranger $?
        stat -c %g /var/lib/tenure/data.mdb
        """)
    assert answer.out.splitlines() == ["stranger 3", "54321"], answer
