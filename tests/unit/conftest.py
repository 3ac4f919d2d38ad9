"""Unit tests run without network, real sleeps and the user's environment."""

from __future__ import annotations

import pytest
from isolation import forbid_network, forbid_sleep

from .stage import Stage


@pytest.fixture(autouse=True)
def _isolated(monkeypatch):
    forbid_network(monkeypatch)
    forbid_sleep(monkeypatch)
    for name in ("APP_KEY", "APP_SECRET", "ENDPOINT", "HISTORY", "LOG"):
        monkeypatch.delenv(f"SPEEDPIX_{name}", raising=False)


@pytest.fixture
def stage():
    """A service of which each answer is written in the test."""
    return Stage()
