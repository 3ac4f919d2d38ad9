"""Keep a test off the network and off the real clock."""

from __future__ import annotations

import socket
import time


class ForbiddenError(AssertionError):
    """Say that a test did what it must not do."""


def forbid_network(monkeypatch) -> None:
    """Let every attempt to connect, by name or by address, fail the test."""

    def refuse(*_args, **_keywords):
        message = "this test must not use the network"
        raise ForbiddenError(message)

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)


def forbid_sleep(monkeypatch) -> None:
    """Let every real sleep fail the test."""

    def refuse(_seconds):
        message = "this test must not wait for real time"
        raise ForbiddenError(message)

    monkeypatch.setattr(time, "sleep", refuse)
