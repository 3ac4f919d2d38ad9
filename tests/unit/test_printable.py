"""What others say reaches terminals and logs as text, never as a command."""

from __future__ import annotations

import logging

import pytest

from speedpix import Client, ConfigurationError, SpeedPixException
from speedpix.constants import QUOTED_LENGTH
from speedpix.logs import logger
from speedpix.printable import printable, quoted
from speedpix.values.wire import host_of, without_query

OSC = "\x1b]0;owned\x07"
CSI = "\x1b[2J"
C1 = "\x9b31m"
BIDI = "\u202egnp.exe"
FORGED = "done\r\n2026-01-01 speedpix ERROR forged"
COMMANDS = [OSC, CSI, C1, BIDI, FORGED, "\u2028", "\x7f", "\ud800"]


@pytest.mark.parametrize("text", COMMANDS)
def test_commands_are_escaped(text):
    assert printable(text).isprintable()
    assert str(SpeedPixException(text, code=text, request_id=text, invoke_id=text)).isprintable()
    assert without_query(f"https://{text}.test/{text}?{text}").isprintable()
    assert host_of(f"https://{text}.test/").isprintable()


@pytest.mark.parametrize("text", ["一幅画", "naïve — ‘q’", "\U0001f469\u200d\U0001f680", "a b\\n"])
def test_text_stays_as_it_is(text):
    assert printable(text) == text


def test_a_long_message_is_cut_and_the_rest_is_counted():
    assert quoted("x" * QUOTED_LENGTH) == "x" * QUOTED_LENGTH
    assert quoted("x" * (QUOTED_LENGTH + 5)) == "x" * QUOTED_LENGTH + "… (5 characters more)"


@pytest.mark.parametrize("text", COMMANDS)
def test_no_log_line_is_forged(text, caplog):
    with caplog.at_level(logging.INFO, "speedpix"):
        logger.info("saved %s (%d bytes)", text, 7)
        logger.info("%s", SpeedPixException(text))
    assert all(record.getMessage().isprintable() for record in caplog.records)


@pytest.mark.parametrize("secret", [b"classified", bytearray(b"classified")])
def test_a_secret_given_as_bytes_is_hidden_and_works(secret):
    with Client("key", secret, endpoint="http://127.0.0.1:9") as client:
        settings = client._session.gateway.settings
        assert settings.app_secret.reveal() == "classified"
        assert "classified" not in repr(settings)


def test_a_secret_of_bytes_that_are_no_text_is_refused():
    with pytest.raises(ConfigurationError, match="app_secret") as caught:
        Client("key", b"classified\xff")
    assert "classified" not in str(caught.value)
