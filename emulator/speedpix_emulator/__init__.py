"""A SpeedPix service on your own machine, for demos and tests.

What is named here is public, all else is not. Imports only go down this page, type-only ones too:

- `__main__`: the command line; `emulator`: the parts put together, started and stopped
- `app`: what answers which path; `serving`: sockets and threads; `fault_catalogue`: faults by name;
  `white_background/`: the sample workflow; `page/`: what a browser shows
- `gateway/`: requests checked, the four calls answered
- `runs/`: workflows, and what becomes of a run
- `store/`: uploads and downloads by pre-signed URLs
- `exchanges/`: what all exchanges have in common: the record of them, and faults
- `clock`, `limits`
"""

from __future__ import annotations

import sys

try:
    from .clock import Clock, SteppedClock, SystemClock
    from .emulator import DEFAULT_APP_KEY, DEFAULT_APP_SECRET, Emulator
    from .exchanges.faults import Answer, Fault, FaultPlan
    from .exchanges.records import RecordedRequest
    from .fault_catalogue import body, http_status, service_error, store_error
    from .runs.errors import WorkflowError
    from .runs.jobs import Job
    from .runs.outputs import OutputFile
    from .runs.script import Failure, Node, Script
    from .runs.workflows import Input, Kind
    from .store.objects import StoredObject
except ModuleNotFoundError as error:
    # `python -m` imports this before `__main__`; a command's user is shown no traceback.
    if sys.argv[:1] != ["-m"]:
        raise
    missing = (error.name or "more").partition(".")[0]
    sys.exit(f"the emulator needs {missing}; in the clone: pip install '.[emulator]'")

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
