"""What comes beside an output, and what is remembered of it."""

from __future__ import annotations

import tracemalloc

import pytest

from speedpix import Prediction
from speedpix.predictions.history.history import MemoryHistory
from speedpix.predictions.reload import reload

from ..stage import ok, refused

URL = "https://store.test/{}.png?Signature={}"


def reloaded(stage, *answers):
    prediction = Prediction(id="run-1", link=stage.context.link)
    stage.run(reload(stage.context, prediction), *answers)
    return prediction


def test_info_and_parameters_and_other_images(stage):
    prediction = reloaded(
        stage,
        ok(status="succeeded"),
        ok(
            status="succeeded",
            result={"a": {"url": URL.format("a", 1), "type": "image"}},
            images=[URL.format("a", 2), URL.format("preview", 1)],
            info={"seed": "42", "log": URL.format("log", 1)},
            parameters=["any", "thing"],
        ),
    )
    assert list(prediction.output) == ["a"]
    assert [file.filename for file in prediction.temp_files] == ["preview.png"]
    assert prediction.info["seed"] == "42"
    assert prediction.info["log"].filename == "log.png"
    assert prediction.parameters == ["any", "thing"]
    output = prediction.output
    assert (output.info, output.parameters) == (prediction.info, prediction.parameters)


def test_images_are_the_output_where_the_fields_are_empty(stage):
    result = ok(status="succeeded", result={}, images=[URL.format("a", 1)])
    prediction = reloaded(stage, ok(status="succeeded"), result)
    assert prediction.output == {"images": [URL.format("a", 1)]}
    assert prediction.temp_files == []


def test_a_failed_run_has_its_info_too(stage):
    failed = refused("out of memory", "OOM", data={"status": "failed", "info": {"node": "7"}})
    assert reloaded(stage, ok(status="failed"), failed).info == {"node": "7"}


@pytest.mark.parametrize("image", [URL.format("now", 1), None, 7, "", "no address"])
def test_the_current_image(stage, image):
    progress = reloaded(stage, ok(status="running", currentImage=image)).progress
    if image == URL.format("now", 1):
        assert progress.current_image == image
        assert hasattr(progress.current_image, "save")
    else:
        assert progress.current_image is None


def test_the_memory_of_runs_keeps_no_outputs(stage):
    history = MemoryHistory()
    tracemalloc.start()
    try:
        for number in range(200):
            prediction = Prediction(id=str(number), status="waiting")
            history.add(prediction)
            prediction.status, prediction.output = "succeeded", {"text": bytearray(1 << 20)}
            history.update(prediction)
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size < 5 << 20
    del prediction
    assert [run.id for run in history.newest_first()[:2]] == ["199", "198"]
    assert {run.status for run in history.newest_first()} == {"succeeded"}
