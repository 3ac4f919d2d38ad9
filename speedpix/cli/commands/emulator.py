"""Serve a SpeedPix on this machine, in the foreground."""

from __future__ import annotations

import errno
import os
import shlex
import time

import click

from ...version import install_hint
from ..invocation import Invocation
from ..options import json_option, seconds
from ..output.language import translated
from ..output.terminal import say

# Seconds; Ctrl-C ends a sleep on every platform, but for one that it came right before.
_WHILE = 1.0


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8765, show_default=True, help="Port; 0 picks one.")
@click.option("--app-key", metavar="KEY", help="The app key that it accepts.")
@click.option("--app-secret", metavar="SECRET", help="The app secret that it accepts.")
@click.option(
    "--duration",
    type=float,
    callback=seconds,
    metavar="SECONDS",
    help="How long the sample workflow takes.  [default: 2.5]",
)
@json_option
@click.pass_obj
def emulator(
    invocation: Invocation,
    *,
    host: str,
    port: int,
    app_key: str | None,
    app_secret: str | None,
    duration: float | None,
) -> None:
    """Serve a SpeedPix on this machine, for tests, until Ctrl-C. Not for production.

    Prints what another terminal needs in its environment to use it. Needs the extra
    `emulator`.
    """
    try:
        from speedpix_emulator import DEFAULT_APP_KEY, DEFAULT_APP_SECRET, Emulator
        from speedpix_emulator.emulator import EXPOSED
        from speedpix_emulator.white_background import WORKFLOW_ID
    except ModuleNotFoundError as error:
        missing = (error.name or "more").partition(".")[0]
        message = f"the emulator needs {missing}; {install_hint('emulator')}"
        raise click.ClickException(message) from error
    served = Emulator(
        app_key or DEFAULT_APP_KEY,
        app_secret or DEFAULT_APP_SECRET,
        host=host,
        port=port,
        duration=duration,
    )
    try:
        served.start()
    except OSError as error:
        message = f"can't listen on {host}:{port}: {error.strerror or error}"
        if error.errno == errno.EADDRINUSE:
            message = (
                f"can't listen on {host}:{port}, where another program does, perhaps another "
                "emulator; to use a free port: --port 0"
            )
        raise click.ClickException(message) from error
    try:
        with served:
            environment = {
                "SPEEDPIX_APP_KEY": served.app_key,
                "SPEEDPIX_APP_SECRET": served.app_secret,
                "SPEEDPIX_ENDPOINT": served.url,
            }
            document = {
                "endpoint": served.url,
                "app_key": served.app_key,
                "app_secret": served.app_secret,
                "workflow_id": WORKFLOW_ID,
                "error": None,
            }
            invocation.answer(document, [_exported(*each) for each in environment.items()])
            if not served.is_private:
                say(translated(EXPOSED.format(host=host)))
            lines = [
                f"The emulator is ready; its workflow is {WORKFLOW_ID} (image, text).",
                "Paste the lines above into another terminal, to use it there. Ctrl-C ends it.",
            ]
            if served.page_url:
                lines.insert(1, f"See what it does in a browser: {served.page_url}")
            for line in lines:
                say(translated(line))
            while True:
                time.sleep(_WHILE)
    except KeyboardInterrupt:
        return  # the way that it ends


def _exported(name: str, value: str) -> str:
    """Return the line that sets a variable: for PowerShell on Windows, else for a POSIX shell."""
    if os.name == "nt":
        quoted = value.replace("'", "''")
        return f"$env:{name} = '{quoted}'"
    return f"export {name}={shlex.quote(value)}"
