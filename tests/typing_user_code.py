"""Code as users write it, which `mypy --strict` must accept; it is never run."""

from __future__ import annotations

import gzip
import io
import subprocess
import tarfile
import tempfile
import zipfile
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import IO, Any, BinaryIO, Dict, List, Optional, Tuple, Union

import httpx
import httpx2
import numpy as np
import numpy.typing as npt
from PIL import Image
from speedpix_api import Client as APIClient
from speedpix_api.models import (
    ComfyGetProgressResponse,
    ComfyPromptRequest,
    ComfyPromptResponse,
    JsonObject,
    TaskRequest,
    UploadSignRequest,
)
from speedpix_emulator import Emulator, Failure, Fault
from typing_extensions import Unpack, assert_type

import speedpix
from speedpix import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    AuthenticationError,
    Batch,
    BatchInUseError,
    BatchStoppedError,
    Client,
    ConfigurationError,
    Counts,
    CreateOptions,
    DownloadError,
    File,
    FileOutput,
    Files,
    HistoryError,
    InputError,
    InvalidRequestError,
    ManifestError,
    MapOptions,
    NotFoundError,
    Output,
    PermissionDeniedError,
    Plan,
    Prediction,
    PredictionError,
    Predictions,
    PredictionTimeoutError,
    Progress,
    RateLimitError,
    Result,
    RunOptions,
    ServerError,
    SpeedPixException,
    SubmitOutcomeUnknownError,
    UploadError,
    comfy_get_progress,
    comfy_get_result,
    comfy_prompt,
    sp_create_temp_file_upload_sign,
)
from speedpix.testing import NoWaitClock, emulator, no_waiting


def clients() -> None:
    client = Client()
    Client("key", "secret")
    Client("key", "secret", "https://host.test", 60.0, "me/1")
    Client(endpoint=None, app_key=None, app_secret=None, timeout=30.0, user_agent=None)
    Client(max_retries=0, local_files="never", allow_http=True)
    Client(http_client=httpx.Client(), async_http_client=httpx.AsyncClient())
    Client(http_client=httpx2.Client(), async_http_client=httpx2.AsyncClient())
    Client(timeout=httpx.Timeout(60.0, connect=5.0), default_headers={"X-Team": "a"})
    Client(timeout=httpx2.Timeout(60.0, connect=5.0))
    assert_type(client.with_options(timeout=None, max_retries=0), Client)
    assert_type(client.with_options(timeout=5, local_files="never").run("w", {}), Output)
    assert_type(client.is_closed, bool)
    Client(history=Path("runs.sqlite"), history_keeps_input=True)
    assert_type(client.predictions, Predictions)
    assert_type(client.files, Files)
    assert_type(client.api, APIClient)
    with Client() as entered:
        assert_type(entered, Client)
    client.close()


async def async_clients() -> None:
    async with Client() as entered:
        assert_type(entered, Client)
    await Client().aclose()


def runs(client: Client, wait: bool) -> None:
    assert_type(client.run("w", {"image": "./a.jpg", "steps": 20}), Output)
    assert_type(client.run(workflow_id="w", input={"text": "x"}, alias_id="main"), Output)
    assert_type(client.run("w", {}, wait=True), Output)
    assert_type(client.run("w", {}, wait=False), Prediction)
    assert_type(client.run("w", {}, wait=wait), Union[Output, Prediction])
    assert_type(
        client.run(
            "w",
            {"nested": {"list": [Path("a.jpg"), b"content", io.BytesIO(), 1, None]}},
            version_id="v1",
            file_encoding_strategy="base64",
            polling_interval=2.0,
            wait_timeout=60,
            resource_config_id="a,default",
            randomise_seeds=True,
            return_temp_files=True,
            label="cup.jpg",
        ),
        Output,
    )


def passing_on(client: Client, **options: Unpack[RunOptions]) -> Output:
    create: CreateOptions = {"alias_id": "main", "file_encoding_strategy": "base64", "label": "a"}
    assert_type(client.predictions.create("w", {}, **create), Prediction)
    return client.run("w", {}, **options)


def passing_on_a_catalogue(client: Client, **options: Unpack[MapOptions]) -> Batch:
    return client.map("w", [{}], **options)


async def async_passing_on(client: Client, **options: Unpack[RunOptions]) -> Output:
    return await client.async_run("w", {}, **options)


def options_form(client: Client) -> None:
    assert_type(client.run("w", {"input": {"text": "x"}, "alias_id": "main"}), Output)
    assert_type(client.run("w", {"input": {"text": "x"}, "wait": True}), Output)
    assert_type(client.run("w", {"input": {"text": "x"}, "wait": False}), Prediction)
    assert_type(speedpix.run("w", {"input": {"text": "x"}}), Output)
    assert_type(speedpix.run("w", {"input": {"text": "x"}, "wait": False}), Prediction)


async def async_runs(client: Client, wait: bool) -> None:
    assert_type(await client.async_run("w", {"image": "./a.jpg"}), Output)
    assert_type(await client.async_run("w", {}, wait=True), Output)
    assert_type(await client.async_run("w", {}, wait=False), Prediction)
    assert_type(await client.async_run("w", {}, wait=wait), Union[Output, Prediction])
    assert_type(await client.async_run("w", {"input": {"a": 1}, "wait": False}), Prediction)
    assert_type(await speedpix.async_run("w", {}, client=client), Output)
    assert_type(await speedpix.async_run("w", {}, wait=False), Prediction)


def module_functions(client: Client | None, wait: bool) -> None:
    assert_type(speedpix.run("w", {"prompt": "test"}, client=client), Output)
    assert_type(speedpix.run("w", {}, wait=False), Prediction)
    assert_type(speedpix.run("w", {}, wait=wait), Union[Output, Prediction])
    assert_type(speedpix.__version__, str)


def outputs(client: Client) -> None:
    output = client.run("w", {})
    output["images"]["url"].save("output.png")
    output["images"].save(Path("output.png"))
    for value in output.values():
        if isinstance(value, FileOutput):
            assert_type(value.save("out/"), Path)
            assert_type(value.read(), bytes)
            assert_type(value.open(), BinaryIO)
            assert_type(value.to_pil(), Image.Image)
            assert_type(value.to_numpy(), "npt.NDArray[Any]")
            assert_type(value.url, str)
            assert_type(value.filename, str)
            assert_type(value.type, Optional[str])
            assert_type(value.format, Optional[str])
            assert_type((value.width, value.height), Tuple[Optional[int], Optional[int]])


async def async_outputs(file: FileOutput) -> None:
    assert_type(await file.async_save("output.png"), Path)
    assert_type(await file.async_read(), bytes)
    assert_type(await file.async_open(), BinaryIO)
    assert_type(await file.async_to_pil(), Image.Image)
    assert_type(await file.async_to_numpy(), "npt.NDArray[Any]")


def pictures(client: Client, array: npt.NDArray[np.uint8]) -> None:
    assert_type(speedpix.picture(array), Image.Image)
    image = Image.new("RGB", (4, 3))
    output = client.run("w", {"image": image, "style": {"mask": speedpix.picture(array)}})
    assert_type(output, Output)
    assert_type(output.save_all("out"), List[Path])
    assert_type(output.save_all(Path("out")), List[Path])
    assert_type(output.save_all("out", prefix="coffee-", overwrite=False), List[Path])
    assert_type(client.files.create(image), File)


async def async_pictures(output: Output) -> None:
    assert_type(await output.async_save_all("out"), List[Path])
    saved = await output.async_save_all("out", prefix="coffee-", overwrite=False)
    assert_type(saved, List[Path])


def predictions(client: Client) -> None:
    prediction = client.predictions.create("w", {"prompt": "x"}, alias_id="main")
    assert_type(prediction, Prediction)
    client.predictions.create("w", {}, resource_config_id="pool", file_encoding_strategy="url")
    client.predictions.create("w", {}, label=None)
    assert_type(prediction.label, Optional[str])
    assert_type(client.predictions.get(prediction.id), Prediction)
    assert_type(client.predictions.list(), List[Prediction])
    assert_type(prediction.wait(), Prediction)
    assert_type(prediction.wait(polling_interval=1.0, timeout=60), Prediction)
    assert_type(prediction.result(), Output)
    assert_type(prediction.result(polling_interval=1.0, timeout=60)["images"], Any)
    assert_type(prediction.reload(), Prediction)
    assert_type(prediction.done, bool)
    assert_type(prediction.id, str)
    status: str | None = prediction.status
    status = "running" if status is None else prediction.progress.status
    assert_type(prediction.input, Optional[Dict[str, Any]])
    assert_type(prediction.output, Optional[Output])
    assert_type(prediction.error, Optional[str])
    assert_type(prediction.error_code, Optional[str])
    assert_type(prediction.invoke_id, Optional[str])
    assert_type(prediction.begin, Optional[datetime])
    assert_type(prediction.end, Optional[datetime])
    assert_type(prediction.duration, Optional[float])


def told(progress: Progress) -> None:
    assert_type(progress.prediction_id, Optional[str])
    assert_type(progress.label, Optional[str])


async def async_told(progress: Progress) -> int:
    return progress.step or 0


def listening(client: Client, prediction: Prediction, seen: list[Progress]) -> None:
    assert_type(client.run("w", {}, on_progress=told), Output)
    assert_type(client.run("w", {}, on_progress=seen.append, progress=True), Output)
    assert_type(client.run("w", {}, on_progress=lambda told: told.fraction), Output)
    assert_type(client.run("w", {}, on_progress=print), Output)
    assert_type(prediction.result(on_progress=seen.append, progress=True), Output)
    assert_type(client.run("w", {}, on_progress=None, progress=None, wait=False), Prediction)
    assert_type(client.run("w", {"input": {}, "on_progress": told, "progress": True}), Output)
    assert_type(speedpix.run("w", {}, on_progress=told, progress=True), Output)
    assert_type(prediction.wait(2.0, on_progress=told, progress=True), Prediction)
    for each in prediction.stream():
        assert_type(each, Progress)
    for each in prediction.stream(polling_interval=1, timeout=60.0):
        assert_type(each, Progress)
    assert_type(next(prediction.stream()), Progress)


async def async_listening(client: Client, prediction: Prediction) -> None:
    assert_type(await client.async_run("w", {}, on_progress=async_told), Output)
    assert_type(await client.async_run("w", {}, on_progress=told, progress=True), Output)
    assert_type(await speedpix.async_run("w", {}, on_progress=async_told), Output)
    assert_type(await prediction.async_wait(on_progress=async_told, progress=True), Prediction)
    async for each in prediction.stream(polling_interval=1, timeout=60.0):
        assert_type(each, Progress)
    assert_type([each.fraction async for each in prediction.stream()], List[Optional[float]])


def progress(prediction: Prediction) -> None:
    told = prediction.progress
    assert_type(told, Progress)
    assert_type(told.fraction, Optional[float])
    assert_type(told.queue_length, Optional[int])
    assert_type(told.seconds_left, Optional[float])
    assert_type(told.node, Optional[str])
    assert_type((told.step, told.steps), Tuple[Optional[int], Optional[int]])
    assert_type(told.message, Optional[str])


async def async_predictions(client: Client) -> None:
    prediction = await client.predictions.async_create("w", {})
    assert_type(prediction, Prediction)
    assert_type(await client.predictions.async_get(prediction.id), Prediction)
    assert_type(await prediction.async_wait(2.0), Prediction)
    assert_type(await prediction.async_result(on_progress=async_told), Output)
    assert_type(await prediction.async_reload(), Prediction)


def files(client: Client) -> None:
    with Path("a.jpg").open("rb") as stream:
        for kind in ("./a.jpg", Path("a.jpg"), stream, b"content", bytearray(), io.BytesIO()):
            assert_type(client.files.create(kind), File)
    with zipfile.ZipFile("a.zip") as archive, archive.open("a.jpg") as member:
        client.files.create(member)
    with tarfile.open("a.tar") as archive_of_tar:
        extracted = archive_of_tar.extractfile("a.jpg")
        if extracted is not None:
            client.files.create(extracted)
    with gzip.open("a.jpg.gz") as unpacked:
        client.files.create(unpacked)
    with tempfile.SpooledTemporaryFile() as spooled, tempfile.NamedTemporaryFile() as named:
        client.files.create(spooled)
        client.files.create(named)
    with subprocess.Popen(["true"], stdout=subprocess.PIPE) as program:
        if program.stdout is not None:
            client.files.create(program.stdout)
    binary: IO[bytes] = io.BytesIO()
    client.files.create(binary)
    client.files.create(piece for piece in (b"1", b"2"))
    client.files.create(("a.png", b"content", "image/png"))
    client.files.create(("a.png", binary))
    client.files.create("file:///a.jpg", on_progress=lambda done, total: done, timeout=60)
    file = client.files.create(b"content", filename="a.png", content_type="image/png")
    assert_type(file.access_url, str)
    assert_type(file.url, str)
    assert_type(str(file), str)
    assert_type(file.path, Optional[str])
    assert_type(file.object_key, Optional[str])
    assert_type(file.upload_url, str)
    assert_type(file.expire_time, Optional[datetime])
    assert_type((file.name, file.content_type, file.size), Tuple[str, str, int])
    client.run("w", {"image": file, "again": file.access_url})


async def async_files(client: Client) -> None:
    async def told(done: int, total: int | None) -> None: ...

    assert_type(await client.files.async_create(Path("a.jpg")), File)
    await client.files.async_create(Path("a.jpg"), on_progress=told, timeout=None)


def many_runs(client: Client) -> None:
    inputs = ({"image": path} for path in Path().iterdir())
    batch = client.map("w", inputs, key="sku", save_to="out", manifest=Path("m.sqlite"))
    assert_type(batch, Batch)
    for result in batch:
        assert_type(result, Result)
        assert_type(result.get(), Output)
        assert_type(result.saved, Tuple[Path, ...])
    with suppress(HistoryError, ManifestError, BatchInUseError, BatchStoppedError):
        assert_type(batch.counts, Counts)
    assert_type(batch.plan(), Plan)
    assert_type(batch.report("r.csv"), Path)
    client.map("w", [], retry=("failed", "unknown"), version_id="v1", on_error="raise")
    client.map("w", [{}], label="shoes", save_to="out")
    speedpix.map("w", [{"a": 1}], client=client, max_runs=5)
    speedpix.map("w", [], concurency=5)  # type: ignore[call-arg]


async def async_many_runs(client: Client) -> None:
    async for result in client.map("w", [{}], on_progress=print):
        assert_type(result, Result)


def errors(client: Client) -> None:
    try:
        client.run("w", {})
    except PredictionError as error:
        assert_type(error.prediction, Prediction)
        assert_type(error.prediction.error, Optional[str])
    except PredictionTimeoutError as error:
        assert_type(error.prediction.wait(), Prediction)
    except (AuthenticationError, PermissionDeniedError, RateLimitError) as error:
        assert_type(error.request_id, Optional[str])
    except (InvalidRequestError, NotFoundError, ServerError):
        pass
    except APIError as error:
        assert_type(error.status_code, Optional[int])
    except APITimeoutError as error:
        assert_type(error.sent, bool)
    except (APIConnectionError, SubmitOutcomeUnknownError, InputError, ConfigurationError):
        pass
    except (UploadError, DownloadError):
        pass
    except SpeedPixException as error:
        assert_type(error.message, str)
        assert_type(error.prediction_id, Optional[str])
        assert_type(error.retry_after, Optional[float])
        assert_type(error.code, Optional[str])
        assert_type(error.invoke_id, Optional[str])


def tests_of_their_own() -> None:
    with emulator(
        duration=60,
        queue=[(10, 2)],
        failure="out of memory",
        faults=[("progress", "unavailable"), ("submit", Fault("silent", hang_before=1.0), 2)],
    ) as running:
        assert_type(running, Emulator)
    with emulator(no_wait=False, duration=len, failure=Failure("out of memory")):
        pass
    with no_waiting() as clock:
        assert_type(clock, NoWaitClock)
        Client(clock=clock)


def low_level(client: Client) -> None:
    body = ComfyPromptRequest(
        workflow_id="w", alias_id="main", inputs=JsonObject.from_dict({"prompt": "x"})
    )
    assert_type(comfy_prompt.sync(client=client.api, body=body), Optional[ComfyPromptResponse])
    task = TaskRequest(task_id="id")
    found = comfy_get_progress.sync(client=client.api, body=task)
    assert_type(found, Optional[ComfyGetProgressResponse])
    comfy_get_result.sync_detailed(client=client.api, body=task)
    place = UploadSignRequest(content_type="image/png", original_filename="a.png")
    sp_create_temp_file_upload_sign.sync(client=client.api, body=place)


async def async_low_level(client: Client) -> None:
    task = TaskRequest(task_id="id")
    found = await comfy_get_progress.asyncio(client=client.api, body=task)
    assert_type(found, Optional[ComfyGetProgressResponse])
