"""Run SpeedPix (智作工坊) workflows from Python.

>>> from speedpix import Client
>>> output = Client().run("workflow-id", {"image": "./input.jpg", "text": "一幅画"})
>>> output["images"]["url"].save("output.png")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .version import __version__

if TYPE_CHECKING:
    from speedpix_api.api.scc import (
        comfy_get_progress as comfy_get_progress,
    )
    from speedpix_api.api.scc import (
        comfy_get_result as comfy_get_result,
    )
    from speedpix_api.api.scc import (
        comfy_prompt as comfy_prompt,
    )
    from speedpix_api.api.scc import (
        sp_create_temp_file_upload_sign as sp_create_temp_file_upload_sign,
    )

    from .client import Client as Client
    from .exceptions import (
        APIConnectionError as APIConnectionError,
    )
    from .exceptions import (
        APIError as APIError,
    )
    from .exceptions import (
        APITimeoutError as APITimeoutError,
    )
    from .exceptions import (
        AuthenticationError as AuthenticationError,
    )
    from .exceptions import (
        ConfigurationError as ConfigurationError,
    )
    from .exceptions import (
        DownloadError as DownloadError,
    )
    from .exceptions import (
        HistoryError as HistoryError,
    )
    from .exceptions import (
        InputError as InputError,
    )
    from .exceptions import (
        InvalidRequestError as InvalidRequestError,
    )
    from .exceptions import (
        NotFoundError as NotFoundError,
    )
    from .exceptions import (
        PermissionDeniedError as PermissionDeniedError,
    )
    from .exceptions import (
        PredictionError as PredictionError,
    )
    from .exceptions import (
        PredictionTimeoutError as PredictionTimeoutError,
    )
    from .exceptions import (
        RateLimitError as RateLimitError,
    )
    from .exceptions import (
        ServerError as ServerError,
    )
    from .exceptions import (
        SpeedPixException as SpeedPixException,
    )
    from .exceptions import (
        SubmitOutcomeUnknownError as SubmitOutcomeUnknownError,
    )
    from .exceptions import (
        UploadError as UploadError,
    )
    from .inputs.pictures import picture as picture
    from .resources import Files as Files
    from .resources import Predictions as Predictions
    from .shortcuts import async_run as async_run
    from .shortcuts import run as run
    from .values.files import File as File
    from .values.files import FileOutput as FileOutput
    from .values.output import Output as Output
    from .values.prediction import Prediction as Prediction
    from .values.progress import Progress as Progress

# Where each public name comes from: nothing is imported before it is asked for (PEP 562).
_HOMES = {
    "Client": "speedpix.client",
    "File": "speedpix.values.files",
    "FileOutput": "speedpix.values.files",
    "Files": "speedpix.resources",
    "Output": "speedpix.values.output",
    "Prediction": "speedpix.values.prediction",
    "Predictions": "speedpix.resources",
    "Progress": "speedpix.values.progress",
    "async_run": "speedpix.shortcuts",
    "picture": "speedpix.inputs.pictures",
    "run": "speedpix.shortcuts",
    **dict.fromkeys(
        (
            "APIConnectionError",
            "APIError",
            "APITimeoutError",
            "AuthenticationError",
            "ConfigurationError",
            "DownloadError",
            "HistoryError",
            "InputError",
            "InvalidRequestError",
            "NotFoundError",
            "PermissionDeniedError",
            "PredictionError",
            "PredictionTimeoutError",
            "RateLimitError",
            "ServerError",
            "SpeedPixException",
            "SubmitOutcomeUnknownError",
            "UploadError",
        ),
        "speedpix.exceptions",
    ),
    **dict.fromkeys(
        (
            "comfy_get_progress",
            "comfy_get_result",
            "comfy_prompt",
            "sp_create_temp_file_upload_sign",
        ),
        "speedpix_api.api.scc",
    ),
}

__all__ = ["__version__", *_HOMES]  # noqa: PLE0604 - the names above


if not TYPE_CHECKING:  # type checkers know the names above, and complain of others

    def __getattr__(name: str) -> Any:
        home = _HOMES.get(name)
        if home is None:
            message = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(message)
        if home == "speedpix_api.api.scc":
            value: Any = import_module(f"{home}.{name}")
        else:
            value = getattr(import_module(home), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
