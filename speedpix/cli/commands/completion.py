"""Print what makes a shell complete the command line."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from ..output.terminal import tell

_FILES = """\b
Where it goes:
  bash:  speedpix completion bash >> ~/.bashrc       (4.4 or newer)
  zsh:   speedpix completion zsh >> ~/.zshrc         (after compinit)
  fish:  speedpix completion fish > ~/.config/fish/completions/speedpix.fish
"""


@click.command(epilog=_FILES)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print a shell's completion script."""
    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 - these three are Click's own
    name = context.find_root().info_name or ""
    script = kind(context.find_root().command, {}, name, f"_{name.upper()}_COMPLETE").source()
    tell(script)
