"""A small web shop: send a product photo, get it back on a white background.

    uvicorn shop:app

It reads SPEEDPIX_APP_KEY, SPEEDPIX_APP_SECRET and SPEEDPIX_ENDPOINT, and stores nothing: a
product's id is that of its run at SpeedPix.
"""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from typing import AsyncIterator, Awaitable, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from speedpix import (
    Client,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    Prediction,
    RateLimitError,
    SpeedPixException,
    SubmitOutcomeUnknownError,
)

WORKFLOW_ID = "white-background"
LARGEST_PHOTO = 10 * 1024 * 1024  # bytes
PHOTO_BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")  # of JPEG and PNG files

logger = logging.getLogger("shop")

Handler = Callable[[Request, Exception], Awaitable[Response]]


@asynccontextmanager
async def lifespan(_app: Starlette) -> AsyncIterator[dict[str, Client]]:
    # What customers type is text, even if it looks like the path of a file on this server.
    async with Client(local_files="never") as client:
        yield {"speedpix": client}


async def add_product(request: Request) -> Response:
    """POST /products?name=… with the photo as body: start the run, and answer with its id."""
    photo = await received(request)
    name = request.query_params.get("name", "")
    client: Client = request.state.speedpix
    run = await client.async_run(WORKFLOW_ID, {"image": photo, "text": name}, wait=False)
    return JSONResponse({"id": run.id}, 202, headers={"Location": f"/products/{run.id}"})


async def show_product(request: Request) -> Response:
    """GET /products/{id}: tell how far the picture is."""
    run = await run_of(request)
    percent = round(100 * (run.progress.fraction or 0))
    return JSONResponse({"status": run.status, "percent": percent, "error": run.error})


async def show_picture(request: Request) -> Response:
    """GET /products/{id}/picture: give the picture, when it is there."""
    run = await run_of(request)
    if run.status == "failed":
        raise HTTPException(502, f"no picture: {run.error}; send the photo again")
    if run.output is None:
        seconds = max(1, round(run.progress.seconds_left or 0))
        raise HTTPException(409, "not ready yet", headers={"Retry-After": str(seconds)})
    return Response(await run.output["images"].async_read(), media_type="image/png")


async def received(request: Request) -> bytes:
    photo = bytearray()
    async for piece in request.stream():
        photo += piece
        if len(photo) > LARGEST_PHOTO:
            raise HTTPException(413, f"the photo is larger than {LARGEST_PHOTO} bytes")
    if not photo.startswith(PHOTO_BEGINNINGS):
        raise HTTPException(422, "the photo must be a JPEG or PNG file")
    return bytes(photo)


async def run_of(request: Request) -> Prediction:
    client: Client = request.state.speedpix
    try:
        return await client.predictions.async_get(request.path_params["id"])
    except NotFoundError:
        raise HTTPException(404, "there is no such product") from None


def refusal(status: int, message: str, retry_after: int | None = None) -> Handler:
    """Answer an error like this; its details, with the ids for support, are for the log."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}

    async def answer(request: Request, error: Exception) -> Response:
        logger.warning("%s %s: %s", request.method, request.url.path, error)
        return PlainTextResponse(message, status, headers)

    return answer


busy = refusal(503, "no pictures can be made at the moment", retry_after=60)

app = Starlette(
    lifespan=lifespan,
    routes=[
        Route("/products", add_product, methods=["POST"]),
        Route("/products/{id}", show_product),
        Route("/products/{id}/picture", show_picture),
    ],
    exception_handlers={
        InvalidRequestError: refusal(422, "this photo can't be used"),
        RateLimitError: busy,
        PermissionDeniedError: busy,  # the quota is used up
        # The run may have been started, and runs cost money: nothing that repeats it by itself.
        SubmitOutcomeUnknownError: refusal(502, "it is not known whether the picture is made"),
        SpeedPixException: refusal(502, "SpeedPix does not work at the moment", retry_after=5),
    },
)
