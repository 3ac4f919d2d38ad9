"""Look for what is wrong with a set-up."""

from __future__ import annotations

from pathlib import Path

import attrs
import click

from ...printable import columns_of
from ..exit_codes import ExitCode
from ..invocation import Invocation
from ..options import history_options, json_option
from ..output.language import translated
from ..output.terminal import tell, tell_json

_COLOURS = {"ok": "green", "failed": "red", "skipped": "yellow"}
_WIDTHS = (8, 14)  # columns of the status and of the name: of the longest, and a space


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
            first, second = map(_cell, (check.status, check.name), _WIDTHS)
            status = click.style(first, fg=_COLOURS[check.status])
            tell(f"{status}{second}{translated(check.detail)}")
            if check.remedy:
                tell(f"{'':{sum(_WIDTHS)}}{translated(f'to do: {check.remedy}')}")
    sound = all(check.status != FAILED for check in checks)
    if invocation.as_json:
        tell_json({"ok": sound, "checks": [attrs.asdict(each) for each in checks], "error": None})
    return ExitCode.SUCCESS if sound else ExitCode.ERROR


def _cell(text: str, width: int) -> str:
    told = translated(text)
    return told + " " * (width - columns_of(told))
