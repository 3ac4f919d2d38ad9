"""Put the commands together, and turn every end of one into an exit code."""

from __future__ import annotations

import sys
from typing import Any, Sequence

import click

from ..exceptions import SpeedPixException
from ..version import __version__
from .commands.batch import batch
from .commands.completion import completion
from .commands.doctor import doctor
from .commands.emulator import emulator
from .commands.follow import save, status, wait
from .commands.list import list_runs
from .commands.mcp import mcp
from .commands.run import run_workflow
from .commands.upload import upload
from .exit_codes import MEANINGS, ExitCode
from .failures import (
    report_error,
    report_interrupt,
    report_unexpected,
    report_unwritten,
    report_usage,
    watch_for_sigterm,
)
from .invocation import Invocation
from .options import JSON_FLAG
from .output.help import Context
from .output.language import is_chinese
from .output.terminal import Unwritten, lost, prepare
from .output.warnings import tell_warnings

_NAME = "speedpix"
_EXAMPLES = """\b
Examples:
  speedpix run WORKFLOW -i text=一幅画 -i image=@./input.jpg -i steps=20 -o out/
  speedpix run WORKFLOW --input input.json --no-wait
  speedpix wait ID -o out/
  speedpix batch WORKFLOW photos/ -i image=@{path} -o out/
  speedpix doctor
"""
_ENVIRONMENT = """\b
Environment:
  SPEEDPIX_APP_KEY, SPEEDPIX_APP_SECRET  your credentials
  SPEEDPIX_ENDPOINT                      the service, if not the public one
  SPEEDPIX_HISTORY                       the file that remembers runs; empty for none
  SPEEDPIX_LOG                           info or debug, to see what happens
"""
_EXIT_CODES = "\b\nExit codes:\n" + "".join(
    f"  {code:<5}{meaning}\n" for code, meaning in MEANINGS.items()
)


class _Commands(click.Group):
    """The commands; what ends one early becomes its exit code, before Click makes it an Abort."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SpeedPixException as error:
            return report_error(ctx.obj, error)
        except KeyboardInterrupt as interrupt:
            return report_interrupt(ctx.obj, interrupt)


@click.group(
    cls=_Commands,
    epilog=f"{_EXAMPLES}\n\n{_ENVIRONMENT}\n\n{_EXIT_CODES}",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name=_NAME, message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context) -> None:
    """Run SpeedPix (智作工坊) workflows.

    Results go to standard output, all else to standard error.
    """
    context.obj.command = context.invoked_subcommand or ""


for _command in (
    run_workflow,
    batch,
    status,
    wait,
    save,
    list_runs,
    upload,
    emulator,
    mcp,
    doctor,
    completion,
):
    cli.add_command(_command)
for _command in (cli, *cli.commands.values()):
    _command.context_class = Context


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, and return its exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    invocation = Invocation(words, as_json=JSON_FLAG in words)
    prepare()
    is_chinese()  # asked while the streams are there: a display puts its own in their place
    tell_warnings()
    watch_for_sigterm()
    try:
        code = cli.main(arguments, prog_name=_NAME, standalone_mode=False, obj=invocation)
    except click.ClickException as error:
        code = report_usage(invocation, error)
    except Unwritten as error:
        code = report_unwritten(invocation, error.__cause__)
    except click.Abort:  # Ctrl-C before a command began
        code = report_interrupt(invocation, KeyboardInterrupt())
    except Exception as error:  # noqa: BLE001 - a traceback tells people nothing
        cause = lost()  # Click's own help, or a table, may be what could not be written
        code = (
            report_unwritten(invocation, cause) if cause else report_unexpected(invocation, error)
        )
    return code or ExitCode.SUCCESS
