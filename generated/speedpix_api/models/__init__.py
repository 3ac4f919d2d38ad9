"""Contains all the data models used in inputs/outputs"""

from __future__ import annotations

from .comfy_get_progress_response import ComfyGetProgressResponse
from .comfy_get_result_response import ComfyGetResultResponse
from .comfy_prompt_data import ComfyPromptData
from .comfy_prompt_request import ComfyPromptRequest
from .comfy_prompt_response import ComfyPromptResponse
from .envelope import Envelope
from .json_object import JsonObject
from .known_task_status import KnownTaskStatus
from .progress_data import ProgressData
from .progress_state import ProgressState
from .result_data import ResultData
from .task_request import TaskRequest
from .upload_sign_data import UploadSignData
from .upload_sign_request import UploadSignRequest
from .upload_sign_response import UploadSignResponse

__all__ = (
    "ComfyGetProgressResponse",
    "ComfyGetResultResponse",
    "ComfyPromptData",
    "ComfyPromptRequest",
    "ComfyPromptResponse",
    "Envelope",
    "JsonObject",
    "KnownTaskStatus",
    "ProgressData",
    "ProgressState",
    "ResultData",
    "TaskRequest",
    "UploadSignData",
    "UploadSignRequest",
    "UploadSignResponse",
)
