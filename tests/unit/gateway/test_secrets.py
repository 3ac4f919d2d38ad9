"""The secret shows nowhere but in what is signed with it, and in a client's own pickle."""

from __future__ import annotations

import copy
import logging
import pickle
import traceback

import httpx
import pytest

import speedpix
from speedpix import Client, ConfigurationError, File, Prediction, SpeedPixException
from speedpix.flow.effects import Request
from speedpix.gateway.settings import Secret, read_settings
from speedpix.predictions.options import Wait
from speedpix.predictions.submit import submit
from speedpix.predictions.wait import wait

from ..stage import APP_SECRET, gateway_error, ok

SECRET = "s3cr3t-of-the-app"


def shown(value):
    """All that a value shows of itself, and of what hangs on it."""
    seen = [repr(value), str(value), f"{value!r:>5}"]
    seen += [repr(part) for part in getattr(value, "__dict__", {}).values()]
    return "\n".join(seen)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Secret(SECRET),
        lambda: read_settings("key", SECRET),
        lambda: Client("key", SECRET),
        lambda: Client("key", SECRET).files,
        lambda: Client("key", SECRET).predictions,
        lambda: Client("key", SECRET).api,
        lambda: {"nested": [Client("key", SECRET), read_settings("key", SECRET)]},
    ],
)
def test_nothing_shows_the_secret(make):
    assert SECRET not in shown(make())


def test_the_secret_can_be_had_by_asking():
    assert Secret(SECRET).reveal() == SECRET
    assert Secret(SECRET) == Secret(SECRET)
    assert Secret(SECRET) != Secret("other")


def unreachable():
    def refuse(request):
        message = "no route to host"
        raise httpx.ConnectError(message, request=request)

    return httpx.Client(transport=httpx.MockTransport(refuse))


def failing_calls():
    """Calls that fail at various depths of the SDK, each with the secret in reach."""
    client = Client("key", SECRET, max_retries=0, http_client=unreachable())
    return [
        lambda: client.run("workflow", {"bad": object()}),
        lambda: client.run("workflow", {"image": b"content"}),
        lambda: client.run("workflow", {"text": "x"}),
        lambda: client.files.create("missing.jpg"),
        lambda: client.predictions.get("run-1"),
        lambda: client.predictions.get(""),
        lambda: Client("key", SECRET, "ftp://no.test"),
        lambda: Client("key", SECRET, timeout=-1),
        lambda: Client("key", SECRET + "\n."),
    ]


@pytest.mark.parametrize("number", range(9))
def test_a_traceback_with_locals_does_not_show_the_secret(number):
    call = failing_calls()[number]
    with pytest.raises(SpeedPixException) as caught:
        call()
    chain = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    text = "".join(chain.format())
    assert "self = " in text
    assert SECRET not in text


def test_a_refused_call_does_not_show_it(stage):
    echoing = gateway_error(403, "A403IS", "Invalid Signature, Server StringToSign:`POST#x`")
    prediction = Prediction(id="run-1")
    with pytest.raises(speedpix.AuthenticationError) as caught:
        stage.run(wait(stage.context, prediction, Wait(1.0)), echoing)
    chain = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert APP_SECRET not in "".join(chain.format())
    assert APP_SECRET not in shown(caught.value)


def test_only_a_clients_own_pickle_carries_it():
    client = Client("key", SECRET)
    assert (
        pickle.loads(pickle.dumps(client))._session.gateway.settings.app_secret.reveal() == SECRET
    )
    assert repr(copy.copy(client)) == repr(copy.deepcopy(client)) == repr(client)
    assert "the secret included" in " ".join(Client.__doc__.replace("*", "").split())


def test_predictions_and_errors_pickle_without_it(stage):
    prediction = stage.run(submit(stage.context, submission()), ok(taskId="run-1"))
    error = SpeedPixException("x", prediction=prediction)
    for value in (prediction, error):
        pickled = pickle.dumps(value)
        assert APP_SECRET.encode() not in pickled
        assert b"run-1" in pickled


def submission():
    from speedpix.predictions.options import submission as checked

    return checked("workflow", {"text": "x"}, {})


def test_the_log_does_not_show_it(stage, caplog):
    with caplog.at_level(logging.DEBUG, logger="speedpix"):
        stage.run(
            submit(stage.context, submission()),
            gateway_error(429, "T429", "Throttled by APP Flow Control"),
            ok(taskId="run-1"),
        )
    assert caplog.records
    shown_in_log = "\n".join(str(vars(record)) for record in caplog.records)
    for part in (APP_SECRET, stage.requests[0].headers["x-ca-signature"]):
        assert part not in shown_in_log


def test_signed_urls_and_headers_are_not_in_reprs():
    request = Request("PUT", "https://s.test/a?Signature=sig", {"x-ca-signature": "sig"}, b"body")
    file = File(
        access_url="https://s.test/a",
        path=None,
        object_key=None,
        upload_url="https://s.test/a?Signature=sig",
        expire_time=None,
        name="a",
        content_type="image/png",
        size=1,
    )
    assert "sig" not in repr(request).replace("Signature", "")
    assert "Signature" not in repr(file)


def test_a_wrong_credential_is_not_quoted():
    with pytest.raises(ConfigurationError) as caught:
        Client(SECRET + "\n.", "x")
    assert SECRET not in str(caught.value)
