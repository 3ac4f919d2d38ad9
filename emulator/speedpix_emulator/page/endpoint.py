"""The page's side of HTTP."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import AsyncIterator

from attrs import define, field
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Scope

from ..limits import PAGE_SECONDS, PAGE_WATCHERS, THUMBNAIL_BYTES
from .files import RunFile, run_files
from .guard import Handler, guarded
from .state import State
from .thumbnails import Thumbnails

STATIC = Path(__file__).with_name("static")
FILES = {
    "/": "index.html",
    "/page/page.css": "page.css",
    "/page/chinese.js": "chinese.js",
    "/page/page.js": "page.js",
    "/page/icon.svg": "icon.svg",
}
MEDIA_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}

QUIET_LOOKS = 30
"""Looks without a change after which a sign of life is sent: one every 15 seconds."""


@define(eq=False)
class Page:
    """The page of one emulator. `close` ends what is kept live."""

    state: State
    _thumbnails: Thumbnails = field(init=False, factory=Thumbnails)
    _watchers: int = field(init=False, default=0)
    _closed: bool = field(init=False, default=False)

    def close(self) -> None:
        self._closed = True

    def routes(self) -> list[BaseRoute]:
        """Return the page's routes."""
        handlers: dict[str, Handler] = {
            **dict.fromkeys(FILES, _file),
            "/page/events": self._events,
            "/page/faults": self._known_faults,
            "/page/runs/{id}": self._run,
            "/page/runs/{id}/files/{number:int}": self._run_file,
            "/page/objects/{key:path}": self._object,
        }
        routes: list[BaseRoute] = [
            _PageRoute(path, guarded(handler), methods=["GET"])
            for path, handler in handlers.items()
        ]
        return [_PageRoute("/page/faults", guarded(self._change_faults), methods=["POST"]), *routes]

    async def _events(self, _request: Request) -> Response:
        if self._watchers >= PAGE_WATCHERS:
            return Response("too many browsers look at the page already", 503)
        return StreamingResponse(self._watch(), media_type="text/event-stream")

    async def _watch(self) -> AsyncIterator[str]:
        self._watchers += 1
        last, quiet = "", 0
        try:
            while not self._closed:
                state = json.dumps(self.state.overview())
                if state != last:
                    yield f"data: {state}\n\n"
                    last, quiet = state, 0
                elif quiet == QUIET_LOOKS:
                    yield ":\n\n"
                    quiet = 0
                quiet += 1
                await asyncio.sleep(PAGE_SECONDS)
        finally:
            self._watchers -= 1

    async def _known_faults(self, _request: Request) -> Response:
        return _json(self.state.known_faults())

    async def _change_faults(self, request: Request) -> Response:
        """Do `{"set": [operation, name, times]}`, or `{"clear": [operation, name]}` or `"all"`."""
        plan = self.state.faults
        try:
            wanted = json.loads(await request.body())
            if "set" in wanted:
                operation, name, times = wanted["set"]
                plan.add(str(operation), str(name), max(1, int(times)))
            elif wanted["clear"] == "all":
                plan.clear()
            else:
                operation, name = wanted["clear"]
                plan.remove(operation, name)
        except (ValueError, TypeError, KeyError) as error:
            return Response(f"not understood: {error}", 400)
        return Response(status_code=204)

    async def _run(self, request: Request) -> Response:
        job = self.state.job(request.path_params["id"])
        return _absent() if job is None else _json(self.state.conversation(job))

    async def _run_file(self, request: Request) -> Response:
        job, number = self.state.job(request.path_params["id"]), request.path_params["number"]
        files = run_files(job, self.state.origin) if job else []
        if job is None or number >= len(files):
            return _absent()
        return await self._picture(files[number], f"{job.id}/{number}")

    async def _object(self, request: Request) -> Response:
        return await self._picture(RunFile("", "", request.path_params["key"]))

    async def _picture(self, file: RunFile, of_run: str = "") -> Response:
        store = self.state.store
        stored = store.get(file.key)
        name = stored.md5 if stored else of_run

        def made() -> bytes | None:
            return self._thumbnails.of(name, lambda: file.content(store, THUMBNAIL_BYTES))

        # Decoding takes long: the loop goes on serving meanwhile.
        small = await asyncio.get_running_loop().run_in_executor(None, made)
        return _absent() if small is None else Response(small, media_type="image/png")


class _PageRoute(Route):
    """A route for its methods only: what else is sent to its path is the gateway's to answer."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, child = super().matches(scope)
        return (match, child) if match is Match.FULL else (Match.NONE, {})


async def _file(request: Request) -> Response:
    file = STATIC / FILES[request.url.path]
    return Response(file.read_bytes(), media_type=MEDIA_TYPES[file.suffix])


def _json(value: object) -> Response:
    return Response(json.dumps(value), media_type="application/json")


def _absent() -> Response:
    return Response("there is no such thing, or no picture of it", 404)
