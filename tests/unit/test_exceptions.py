"""The tree of errors, and that each can be raised, shown, pickled and copied."""

from __future__ import annotations

import copy
import inspect
import pickle
import re

import pytest

import speedpix
from speedpix import (
    APIConnectionError,
    APIError,
    Prediction,
    PredictionError,
    SpeedPixException,
    exceptions,
)

CLASSES = [
    kind
    for _, kind in inspect.getmembers(exceptions, inspect.isclass)
    if issubclass(kind, SpeedPixException)
]
DETAILS = {
    "status_code": 503,
    "code": "D503",
    "request_id": "request-1",
    "invoke_id": "i_1",
}


def names(kinds):
    return sorted(kind.__name__ for kind in kinds)


def test_every_error_is_exported():
    assert names(CLASSES) == sorted(
        name
        for name in speedpix.__all__
        if isinstance(getattr(speedpix, name), type)
        and issubclass(getattr(speedpix, name), BaseException)
    )


def drawn_tree():
    """The tree in the module's docstring: of each class, its parents."""
    parents = {}
    above = []
    for line in exceptions.__doc__.splitlines():
        found = re.match(r"([│├└─ ]*)([A-Z]\w+)(?: \((\w+)\))?", line)
        if not found or not found[2].endswith(("Error", "Exception")):
            continue
        depth = len(found[1]) // 4
        above[depth:] = [found[2]]
        parents[found[2]] = {above[depth - 1]} if depth else {"Exception"}
        if found[3]:
            parents[found[2]].add(found[3])
    return parents


def test_the_tree_is_as_the_docstring_draws_it():
    actual = {kind.__name__: {base.__name__ for base in kind.__bases__} for kind in CLASSES}
    assert drawn_tree() == actual


@pytest.mark.parametrize(
    ("name", "bases"),
    [
        ("AuthenticationError", (APIError,)),
        ("PermissionDeniedError", (APIError,)),
        ("RateLimitError", (APIError,)),
        ("InvalidRequestError", (APIError,)),
        ("NotFoundError", (APIError,)),
        ("ServerError", (APIError,)),
        ("APIConnectionError", (SpeedPixException,)),
        ("APITimeoutError", (APIConnectionError, TimeoutError)),
        ("PredictionError", (SpeedPixException,)),
        ("PredictionTimeoutError", (SpeedPixException, TimeoutError)),
        ("SubmitOutcomeUnknownError", (SpeedPixException,)),
        ("InputError", (SpeedPixException, ValueError)),
        ("ConfigurationError", (SpeedPixException, ValueError)),
        ("UploadError", (SpeedPixException,)),
        ("DownloadError", (SpeedPixException,)),
    ],
)
def test_what_a_caller_can_catch_it_as(name, bases):
    assert all(issubclass(getattr(speedpix, name), base) for base in bases)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_the_message_leads_and_the_ids_end(kind):
    error = kind("what happened")
    assert str(error) == "what happened"
    if "status_code" in inspect.signature(kind).parameters:
        error = kind("what happened", **DETAILS)
        assert str(error) == (
            "what happened (HTTP 503, code D503, request id request-1, invoke id i_1)"
        )
    assert error.message == "what happened"
    for name in DETAILS:
        assert hasattr(error, name)


def test_the_run_is_named_when_there_is_one():
    error = PredictionError("it failed", prediction=Prediction(id="run-1"))
    assert str(error) == "it failed (prediction run-1)"


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_only_an_error_about_a_run_has_one(kind):
    """The guide asks `hasattr(error, "prediction")` before it uses it."""
    assert not hasattr(kind("x"), "prediction")


def every_attribute(kind):
    if "status_code" not in inspect.signature(kind).parameters:
        error = kind("what happened", sent=False)
    else:
        error = kind("what happened", prediction=Prediction(id="run-1"), **DETAILS)
    error.__notes__ = ["a note"]
    return error


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize(
    "again",
    [
        *(
            lambda error, protocol=protocol: pickle.loads(pickle.dumps(error, protocol))
            for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
        ),
        copy.copy,
        copy.deepcopy,
    ],
)
def test_an_error_survives_pickling_and_copying_whole(kind, again):
    error = every_attribute(kind)
    other = again(error)
    assert type(other) is kind
    assert str(other) == str(error)
    assert other.args == error.args
    before, after = vars(error), vars(other)
    assert before.keys() == after.keys()
    for name, value in before.items():
        if name == "prediction":
            assert after[name].id == value.id
        else:
            assert after[name] == value


def test_a_note_is_kept_beside_earlier_ones():
    error = SpeedPixException("x")
    exceptions.add_note(error, "first")
    exceptions.add_note(error, "second")
    assert error.__notes__ == ["first", "second"]
