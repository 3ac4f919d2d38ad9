"""A client's configuration, from arguments and environment."""

from __future__ import annotations

import math
from pathlib import Path

import httpx
import httpx2
import pytest

from speedpix import Client, ConfigurationError, SpeedPixException
from speedpix.gateway.settings import Timeout, read_settings
from speedpix.version import __version__


def settings(endpoint=None, **options):
    return read_settings("key", "secret", endpoint, **options)


@pytest.mark.parametrize(
    ("given", "used"),
    [
        (None, "https://openai.edu-aliyun.com"),
        ("", "https://openai.edu-aliyun.com"),
        ("https://host.test", "https://host.test"),
        ("https://host.test/", "https://host.test"),
        ("https://host.test//", "https://host.test"),
        ("host.test", "https://host.test"),
        ("host.test:8443/", "https://host.test:8443"),
        (" https://host.test ", "https://host.test"),
        ("  ", "https://openai.edu-aliyun.com"),
        ("https://host.test/base/", "https://host.test/base"),
        ("http://localhost:8765", "http://localhost:8765"),
        ("http://127.0.0.1:8765/", "http://127.0.0.1:8765"),
        ("http://[::1]:8765", "http://[::1]:8765"),
    ],
)
def test_the_endpoint(given, used):
    assert settings(given).endpoint == used


@pytest.mark.parametrize(
    "endpoint",
    [
        "ftp://host.test",
        "https://",
        "https://host.test:port",
        "https:/host.test",
        "https://https://host.test",
        "https://host .test",
        "https://host.\ntest",
        "https://host.test?x=1",
        "https://host.test#x",
        "https://[::1",
        "https://user:password@host.test",
        "ftp://user:password@host.test",
        "https://user:password@host.test:port",
        "https://user:pass/word@host.test",
    ],
)
def test_an_endpoint_that_is_none_is_refused(endpoint):
    with pytest.raises(ConfigurationError, match="endpoint") as caught:
        settings(endpoint)
    assert "word@" not in str(caught.value)


@pytest.mark.parametrize(
    "endpoint", ["http://host.test", "http://192.168.1.5:8000", "http://localhost.evil.test"]
)
def test_plain_http_is_for_this_machine_unless_asked_for(endpoint):
    with pytest.raises(ConfigurationError, match="allow_http"):
        settings(endpoint)
    assert settings(endpoint, allow_http=True).endpoint == endpoint


@pytest.mark.parametrize(
    ("arguments", "variable", "parameter"),
    [
        ((None, "secret"), "SPEEDPIX_APP_KEY", "app_key"),
        (("key", None), "SPEEDPIX_APP_SECRET", "app_secret"),
        (("", "secret"), "SPEEDPIX_APP_KEY", "app_key"),
        (("key", "   "), "SPEEDPIX_APP_SECRET", "app_secret"),
    ],
)
def test_a_missing_credential_names_variable_and_parameter(arguments, variable, parameter):
    with pytest.raises(ConfigurationError) as caught:
        Client(*arguments)
    assert variable in str(caught.value)
    assert f"{parameter}=" in str(caught.value)
    assert isinstance(caught.value, (SpeedPixException, ValueError))


def test_the_environment_is_used_and_arguments_win(monkeypatch):
    monkeypatch.setenv("SPEEDPIX_APP_KEY", "env-key")
    monkeypatch.setenv("SPEEDPIX_APP_SECRET", "env-secret\n")
    monkeypatch.setenv("SPEEDPIX_ENDPOINT", "env.test/")
    read = read_settings()
    assert (read.app_key, read.app_secret.reveal()) == ("env-key", "env-secret")
    assert read.endpoint == "https://env.test"
    read = read_settings("key", "secret", "arg.test")
    assert (read.app_key, read.app_secret.reveal()) == ("key", "secret")
    assert read.endpoint == "https://arg.test"


def test_the_guides_two_ways_to_construct_a_client():
    assert "app_key='key'" in repr(Client("key", "secret"))
    client = Client(
        endpoint=None, app_key="key", app_secret="secret", timeout=30.0, user_agent=None
    )
    assert "https://openai.edu-aliyun.com" in repr(client)


def test_defaults():
    read = settings()
    assert read.timeout == Timeout(30.0, connect=10.0)
    assert read.user_agent == f"speedpix-python/{__version__}"
    assert read.local_files == "auto"
    assert settings(user_agent="me/1").user_agent == "me/1"


@pytest.mark.parametrize(
    ("given", "used"),
    [
        (60, Timeout(60.0, 10.0)),
        (None, Timeout(math.inf, 10.0)),
        (httpx.Timeout(60.0, connect=5.0), Timeout(60.0, 5.0)),
        (httpx.Timeout(5.0, read=60.0), Timeout(60.0, 5.0)),
        (httpx.Timeout(None), Timeout(math.inf, math.inf)),
        (httpx2.Timeout(60.0, connect=5.0), Timeout(60.0, 5.0)),
    ],
)
def test_the_timeout(given, used):
    assert settings(timeout=given).timeout == used


def test_blank_values_are_unset(monkeypatch):
    monkeypatch.setenv("SPEEDPIX_ENDPOINT", "  ")
    monkeypatch.setenv("SPEEDPIX_HISTORY", " ")
    read = settings(user_agent=" ")
    assert read.endpoint == "https://openai.edu-aliyun.com"
    assert read.history is None
    assert read.user_agent == f"speedpix-python/{__version__}"
    monkeypatch.setenv("SPEEDPIX_HISTORY", "runs.db")
    assert settings(history="  ").history == Path("runs.db")
    monkeypatch.setenv("SPEEDPIX_APP_KEY", " ")
    with pytest.raises(ConfigurationError, match="SPEEDPIX_APP_KEY"):
        Client(app_secret="secret")


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Ca-Key": "another"},
        {"x-ca-signature": "mine"},
        {"Date": "today"},
        {"Content-MD5": "none"},
        {"content-type": "text/plain"},
        {"Accept": "*/*"},
        {"Host": "elsewhere.test"},
        {"User-Agent": "me"},
        {"a b": "no name"},
        {7: "no name"},
        {"X-Team": "line\nbreak"},
        {"X-Team": "密钥"},
        {"X-Team": 7},
    ],
)
def test_a_default_header_that_cannot_be_sent_is_refused(headers):
    with pytest.raises(ConfigurationError, match="default_headers") as caught:
        settings(default_headers=headers)
    value = next(iter(headers.values()))
    assert repr(value) not in str(caught.value)


def test_default_headers_are_not_shown():
    assert "token" not in repr(settings(default_headers={"X-Gateway": "token"}))


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("timeout", True),
        ("timeout", httpx.Timeout(0)),
        ("max_retries", True),
        ("timeout", 0),
        ("timeout", -1),
        ("timeout", float("inf")),
        ("timeout", float("nan")),
        ("timeout", "30"),
        ("max_retries", -1),
        ("max_retries", 1.5),
        ("local_files", "always"),
        ("allow_http", "false"),
        ("history_keeps_input", 0),
        ("user_agent", "a\nb"),
        ("user_agent", "智作工坊"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(option, value):
    with pytest.raises(ConfigurationError, match=option):
        settings(**{option: value})


@pytest.mark.parametrize("value", ["a\nb", "a\0b", "a\r\nb", "lone \udc80 surrogate"])
@pytest.mark.parametrize("parameter", ["app_key", "app_secret"])
def test_a_credential_that_cannot_be_sent_is_refused_and_not_shown(parameter, value):
    with pytest.raises(ConfigurationError, match=parameter) as caught:
        Client(**{"app_key": "key", "app_secret": "secret", parameter: value})
    assert value not in str(caught.value)


def test_a_key_goes_into_a_header_so_it_is_ascii():
    with pytest.raises(ConfigurationError, match="app_key"):
        Client("智作工坊", "secret")


def test_a_secret_may_be_any_text():
    """A published vector has such a secret; see test_signing."""
    assert read_settings("key", "密钥-secret").app_secret.reveal() == "密钥-secret"
