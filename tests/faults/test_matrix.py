"""Every fault the emulator knows, at every operation, sync and async.

Whatever happens, a run ends with the right output and exactly one job, or with the error that
says what is known; and no submit is sent twice unless the first certainly was not taken.
"""

from __future__ import annotations

import pytest
from speedpix_emulator.fault_catalogue import CATALOGUE

from speedpix import (
    AuthenticationError,
    InvalidRequestError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    SpeedPixException,
    SubmitOutcomeUnknownError,
)

CONTENT = bytes(range(256)) * 400

# Refusals that asking again does not change, whatever was asked.
FINAL = {
    "unauthorized": PermissionDeniedError,
    "authorization_expired": PermissionDeniedError,
    "quota_exhausted": PermissionDeniedError,
    "invalid_app_key": AuthenticationError,
    "throttled_by_domain": RateLimitError,
}
# What a submit survives: it certainly was not taken, or its answer is slow, or names the task all
# the same.
TAKEN_ONCE = {"throttled", "throttled_legacy", "timestamp_expired", "slow", "truncated_json"}
# A submit that was refused, though it might be taken later: its own error, and no second try.
REFUSED = {
    "backend_throttled": RateLimitError,
    "redirect": ServerError,
    "service_error": InvalidRequestError,
}


def expected_error(operation: str, fault: str) -> type[SpeedPixException] | None:
    """Return what a run that meets a fault once ends with; None for its output."""
    if operation in ("submit", "sign") and fault in FINAL:
        return FINAL[fault]
    if operation in ("progress", "result") and fault in FINAL and fault != "throttled_by_domain":
        return FINAL[fault]
    if operation == "sign" and fault == "service_error":
        return InvalidRequestError
    if operation != "submit" or fault in TAKEN_ONCE:
        return None
    return REFUSED.get(fault, SubmitOutcomeUnknownError)


MATRIX = [(operation, fault) for operation, faults in CATALOGUE.items() for fault in faults]


@pytest.mark.parametrize(("operation", "fault"), MATRIX)
def test_one_fault(emulator, make_client, run_and_read, operation, fault):
    client = make_client()
    jobs_before, submits_before = len(emulator.jobs), emulator.count("submit")
    emulator.faults.add(operation, fault)
    expected = expected_error(operation, fault)
    if expected is None:
        assert run_and_read(client, "echo", {"file": CONTENT}) == CONTENT
        assert len(emulator.jobs) == jobs_before + 1
    else:
        with pytest.raises(expected) as caught:
            run_and_read(client, "echo", {"file": CONTENT})
        assert len(emulator.jobs) <= jobs_before + 1
        if operation in ("progress", "result"):
            assert caught.value.prediction.id == emulator.jobs[-1].id
        if operation == "submit":
            assert emulator.count("submit") == submits_before + 1
    assert emulator.faults.pending == 0


@pytest.mark.parametrize("operation", ["sign", "put", "progress", "result", "get"])
@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "bad_gateway_html"])
def test_five_faults_in_a_row_are_survived(emulator, make_client, run_and_read, operation, fault):
    jobs_before = len(emulator.jobs)
    emulator.faults.add(operation, fault, times=5)
    assert run_and_read(make_client(), "echo", {"file": CONTENT}) == CONTENT
    assert len(emulator.jobs) == jobs_before + 1


@pytest.mark.parametrize("operation", ["sign", "put"])
def test_a_failed_upload_submits_nothing(emulator, make_client, run_and_read, operation):
    submits_before = emulator.count("submit")
    emulator.faults.add(operation, "bad_gateway_html", times=100)
    with pytest.raises(SpeedPixException) as caught:
        run_and_read(make_client(), "echo", {"file": CONTENT})
    assert caught.value.status_code == 502
    assert emulator.count("submit") == submits_before


@pytest.mark.parametrize("operation", ["progress", "result"])
def test_polling_that_stays_down_carries_the_prediction(
    emulator, make_client, run_and_read, operation
):
    client = make_client()
    emulator.faults.add(operation, "bad_gateway", times=1000)
    with pytest.raises(ServerError) as caught:
        run_and_read(client, "echo", {"file": CONTENT})
    prediction = caught.value.prediction
    emulator.faults.clear()
    assert prediction.wait().output["copy"].read() == CONTENT
    assert any(prediction.id in note for note in caught.value.__notes__)


def test_no_retries_with_max_retries_0(emulator, make_client):
    client = make_client(max_retries=0)
    emulator.faults.add("sign", "bad_gateway")
    before = emulator.count("sign")
    with pytest.raises(ServerError):
        client.files.create(CONTENT)
    assert emulator.count("sign") == before + 1
