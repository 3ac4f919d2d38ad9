"""Run SpeedPix (智作工坊) workflows from Python.

>>> from speedpix import Client
>>> output = Client().run("workflow-id", {"image": "./input.jpg", "text": "一幅画"})
>>> output["images"]["url"].save("output.png")

Public are the names here, `speedpix.exceptions`, `speedpix.testing` and `speedpix.pytest_plugin`.
All other modules are private: they may change in any release.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .version import __version__

if TYPE_CHECKING:
    from speedpix_api.api.scc import (
        comfy_get_progress as comfy_get_progress,
        comfy_get_result as comfy_get_result,
        comfy_prompt as comfy_prompt,
        sp_create_temp_file_upload_sign as sp_create_temp_file_upload_sign,
    )

    from .batch.batch import Batch as Batch
    from .batch.counts import Counts as Counts
    from .batch.map_options import MapOptions as MapOptions
    from .batch.result import Plan as Plan, Result as Result
    from .client import Client as Client
    from .exceptions import (
        APIConnectionError as APIConnectionError,
        APIError as APIError,
        APITimeoutError as APITimeoutError,
        AuthenticationError as AuthenticationError,
        BatchInUseError as BatchInUseError,
        BatchStoppedError as BatchStoppedError,
        ConfigurationError as ConfigurationError,
        DownloadError as DownloadError,
        HistoryError as HistoryError,
        InputError as InputError,
        InvalidRequestError as InvalidRequestError,
        ManifestError as ManifestError,
        NotFoundError as NotFoundError,
        PermissionDeniedError as PermissionDeniedError,
        PredictionError as PredictionError,
        PredictionTimeoutError as PredictionTimeoutError,
        RateLimitError as RateLimitError,
        ServerError as ServerError,
        SpeedPixException as SpeedPixException,
        SubmitOutcomeUnknownError as SubmitOutcomeUnknownError,
        UploadError as UploadError,
    )
    from .inputs.pictures import picture as picture
    from .predictions.options import CreateOptions as CreateOptions, RunOptions as RunOptions
    from .resources import Files as Files, Predictions as Predictions
    from .shortcuts import async_run as async_run, map as map, run as run
    from .values.file import File as File
    from .values.file_output import FileOutput as FileOutput
    from .values.output import Output as Output
    from .values.prediction import Prediction as Prediction
    from .values.progress import Progress as Progress

# Where each public name comes from: nothing is imported before it is asked for (PEP 562).
_HOMES = {
    name: home
    for home, names in {
        "speedpix.batch.batch": "Batch",
        "speedpix.batch.counts": "Counts",
        "speedpix.batch.map_options": "MapOptions",
        "speedpix.batch.result": "Plan Result",
        "speedpix.client": "Client",
        "speedpix.exceptions": (
            "APIConnectionError APIError APITimeoutError AuthenticationError BatchInUseError "
            "BatchStoppedError ConfigurationError DownloadError HistoryError InputError "
            "InvalidRequestError ManifestError NotFoundError PermissionDeniedError "
            "PredictionError PredictionTimeoutError RateLimitError ServerError "
            "SpeedPixException SubmitOutcomeUnknownError UploadError"
        ),
        "speedpix.inputs.pictures": "picture",
        "speedpix.predictions.options": "CreateOptions RunOptions",
        "speedpix.resources": "Files Predictions",
        "speedpix.shortcuts": "async_run map run",
        "speedpix.values.file": "File",
        "speedpix.values.file_output": "FileOutput",
        "speedpix.values.output": "Output",
        "speedpix.values.prediction": "Prediction",
        "speedpix.values.progress": "Progress",
        "speedpix_api.api.scc": (
            "comfy_get_progress comfy_get_result comfy_prompt sp_create_temp_file_upload_sign"
        ),
    }.items()
    for name in names.split()
}

__all__ = ["__version__", *_HOMES]  # noqa: PLE0604 - the names above


if not TYPE_CHECKING:  # type checkers know the names above, and complain of others

    def __getattr__(name: str) -> Any:
        home = _HOMES.get(name)
        if home is None:
            message = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(message)
        from .forks import importing

        with importing.value:
            if home == "speedpix_api.api.scc":
                value: Any = import_module(f"{home}.{name}")
            else:
                value = getattr(import_module(home), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
