"""Look for what is wrong with a set-up."""

from __future__ import annotations

from pathlib import Path

import attrs
import click

from ..exit_codes import ExitCode
from ..invocation import Invocation
from ..options import history_options, json_option
from ..output.terminal import tell, tell_json

_COLOURS = {"ok": "green", "failed": "red", "skipped": "yellow"}
_WIDTH = 14  # characters; of the longest name, and a space


@click.command()
@history_options
@json_option
@click.pass_obj
def doctor(invocation: Invocation, *, history: Path | None) -> ExitCode:
    """Check configuration, network, clock and key.

    Starts no run. The exit code is 0 only if nothing is wrong. The secret is never shown.
    """
    from ..diagnosis.checks import FAILED, examine

    checks = []
    for check in examine(history):
        checks.append(check)
        if not invocation.as_json:
            status = click.style(f"{check.status:<8}", fg=_COLOURS[check.status])
            tell(f"{status}{check.name:<{_WIDTH}}{check.detail}")
            if check.remedy:
                tell(f"{'':8}{'':{_WIDTH}}to do: {check.remedy}")
    sound = all(check.status != FAILED for check in checks)
    if invocation.as_json:
        tell_json({"ok": sound, "checks": [attrs.asdict(each) for each in checks], "error": None})
    return ExitCode.SUCCESS if sound else ExitCode.ERROR
