"""A SpeedPix service on your own machine, for demos and tests."""

from __future__ import annotations

from .clock import Clock, SteppedClock, SystemClock
from .emulator import DEFAULT_APP_KEY, DEFAULT_APP_SECRET, Emulator
from .fault_catalogue import body, http_status, service_error, store_error
from .faults import Answer, Fault, FaultPlan
from .files_out import OutputFile
from .jobs import Job
from .records import RecordedRequest
from .script import Failure, Node, Script
from .store import StoredObject
from .workflows import Input, Kind, WorkflowError

__all__ = [
    "DEFAULT_APP_KEY",
    "DEFAULT_APP_SECRET",
    "Answer",
    "Clock",
    "Emulator",
    "Failure",
    "Fault",
    "FaultPlan",
    "Input",
    "Job",
    "Kind",
    "Node",
    "OutputFile",
    "RecordedRequest",
    "Script",
    "SteppedClock",
    "StoredObject",
    "SystemClock",
    "WorkflowError",
    "body",
    "http_status",
    "service_error",
    "store_error",
]
