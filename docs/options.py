"""Show each function in the API reference as `help` does: one signature, its options by name."""

from __future__ import annotations

import inspect
import pydoc
from typing import Any

import griffe


class Options(griffe.Extension):
    """What `speedpix.predictions.options.takes` decorates gets the signature that it makes."""

    def on_function(self, *, func: griffe.Function, **_: Any) -> None:
        if not any(str(each.value).startswith("takes(") for each in func.decorators):
            return
        func.overloads = None
        func.parameters = griffe.Parameters(
            *(
                _parameter(each)
                for each in inspect.signature(pydoc.locate(func.path)).parameters.values()
            )
        )


def _parameter(shown: inspect.Parameter) -> griffe.Parameter:
    default = {shown.empty: None, ...: "..."}.get(shown.default, repr(shown.default))
    annotation = None if shown.annotation is shown.empty else str(shown.annotation)
    return griffe.Parameter(
        shown.name,
        annotation=annotation,
        kind=griffe.ParameterKind[shown.kind.name.lower()],
        default=default,
    )
