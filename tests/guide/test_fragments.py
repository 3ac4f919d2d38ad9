"""The guide's fragments, which use names of their surroundings, run in this process."""

from __future__ import annotations

import base64
import os
import re
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image
from speedpix_emulator import Emulator, Failure

import speedpix
from speedpix import Client

# The guide's absolute paths are put in place where that is permitted (as in a container).
# Elsewhere they are moved under a temporary folder, which the test's name then says.
PLACE = "absolute_path_as_written" if os.access("/", os.W_OK) else "absolute_path_moved"
with_absolute_path = pytest.mark.parametrize("place", [PLACE])


@pytest.fixture
def placed(tmp_path, picture):
    """A function that puts a picture at an absolute path of the guide, and says where it is.

    What it creates outside the temporary folder is removed afterwards.
    """
    created = []

    def put(path, place):
        if place == "absolute_path_moved":
            path = tmp_path / path.relative_to("/")
        if not path.exists():
            created.extend([path, *(folder for folder in path.parents if not folder.exists())])
            picture(path)
        return path

    yield put
    for path in created:
        path.rmdir() if path.is_dir() else path.unlink()


def data_uri(path, media_type):
    return f"data:{media_type};base64,{base64.b64encode(Path(path).read_bytes()).decode()}"


def assert_uploaded(guide, url, path):
    assert guide.sent(url) == Path(path).read_bytes()


def test_the_constructors_parameters(guide, new_jobs):
    with guide.fragment("09_constructor.py", Client=Client)["client"] as client:
        client.run("workflow-123", {"prompt": "test"})

    assert len(new_jobs()) == 1


def test_the_constructors_forms(guide, emulator, new_jobs):
    with ExitStack() as clients:
        made = []

        def construct(*args, **options):
            made.append(clients.enter_context(Client(*args, **options)))
            return made[-1]

        guide.fragment("10_constructor_examples.py", Client=construct)
        made[0].run("workflow-123", {"prompt": "from the environment"})
        made[2].run("workflow-123", {"prompt": "positional"})

    assert [job.inputs["prompt"] for job in new_jobs()] == ["from the environment", "positional"]
    assert [repr(client) for client in made] == [
        f"Client(app_key='your-app-key', endpoint='{endpoint}')"
        for endpoint in (emulator.url, "https://your-endpoint.com", emulator.url)
    ]


@pytest.mark.parametrize("name", ["11_run.py", "13_async_run.py"])
def test_run_takes_workflow_input_and_options(guide, client, new_jobs, name):
    names = guide.fragment(
        name,
        client=client,
        workflow_id="workflow-123",
        input={"prompt": "test"},
        kwargs={"alias_id": "v2.1", "randomise_seeds": True},
    )

    (job,) = new_jobs()
    assert (job.submission.alias_id, job.submission.randomise_seeds) == ("v2.1", True)
    assert job.inputs == {"prompt": "test"}
    assert names["output"]["images"]["type"] == "image"


@with_absolute_path
def test_the_examples_of_run(guide, client, new_jobs, placed, place):
    guide.give("source.jpg", "input.jpg", "control.jpg")
    style = placed(Path("/Users/you/style.png"), place)
    source = guide.text("12_run_examples.py").replace("/Users/you/style.png", str(style))

    names = guide.code(source, "12_run_examples.py", client=client)

    basic, advanced, background = new_jobs()
    assert_uploaded(guide, basic.inputs["image"], "source.jpg")
    assert (basic.inputs["strength"], basic.inputs["steps"]) == (0.8, 20)
    assert advanced.submission.alias_id == "v2.1"
    assert advanced.inputs == {
        "prompt": "风格转换",
        "source_image": data_uri("input.jpg", "image/jpeg"),
        "style_image": data_uri(style, "image/png"),
        "control_image": data_uri("control.jpg", "image/jpeg"),
    }
    assert background.inputs == {"prompt": "复杂任务"}
    assert guide.printed() == f"任务ID: {background.id}\n"
    assert names["result"].status == "succeeded"


def test_a_prediction_is_created(guide, client, new_jobs):
    names = guide.fragment(
        "14_predictions_create.py",
        client=client,
        workflow_id="workflow-123",
        input={"prompt": "test"},
    )

    (job,) = new_jobs()
    assert names["prediction"].id == job.id
    assert job.submission.alias_id == "main"


@pytest.fixture
def queued(client, emulator):
    """A run with two others ahead of it."""
    emulator.next_run("workflow-123", queue=[(3600, 2)])
    return client.run("workflow-123", {"prompt": "test"}, wait=False)


def test_a_prediction_is_got(guide, client, queued):
    names = guide.fragment("15_predictions_get.py", client=client, prediction_id=queued.id)

    assert (names["prediction"].id, names["prediction"].status) == (queued.id, "waiting")
    assert names["prediction"].progress.queue_length == 2


def test_a_prediction_is_reloaded(guide, queued):
    updated = guide.fragment("21_reload.py", prediction=queued)["updated"]

    assert (updated.id, updated.status) == (queued.id, "waiting")
    assert updated.progress.queue_length == queued.progress.queue_length == 2


def test_the_predictions_are_listed(guide, client):
    first = client.run("workflow-123", {"prompt": "first"}, wait=False)
    second = client.run("workflow-123", {"prompt": "second"}, wait=False)

    assert guide.fragment("16_predictions_list.py", client=client)["predictions"] == [second, first]


def test_the_examples_of_predictions(guide, client, new_jobs):
    guide.give("input.jpg")

    names = guide.fragment("17_predictions_examples.py", client=client)

    (job,) = new_jobs()
    assert_uploaded(guide, job.inputs["image"], "input.jpg")
    assert names["updated"].id == names["result"].id == job.id
    assert guide.printed() == f"状态: {names['updated'].status}\n"
    assert names["result"].output["images"]["type"] == "image"


@pytest.mark.parametrize("given", [str, Path, lambda path: BytesIO(Path(path).read_bytes())])
def test_a_file_is_uploaded(guide, client, given):
    guide.give("input.jpg")

    names = guide.fragment("18_files_create.py", client=client, file_input=given("input.jpg"))

    assert_uploaded(guide, names["file"].access_url, "input.jpg")


def test_the_examples_of_files(guide, client, new_jobs):
    guide.give("image.jpg")

    names = guide.fragment("19_files_examples.py", client=client)

    for name in ("file1", "file2", "file3"):
        assert_uploaded(guide, names[name].access_url, "image.jpg")
    assert new_jobs()[0].inputs == {"image": names["file1"].access_url, "prompt": "处理图片"}


def test_a_prediction_is_waited_for(guide, client):
    prediction = client.run("workflow-123", {"prompt": "test"}, wait=False)

    result = guide.fragment("20_wait.py", prediction=prediction)["result"]

    assert (result.id, result.status) == (prediction.id, "succeeded")


def test_the_methods_of_an_output_file(guide, client):
    output = client.run("workflow-123", {"prompt": "test"})

    names = guide.fragment("22_file_output.py", output=output)

    with Image.open("result.png") as image:
        assert image.size == (64, 48)
    assert names["buffer"] == Path("result.png").read_bytes()
    assert names["url"] == output["images"]["url"]
    assert_uploaded(guide, names["url"], "result.png")


@pytest.mark.parametrize("name", ["23_module_run.py", "24_module_async_run.py"])
def test_the_modules_functions(guide, new_jobs, name):
    names = guide.fragment(name, speedpix=speedpix)

    (job,) = new_jobs()
    assert (job.workflow_id, job.inputs) == ("workflow-123", {"prompt": "test"})
    assert names["output"]["images"]["type"] == "image"


def test_errors_an_input_that_is_none(guide, client, new_jobs):
    """The guide's `{...}` stands for an input, but is a set to Python."""
    guide.fragment("25_error_handling.py", client=client)

    said, status = guide.printed().splitlines()
    assert said.startswith("API错误: input must be a mapping")
    assert status == "状态码: None"
    assert not new_jobs()


def test_errors_a_run_that_fails(guide, client, emulator, new_jobs):
    emulator.next_run("workflow-id", failure=Failure("显存不足", code="OUT_OF_MEMORY"))

    guide.fragment("25_error_handling.py", client=with_an_input(client))

    said, prediction, details = guide.printed().splitlines()
    assert said.startswith("预测错误: 显存不足")
    assert "OUT_OF_MEMORY" in said
    assert prediction == f"预测ID: {new_jobs()[0].id}"
    assert details == "错误详情: 显存不足"


def test_errors_a_call_that_is_refused(guide, emulator):
    with Client("your-app-key", "another secret", endpoint=emulator.url) as client:
        guide.fragment("25_error_handling.py", client=with_an_input(client))

    said, status = guide.printed().splitlines()
    assert said.startswith("API错误: Invalid Signature")
    assert status == "状态码: 403"


def with_an_input(client):
    """Put an input where the guide has `{...}`."""
    return SimpleNamespace(run=lambda workflow_id, **_: client.run(workflow_id, {"prompt": "test"}))


@with_absolute_path
def test_way_2_a_client_and_an_absolute_path(guide, new_jobs, placed, place):
    reference = placed(Path("/path/to/ref.png"), place)
    source = guide.text("27_way_2_client.py").replace("/path/to/ref.png", str(reference))

    guide.code(source, "27_way_2_client.py")["client"].close()

    (job,) = new_jobs()
    assert job.submission.alias_id == "main"
    assert job.inputs["prompt"] == "test"
    assert_uploaded(guide, job.inputs["reference"], reference)


def test_way_3_full_control(guide, client, new_jobs):
    guide.give("control.jpg")

    names = guide.fragment("28_way_3_full_control.py", client=client)

    (job,) = new_jobs()
    assert_uploaded(guide, job.inputs["controlnet"], "control.jpg")
    assert (names["result"].id, names["result"].status) == (job.id, "succeeded")


def test_file_parameters(guide, client, new_jobs):
    guide.give("input.jpg")
    file = client.files.create("./input.jpg")

    input_data = guide.fragment("31_file_parameters.py", file=file)["input_data"]
    client.run("workflow-123", input_data)

    assert new_jobs()[0].inputs == input_data
    assert len(input_data) == 9


class TestTheEndToEndExampleSays:
    """The example's branches for what can go wrong."""

    @pytest.fixture(autouse=True)
    def files(self, guide):
        guide.give("input.jpg", "style.jpg")

    def test_that_a_run_failed(self, guide, emulator, new_jobs):
        emulator.next_run("your-workflow-id", failure=Failure("显存不足"))

        said, prediction, details = guide.module("32_end_to_end.py").splitlines()[-3:]

        assert said.startswith("处理失败: 显存不足")
        assert prediction == f" 预测ID: {new_jobs()[0].id}"
        assert details == " 错误详情: 显存不足"

    def test_that_a_call_was_refused(self, guide, monkeypatch):
        monkeypatch.setenv("SPEEDPIX_APP_SECRET", "another secret")

        assert guide.module("32_end_to_end.py").startswith("处理失败: Invalid Signature")

    def test_that_a_file_is_missing(self, guide):
        Path("style.jpg").unlink()

        said = guide.module("32_end_to_end.py")

        assert said.startswith("处理失败: ")
        assert "style.jpg" in said

    def test_that_the_output_has_no_picture(self, guide, monkeypatch):
        """A workflow without output fields gives a list, which can't be saved."""
        with Emulator("your-app-key", "your-app-secret") as emulator:
            emulator.workflow("your-workflow-id")(lambda inputs: {"any": Image.new("L", (8, 8))})
            monkeypatch.setenv("SPEEDPIX_ENDPOINT", emulator.url)

            assert guide.module("32_end_to_end.py").endswith("输出中没有找到图片结果\n")


def test_the_simplest_way_with_its_commented_lines(guide, new_jobs):
    guide.give("input.jpg")
    source = re.sub("# (return_temp_files|output)", r"\1", guide.text("04_simplest.py"))

    guide.code(source, "04_simplest.py")["client"].close()

    assert guide.printed() == ""
    assert new_jobs()[0].submission.return_temp_files is True
    for name in ("output.png", "subject_image.png", "mask_image.png"):
        with Image.open(name) as image:
            image.load()
