"""Fixtures and a marker for pytest, which finds them by itself; nothing is imported until used.

>>> @pytest.mark.speedpix(duration=60, faults=[("progress", "unavailable")])
... def test_a_slow_run(speedpix_emulator, speedpix_client):
...     @speedpix_emulator.workflow("echo", outputs={"text": "text"})
...     def echo(inputs):
...         return {"text": inputs["text"]}
...     assert speedpix_client.run("echo", {"text": "hello"}) == {"text": "hello"}
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Iterator

import pytest

if TYPE_CHECKING:
    from speedpix_emulator import Emulator

    from .client import Client

_MARKER = (
    "speedpix(no_wait=True, duration=None, queue=None, failure=None, eta=1.0, "
    'progress="linear", faults=()): '
    "script the emulator that the fixture speedpix_emulator gives; "
    "the arguments are those of speedpix.testing.emulator"
)


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", _MARKER)


@pytest.fixture
def speedpix_emulator(request: pytest.FixtureRequest) -> Iterator[Emulator]:
    """Give a SpeedPix for this test alone, which the environment names; no wait takes real time.

    `@speedpix_emulator.workflow(…)` publishes a function as a workflow; the marker `speedpix`
    scripts its runs.
    """
    from .testing import emulator

    with ExitStack() as stack:
        try:
            running = stack.enter_context(emulator(**_arguments(request.node)))
        except (TypeError, ValueError) as error:
            message = f"@pytest.mark.speedpix: {error}"
            raise pytest.fail.Exception(message, pytrace=False) from None
        yield running


@pytest.fixture
def speedpix_client(speedpix_emulator: Emulator) -> Iterator[Client]:  # noqa: ARG001 - started
    """Give a client of the emulator, closed at the end of the test."""
    from .client import Client

    with Client() as client:
        yield client


def _arguments(node: pytest.Item) -> dict[str, Any]:
    """Return the markers' arguments; those nearest to the test count most."""
    arguments: dict[str, Any] = {}
    for marker in reversed(list(node.iter_markers("speedpix"))):
        if marker.args:
            message = f"its arguments have names, such as duration=60; {marker.args!r} has none"
            raise TypeError(message)
        arguments.update(marker.kwargs)
    return arguments
