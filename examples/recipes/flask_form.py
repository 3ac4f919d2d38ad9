"""A form that takes a product photo and gives it back on white: `flask --app flask_form run`.

Each photo costs money: put a login, or a limit for each visitor, before it.
"""

from __future__ import annotations

import html
import logging
import os

from flask import Flask, Response, abort, request, url_for
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

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

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = LARGEST_FORM
# What customers type is text, even if it looks like the path of a file on this server.
client = Client(local_files="never")
logger = logging.getLogger("shop")


@app.get("/")
def form() -> str:
    return FORM


@app.post("/pictures")
def order() -> Response:
    photo, text = request.files.get("photo"), request.form.get("text", "")
    content = photo.read() if photo else b""
    if not content.startswith(PHOTO_BEGINNINGS):
        abort(415, "Please choose a JPEG or PNG photo.")
    inputs = {"image": content, "text": text[:50]}
    output = client.run(WORKFLOW_ID, inputs, wait_timeout=DEADLINE)
    # A redirect, so that a browser that loads its page again does not order again.
    return page(303, "Your picture is made.", url_for("picture", run=output.prediction_id))


@app.get("/pictures/<run>")
def picture(run: str) -> Response:
    try:
        prediction = client.predictions.get(run)
    except (InputError, InvalidRequestError, NotFoundError):
        abort(404, "There is no such picture.")
    if not prediction.done:
        return waiting(run)
    return Response(prediction.result()["images"].read(), mimetype="image/png")


@app.errorhandler(SpeedPixException)
def sorry(error: SpeedPixException) -> Response:
    """Answer with a sentence; the details, with the ids for support, are for the log."""
    logger.warning("%s %s: %s", request.method, request.path, error)
    run = (request.view_args or {}).get("run", error.prediction_id)
    if run and not isinstance(error, PredictionError):
        return waiting(run)  # it goes on, whatever happened on the way to it
    found = (each for each in SENTENCES if isinstance(error, each[0]))
    _, status, sentence = next(found)
    return page(status, sentence, url_for("form"))


@app.errorhandler(HTTPException)
def refused(error: HTTPException) -> Response:
    sentence = error.description or ""
    if isinstance(error, RequestEntityTooLarge):
        sentence = f"A photo may have up to {LARGEST_FORM >> 20} MB."
    return page(error.code or 500, sentence, url_for("form"))


def waiting(run: str) -> Response:
    """Answer that a run is still open, with a page that looks again by itself."""
    link = url_for("picture", run=run)
    answer = page(202, f"Your picture, number {run}, is not ready yet.", link)
    answer.headers["Refresh"] = f"5; url={link}"
    return answer


def page(status: int, sentence: str, link: str) -> Response:
    body = (
        '<!doctype html><html lang="en"><title>Your photo on white</title>'
        f'<p>{html.escape(sentence)} <a href="{html.escape(link)}">Go on</a></p>'
    )
    return Response(body, status, headers={"Location": link} if status in (202, 303) else {})
