"""A SpeedPix service on your own machine, for demos and tests."""

from __future__ import annotations

from .clock import Clock, SteppedClock, SystemClock
from .emulator import DEFAULT_APP_KEY, DEFAULT_APP_SECRET, Emulator
from .exchanges.faults import Answer, Fault, FaultPlan
from .exchanges.records import RecordedRequest
from .fault_catalogue import body, http_status, service_error, store_error
from .runs.jobs import Job
from .runs.outputs import OutputFile
from .runs.script import Failure, Node, Script
from .runs.workflows import Input, Kind, WorkflowError
from .store.objects import StoredObject

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
