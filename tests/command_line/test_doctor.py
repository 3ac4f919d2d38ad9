"""`speedpix doctor`: each fault of a set-up is found, named, and given a remedy."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time

import pytest
import trustme
from speedpix_emulator import Emulator, SteppedClock

NAMES = ["versions", "configuration", "proxy", "endpoint", "clock", "signature", "history"]


@pytest.fixture
def examine(speedpix):
    """A function that runs the doctor, and returns exit code and checks by name."""

    def examine(*arguments, **changes):
        done = speedpix("doctor", "--json", *arguments, **changes)
        assert set(done.json) == {"ok", "checks", "error"}
        assert done.json["ok"] is (done.code == 0)
        assert [check["name"] for check in done.json["checks"]] == NAMES
        for check in done.json["checks"]:
            assert set(check) == {"name", "status", "detail", "remedy"}
            assert bool(check["remedy"]) is (check["status"] == "failed")
        return done.code, {check.pop("name"): check for check in done.json["checks"]}

    return examine


def statuses(checks):
    return [checks[name]["status"] for name in NAMES]


def test_all_is_well(speedpix, emulator, home):
    done = speedpix("doctor")
    assert (done.code, done.err) == (0, "")
    assert [line.split()[:2] for line in done.lines] == [["ok", name] for name in NAMES]
    assert emulator.url in done.out
    assert str(home / ".local" / "state" / "speedpix" / "history.sqlite3") in done.out
    assert emulator.app_secret not in done.out


def test_it_starts_no_run(examine, emulator):
    submits, signs = emulator.count("submit"), emulator.count("sign")
    assert examine()[0] == 0
    assert (emulator.count("submit"), emulator.count("sign")) == (submits, signs)


def test_a_scheme_that_is_wrong(examine):
    code, checks = examine(SPEEDPIX_ENDPOINT="htp://service.test")
    assert code == 1
    assert "the scheme htp:// is wrong" in checks["configuration"]["detail"]
    assert "environment variable" in checks["configuration"]["remedy"]
    assert "SPEEDPIX_APP_KEY" not in checks["configuration"]["remedy"]


def test_missing_credentials(examine):
    code, checks = examine(SPEEDPIX_APP_SECRET=None)
    assert code == 1
    assert statuses(checks) == ["ok", "failed", "ok", "ok", "ok", "skipped", "skipped"]
    assert "SPEEDPIX_APP_SECRET" in checks["configuration"]["detail"]
    assert "export SPEEDPIX_APP_KEY" in checks["configuration"]["remedy"]
    assert "`speedpix emulator`" in checks["configuration"]["detail"]


def test_an_endpoint_that_makes_no_sense(examine):
    code, checks = examine(SPEEDPIX_ENDPOINT="ftp://nowhere")
    assert code == 1
    assert statuses(checks) == ["ok", "failed", *["skipped"] * 5]


def test_a_wrong_secret(examine):
    code, checks = examine(SPEEDPIX_APP_SECRET="mistyped")
    assert code == 1
    assert statuses(checks) == ["ok"] * 5 + ["failed", "ok"]
    assert "copy key and secret again" in checks["signature"]["remedy"]
    assert "mistyped" not in str(checks)


def test_an_app_that_may_not(examine, emulator):
    emulator.faults.add("progress", "quota_exhausted", after=1)
    code, checks = examine()
    assert (code, checks["signature"]["status"]) == (1, "failed")
    assert "quota" in checks["signature"]["remedy"]


@pytest.mark.parametrize(("offset", "told"), [(7200, "behind"), (-7200, "ahead of")])
def test_a_wrong_clock(examine, offset, told):
    with Emulator(clock=SteppedClock(time.time() + offset)) as elsewhere:
        code, checks = examine("--no-history", SPEEDPIX_ENDPOINT=elsewhere.url)
    assert code == 1
    assert statuses(checks) == ["ok"] * 4 + ["failed", "ok", "ok"]
    seconds = float(checks["clock"]["detail"].split()[0])
    assert seconds == pytest.approx(7200, abs=60)
    assert f" s {told} the server" in checks["clock"]["detail"]
    assert "NTP" in checks["clock"]["remedy"]
    assert checks["history"]["detail"] == "none: runs are not remembered"


def test_nobody_listens(examine):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        code, checks = examine(SPEEDPIX_ENDPOINT=f"http://127.0.0.1:{unused.getsockname()[1]}")
    assert code == 1
    assert statuses(checks) == ["ok", "ok", "ok", "failed", "skipped", "skipped", "ok"]
    assert "refused" in checks["endpoint"]["detail"]
    assert "HTTPS_PROXY" in checks["endpoint"]["remedy"]


def test_a_name_that_is_not_known(examine):
    code, checks = examine(SPEEDPIX_ENDPOINT="https://speedpix.invalid")
    assert code == 1
    assert checks["endpoint"]["detail"].startswith("the name speedpix.invalid is not known here")


def test_a_certificate_that_is_not_trusted(examine):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        server = threading.Thread(target=_shake_hands, args=(listener, context))
        server.start()
        code, checks = examine(SPEEDPIX_ENDPOINT=url)
        server.join()
    assert code == 1
    assert "CERTIFICATE_VERIFY_FAILED" in checks["endpoint"]["detail"]
    assert "SSL_CERT_FILE" in checks["endpoint"]["remedy"]


def _shake_hands(listener, context):
    connection, _ = listener.accept()
    with connection, contextlib.suppress(ssl.SSLError, ConnectionError):
        context.wrap_socket(connection, server_side=True).close()


def test_a_network_login_answers_instead(examine, emulator):
    emulator.faults.add("progress", "html")
    code, checks = examine()
    assert (code, checks["endpoint"]["status"]) == (1, "failed")
    assert "network login" in checks["endpoint"]["remedy"]


def test_a_proxy_is_named_without_its_password(examine, emulator):
    code, checks = examine(HTTP_PROXY="http://user:password@127.0.0.1:1", no_proxy="127.0.0.1")
    assert code == 0
    assert checks["proxy"]["detail"] == "127.0.0.1:1, not used for 127.0.0.1 (NO_PROXY)"
    code, checks = examine(HTTP_PROXY="http://user:password@127.0.0.1:1")
    assert code == 1
    assert "127.0.0.1:1, from the environment" in checks["proxy"]["detail"]
    assert "through the proxy" in checks["endpoint"]["detail"]
    assert "password" not in str(checks)


@pytest.mark.parametrize("value", ["gopher://127.0.0.1:1", "http://[::1"])
def test_a_proxy_that_is_none(examine, value):
    code, checks = examine(HTTP_PROXY=value)
    assert code == 1
    assert statuses(checks)[:3] == ["ok", "ok", "failed"]
    assert "HTTP_PROXY" in checks["proxy"]["detail"]
    assert checks["proxy"]["remedy"] == "correct that environment variable, or unset it"


@pytest.mark.parametrize("broken", [False, True])
def test_certificates_that_are_gone_or_broken(examine, home, broken):
    if broken:
        (home / "certificates").write_text("none")
    changes = {"SSL_CERT_FILE": str(home / "certificates")}
    code, checks = examine(SPEEDPIX_ENDPOINT="https://127.0.0.1:9", **changes)
    assert (code, checks["endpoint"]["status"]) == (1, "failed")
    assert "SSL_CERT_FILE" in checks["endpoint"]["detail"]
    assert checks["endpoint"]["remedy"] == "correct that environment variable, or unset it"


def test_a_history_that_can_not_be_used(examine, home):
    code, checks = examine("--history", str(home / "input.jpg" / "history"))
    assert (code, checks["history"]["status"]) == (1, "failed")
    assert "--no-history" in checks["history"]["remedy"]
