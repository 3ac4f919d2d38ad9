"""A form that takes a product photo and gives it back on white: `uvicorn fastapi_form:app`.

Each photo costs money: put a login, or a limit for each visitor, before it.
"""

from __future__ import annotations

import html
import logging
import os
from contextlib import asynccontextmanager
from typing import Annotated, AsyncIterator, Awaitable, Callable
from urllib.parse import quote

from fastapi import FastAPI, Form, Request, Response, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse

from speedpix import (
    Client,
    InputError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    PredictionError,
    PredictionTimeoutError,
    RateLimitError,
    SpeedPixException,
    SubmitOutcomeUnknownError,
)

WORKFLOW_ID = os.environ.get("SPEEDPIX_WORKFLOW_ID", "white-background")
DEADLINE = 45  # seconds for upload, submit and wait together; proxies often give up after 60
LARGEST_FORM = 10 * 1024 * 1024  # bytes
PHOTO_BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")  # of JPEG and PNG files

# What customers read: the first line that fits the error. None of these started a run, but for
# the failed one and the one that says that it is not known.
SENTENCES: tuple[tuple[type[SpeedPixException], int, str], ...] = (
    (InputError, 422, "This photo can't be used. Please choose another one."),
    (InvalidRequestError, 422, "This photo can't be used. Please choose another one."),
    (PredictionError, 502, "No picture could be made of this photo. Please try another one."),
    (PredictionTimeoutError, 504, "This took too long, and nothing was ordered. Please try again."),
    (RateLimitError, 503, "We are very busy. Please try again in some minutes."),
    (PermissionDeniedError, 503, "We can't make pictures today. Please come again tomorrow."),
    (
        SubmitOutcomeUnknownError,
        502,
        "We can't tell whether your picture is being made. Please ask us before you try again.",
    ),
    (SpeedPixException, 502, "Something is wrong here. Nothing was ordered; please try later."),
)

FORM = """<!doctype html>
<html lang="en">
<title>Your photo on white</title>
<form action="/pictures" method="post" enctype="multipart/form-data"
      onsubmit="this.order.disabled = true">
  <input name="photo" type="file" accept="image/jpeg,image/png" required>
  <input name="text" placeholder="Text beside it" maxlength="50" required>
  <button name="order">Make my picture</button>
</form>
"""

logger = logging.getLogger("shop")


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[dict[str, Client]]:
    # What customers type is text, even if it looks like the path of a file on this server.
    async with Client(local_files="never") as client:
        yield {"speedpix": client}


app = FastAPI(lifespan=lifespan)


@app.middleware("http")
async def limit_size(
    request: Request, answer: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Refuse a form that is too large before any of it is read."""
    if request.method == "POST":
        length = request.headers.get("content-length", "")  # browsers give it
        if not length.isdecimal():
            return page(411, "Please use the form.", "/")
        if int(length) > LARGEST_FORM:
            return page(413, f"A photo may have up to {LARGEST_FORM >> 20} MB.", "/")
    return await answer(request)


@app.get("/")
async def form() -> HTMLResponse:
    return HTMLResponse(FORM)


@app.post("/pictures")
async def order(
    request: Request, photo: UploadFile, text: Annotated[str, Form(max_length=50)]
) -> Response:
    content = await photo.read()
    if not content.startswith(PHOTO_BEGINNINGS):
        return page(415, "Please choose a JPEG or PNG photo.", "/")
    client: Client = request.state.speedpix
    inputs = {"image": content, "text": text}
    output = await client.async_run(WORKFLOW_ID, inputs, wait_timeout=DEADLINE)
    # A redirect, so that a browser that loads its page again does not order again.
    return page(303, "Your picture is made.", link_to(output.prediction_id))


@app.get("/pictures/{run}")
async def picture(request: Request, run: str) -> Response:
    client: Client = request.state.speedpix
    try:
        prediction = await client.predictions.async_get(run)
    except (InputError, InvalidRequestError, NotFoundError):
        return page(404, "There is no such picture.", "/")
    if not prediction.done:
        return waiting(run)
    output = await prediction.async_result()
    return Response(await output["images"].async_read(), media_type="image/png")


@app.exception_handler(SpeedPixException)
async def sorry(request: Request, error: SpeedPixException) -> Response:
    """Answer with a sentence; the details, with the ids for support, are for the log."""
    logger.warning("%s %s: %s", request.method, request.url.path, error)
    run = request.path_params.get("run", error.prediction_id)
    if run and not isinstance(error, PredictionError):
        return waiting(run)  # it goes on, whatever happened on the way to it
    found = (each for each in SENTENCES if isinstance(error, each[0]))
    _, status, sentence = next(found)
    return page(status, sentence, "/")


@app.exception_handler(RequestValidationError)
async def incomplete(_request: Request, _error: RequestValidationError) -> Response:
    return page(422, "Please choose a photo, and type a short text.", "/")


def waiting(run: str) -> Response:
    """Answer that a run is still open, with a page that looks again by itself."""
    link = link_to(run)
    answer = page(202, f"Your picture, number {run}, is not ready yet.", link)
    answer.headers["Refresh"] = f"5; url={link}"
    return answer


def link_to(run: str | None) -> str:
    return app.url_path_for("picture", run=quote(run or "", safe=""))  # it goes into headers


def page(status: int, sentence: str, link: str) -> Response:
    body = (
        '<!doctype html><html lang="en"><title>Your photo on white</title>'
        f'<p>{html.escape(sentence)} <a href="{html.escape(link)}">Go on</a></p>'
    )
    return HTMLResponse(body, status, headers={"Location": link} if status in (202, 303) else {})
