"""Test programs that use SpeedPix: against an emulator, and without waiting.

It needs the extra `testing`; in the clone: `pip install '.[testing]'`. With pytest, the fixtures
`speedpix_emulator` and `speedpix_client` do the same (see `speedpix.pytest_plugin`).

>>> with emulator() as running:
...     @running.workflow("echo", outputs={"text": "text"}, duration=60)
...     def echo(inputs):
...         return {"text": inputs["text"]}
...     speedpix.run("echo", {"text": "hello"})  # takes a minute, but no time
{'text': 'hello'}
"""

from __future__ import annotations

from .clock import NoWaitClock, no_waiting
from .emulating import emulator

__all__ = ["NoWaitClock", "emulator", "no_waiting"]
