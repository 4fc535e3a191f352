# SPDX-License-Identifier: BSD-2-Clause
"""tenure-exporter: metrics over HTTP, asked by hand, by hostile clients, and by Prometheus."""
import contextlib
import http.client
import json
import re
import shutil
import signal
import socket
import subprocess
import time

import pytest

from tenure import SOURCE, free_port, program, run, wait_until

RULES = SOURCE / "contrib/prometheus/tenure.rules.yml"


@pytest.fixture
def exporter():
    """exporter(socket) starts one; the port it listens at."""
    running = []

    def start(path, *words):
        port = free_port()
        running.append(subprocess.Popen(
            [program("tenure-exporter"), "--listen", f"127.0.0.1@{port}", "--socket", str(path), *words],
            stderr=subprocess.PIPE, text=True))
        wait_until(lambda: can_connect(port), "the exporter listens")
        return port
    yield start
    for process in running:
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=20)[1]
        assert process.returncode == 0, said
        assert "Sanitizer" not in said, said


def can_connect(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5):
        return True
    return False


def get(port, path="/metrics", headers=None, method="GET"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, path, headers=headers or {})
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer, body


def series(text):
    """The numbers by name with labels."""
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1])
            for line in text.splitlines() if line and not line.startswith("#")}


def raw(port, text, timeout=20):
    """What a server says to these bytes until it closes."""
    with socket.create_connection(("127.0.0.1", port), timeout) as connection:
        connection.sendall(text.encode("latin-1"))
        said = b""
        while more := connection.recv(65536):
            said += more
            if b"\r\n\r\n" in said:
                break
    return said.decode("latin-1")


def test_metrics_count_what_happened_by_type_zone_principal_and_reason(tenured, exporter):
    server = tenured()
    server.zone("corp.example", "www A 10.0.0.1", update="secure")
    key = server.key("dhcp")
    server.query("www.corp.example", "A")
    server.query("nobody.corp.example", "AAAA")
    for name, by in ("pc1", key), ("pc2", None):
        update = server.update("corp.example", by)
        update.add(name, 300, "A", "10.0.0.2")
        server.ask(update)
    found = series(get(exporter(server.socket))[1])
    assert found["tenure_up"] == 1
    assert found['tenure_queries_by_type_total{type="A"}'] >= 1
    assert found['tenure_zone_queries_total{zone="corp.example",rcode="NXDOMAIN"}'] == 1
    assert found['tenure_zone_updates_total{zone="corp.example",outcome="changed"}'] == 1
    assert found['tenure_zone_updates_total{zone="corp.example",outcome="denied"}'] == 1
    assert found['tenure_principal_updates_total{principal="key:dhcp",outcome="changed"}'] == 1
    assert found['tenure_refusals_total{event="update-denied",reason="unsigned"}'] == 1
    assert found["tenure_update_seconds_count"] == 1
    assert found["tenure_query_seconds_count"] >= 2
    assert found["tenure_commit_seconds_count"] >= 1
    assert found['tenure_zone_dynamic_records{zone="corp.example"}'] == 1


def test_a_server_that_is_gone_is_said_and_one_that_comes_back_too(tenured, exporter, tmp_path):
    port = exporter(tmp_path / "nothing.sock")
    answer, body = get(port)
    assert answer.status == 200
    assert series(body)["tenure_up"] == 0
    assert set(series(body)) == {"tenure_up", "tenure_clock_synchronised"}


@pytest.mark.parametrize("text, status", [
    ("GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n", 400),
    ("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1.evil.example\r\n\r\n", 400),
    ("GET /metrics HTTP/1.1\r\n\r\n", 400),
    ("GET /metrics HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400),
    ("GET /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n", 400),
    ("GET /metrics HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx", (405, 413, 501)),
    ("DELETE /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", (405, 501)),
    ("GET /../metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
    ("GET /metrics/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
    ("GET /metrics?x=1 HTTP/1.1\r\nHost: [::1]:9953\r\n\r\n", 200),
    ("HEAD /metrics HTTP/1.1\r\nHost: LOCALHOST:1\r\n\r\n", 200),
    ("GET /metrics HTTP/1.1\r\nHost: localhost\r\nX: " + "x" * 20000 + "\r\n\r\n", (400, 413)),
    ("nonsense\r\n\r\n", 400),
])
def test_requests_that_are_not_right_get_a_code_and_no_metrics(exporter, tmp_path, text, status):
    said = raw(exporter(tmp_path / "nothing.sock"), text)
    assert int(said.split()[1]) in (status if isinstance(status, tuple) else (status,)), said
    assert status == 200 or "tenure_up" not in said


def test_a_name_for_the_host_can_be_given(exporter, tmp_path):
    port = exporter(tmp_path / "nothing.sock", "--host", "dns1.corp.example")
    assert get(port, headers={"Host": f"DNS1.corp.example:{port}"})[0].status == 200


def half_requests(port, count, address="127.0.0.1"):
    """Connections from an address that begin a request and say no more."""
    held = []
    for _ in range(count):
        connection = socket.create_connection(("127.0.0.1", port), 5, (address, 0))
        connection.sendall(b"GET /metrics HTTP/1.1\r\nX: ")
        held.append(connection)
    return held


def count_closed(held):
    count = 0
    for connection in held:
        connection.setblocking(False)
        try:
            count += connection.recv(1) == b""
        except BlockingIOError:
            pass
        except OSError:
            count += 1
    return count


def test_one_address_gets_some_connections_and_its_next_displaces_the_oldest(exporter, tmp_path):
    port = exporter(tmp_path / "nothing.sock")
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(c) for c in half_requests(port, 40)]
        wait_until(lambda: count_closed(held) >= 24, "those above the limit are closed")
        assert count_closed(held[24:]) == 0, "the oldest are"
        assert get(port)[0].status == 200, "the next of the same address is served"


def test_half_requests_of_many_addresses_keep_nobody_out(exporter, tmp_path):
    port = exporter(tmp_path / "nothing.sock")
    with contextlib.ExitStack() as stack:
        scraper = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        stack.callback(scraper.close)

        def scrape():
            scraper.request("GET", "/metrics")
            answer = scraper.getresponse()
            answer.read()
            return answer.status, scraper.sock
        status, kept = scrape()
        assert status == 200
        held = [stack.enter_context(c) for last in range(2, 8)
                for c in half_requests(port, 16, f"127.0.0.{last}")]
        wait_until(lambda: count_closed(held) >= 96 - 64, "those above the limit are closed")
        assert scrape() == (200, kept), "who has one connection keeps it"
        assert get(port)[0].status == 200, "and a new one is served"
        more = [stack.enter_context(c) for c in half_requests(port, 16, "127.0.0.9")]
        assert get(port)[0].status == 200
        assert scrape() == (200, kept)
        wait_until(lambda: count_closed(held + more) >= 96 + 16 - 63, "all are bounded")


def get_or_none(port):
    with contextlib.suppress(OSError, http.client.HTTPException):
        return get(port)
    return None


def test_a_request_sent_byte_by_byte_has_an_end(exporter, tmp_path):
    port = exporter(tmp_path / "nothing.sock", "--timeout", "1")
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), 5) as slow, \
            contextlib.suppress(ConnectionError):
        slow.settimeout(0.5)
        slow.sendall(b"GET /metrics HTTP/1.1\r\nX: ")
        while time.monotonic() - began < 60:
            slow.sendall(b"x")
            with contextlib.suppress(TimeoutError):
                if slow.recv(1) == b"":
                    break
    assert time.monotonic() - began < 20
    assert get(port)[0].status == 200


@pytest.fixture
def prometheus(tmp_path):
    """prometheus(port) starts Debian's, which scrapes the exporter at the port each second by our
    rules, all of which fire at once. Returns what asks its API."""
    running = []

    def start(target):
        if not shutil.which("prometheus"):
            pytest.skip("needs prometheus")
        port = free_port()
        rules = re.sub(r"for: \w+", "for: 0s", RULES.read_text())
        (tmp_path / "rules.yml").write_text(rules)
        (tmp_path / "prometheus.yml").write_text(
            "global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}\n"
            "rule_files: [rules.yml]\n"
            f"scrape_configs: [{{job_name: tenure, static_configs: [{{targets: ['127.0.0.1:{target}']}}]}}]\n")
        running.append(subprocess.Popen(
            ["prometheus", f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/tsdb",
             f"--web.listen-address=127.0.0.1:{port}"], stderr=subprocess.DEVNULL))

        def ask(path):
            with contextlib.suppress(OSError, http.client.HTTPException):
                answer, body = get(port, "/api/v1/" + path)
                return json.loads(body)["data"] if answer.status == 200 else None
            return None
        return ask
    yield start
    for process in running:
        process.terminate()
        process.wait(timeout=20)


def test_prometheus_scrapes_under_load_and_its_alerts_fire_in_an_outage(tenured, exporter, prometheus):
    server = tenured()
    server.zone("corp.example", "www A 10.0.0.1")
    ask = prometheus(exporter(server.socket))

    def queried():
        for _ in range(200):
            server.query("www.corp.example", "A")
        found = ask("query?query=tenure_queries_by_type_total")
        return [row for row in (found or {}).get("result", []) if float(row["value"][1]) >= 400]

    def firing():
        found = ask("alerts")
        return {alert["labels"]["alertname"] for alert in (found or {}).get("alerts", [])
                if alert["state"] == "firing"}
    counted = wait_until(queried, "prometheus has counted queries", 60)
    assert counted[0]["metric"]["type"] == "A" and "TenureDown" not in firing()
    server.stop()
    wait_until(lambda: "TenureDown" in firing(), "the alert fires", 60)
    server.start()
    wait_until(lambda: "TenureDown" not in firing(), "the alert ends", 60)


def test_each_rule_fires_when_it_must_and_not_before(tmp_path):
    if not shutil.which("promtool"):
        pytest.skip("needs promtool")
    for path in RULES, SOURCE / "tests/system/prometheus.test.yml":
        shutil.copy(path, tmp_path)
    played = run("promtool", "test", "rules", tmp_path / "prometheus.test.yml")
    assert played.code == 0 and "SUCCESS" in played.out + played.err, played
    names = set(re.findall(r"alert: (\w+)", RULES.read_text()))
    assert names == set(re.findall(r"alertname: (\w+)", (tmp_path / "prometheus.test.yml").read_text()))


def test_the_rules_and_the_metrics_are_what_prometheus_reads(tenured, exporter):
    promtool = shutil.which("promtool")
    if not promtool:
        pytest.skip("needs promtool")
    server = tenured()
    server.zone("corp.example", "www A 10.0.0.1")
    server.query("www.corp.example", "A")
    body = get(exporter(server.socket))[1]
    checked = run(promtool, "check", "metrics", input=body)
    assert checked.code == 0, checked
    checked = run(promtool, "check", "rules", RULES)
    assert checked.code == 0, checked
    named = set(re.findall(r"\btenure_\w+", RULES.read_text()))
    given = {re.sub(r"_(bucket|sum|count)$", "", name.split("{")[0]) for name in series(body)}
    known = set(re.findall(r"^# TYPE (\S+)", body, re.M))
    unseen = {"tenure_refusals_total", "tenure_secondary_behind_seconds", "tenure_health",
                                "tenure_client_ahead_seconds", "tenure_zone_stale_names"}  # only where there are some
    assert {re.sub(r"_(bucket|sum|count)$", "", name) for name in named} <= given | known | unseen


def test_a_client_that_never_reads_is_cut_off_and_holds_no_other_up(tenured, exporter):
    port = exporter(tenured().socket, "--timeout", "1")
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        deaf.connect(("127.0.0.1", port))
        for _ in range(200):
            with contextlib.suppress(OSError):
                deaf.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert get(port)[0].status == 200
        wait_until(lambda: is_cut(deaf), "it is cut off")
    assert get(port)[0].status == 200


def is_cut(connection):
    try:
        connection.sendall(b"x")
    except OSError:
        return True
    return False


@pytest.mark.parametrize("words", [("--timeout", "0"), ("--timeout", "x"), ("--listen", "nowhere"), ("-x",), ("more",)])
def test_options_that_are_wrong_end_it(words):
    answer = run(program("tenure-exporter"), *words)
    assert answer.code == 2 and answer.err.startswith(("tenure-exporter: ", "usage:", program("tenure-exporter"))), answer
