"""The MCP server: its tools, its instructions, and stdio."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, AsyncIterator, Sequence

import anyio
from mcp.server.mcpserver import MCPServer
from mcp.types import ToolAnnotations

from ..version import __version__
from .batches import get_batch, run_batch
from .described import add_workflows, read_workflows
from .folders import Folders
from .payment import Budget
from .runs import get_run, list_runs, run_workflow, save_outputs, upload_file, wait_run
from .services import Services

if TYPE_CHECKING:
    from .. import Client

_INSTRUCTIONS = """\
SpeedPix runs ComfyUI workflows as a service; each run is paid.
1. run_workflow, or the tool of a workflow, starts a run and waits a while. Its answer has an id.
2. While the status is waiting or running, call wait_run with that id, again and again: the run
   goes on by itself. Never start it anew because a wait was over or a call was cancelled; list_runs
   tells what was started.
3. When it has succeeded, call save_outputs: it saves the files and shows the pictures.
For many inputs use run_batch with a manifest, then get_batch; the same manifest goes on where it
ended, and pays for nothing twice.
A run is paid when it is submitted. Nothing that failed is repeated unless the user asks for it.
"""
_READS = ToolAnnotations(read_only_hint=True, open_world_hint=True)
_WRITES = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=True
)
_PAYS = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=True
)
_TOOLS = {
    run_workflow: _PAYS,
    get_run: _READS,
    wait_run: _READS,
    list_runs: _READS,
    save_outputs: _WRITES,
    upload_file: _WRITES,
    run_batch: _PAYS,
    get_batch: _READS,
}


def serve(
    client: Client, folders: Sequence[Path], workflows: Path | None, max_runs: int | None
) -> None:
    """Serve assistants over standard input and output, until the host closes them.

    Args:
        client: whose runs these are; text in an input must be text to it (`local_files="never"`).
        folders: below which files may be read and written.
        workflows: the TOML file that describes workflows, if there is one.
        max_runs: the paid runs for which nobody is asked; None asks for each.

    Raises:
        ConfigurationError: the TOML file is wrong.
        OSError: it or a folder can't be read.
    """
    services = Services(client, Folders(folders), Budget(max_runs))

    @asynccontextmanager
    async def lifespan(_server: MCPServer[Services]) -> AsyncIterator[Services]:
        try:
            yield services
        finally:
            with anyio.CancelScope(shield=True):
                await services.end()

    server: MCPServer[Services] = MCPServer(
        "speedpix",
        version=__version__,
        instructions=_INSTRUCTIONS,
        lifespan=lifespan,
        log_level="WARNING",
    )
    for tool, hints in _TOOLS.items():
        added: Any = tool
        server.add_tool(added, annotations=hints)
    if workflows is not None:
        add_workflows(server, read_workflows(workflows), _PAYS)
    server.run("stdio")
