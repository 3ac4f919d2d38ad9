"""Scripts set for the next runs only."""

from __future__ import annotations

import threading

from attrs import define, evolve

from .script import Script


@define
class _Ahead:
    workflow_id: str | None
    changes: dict[str, object]
    times: int


class ScriptsAhead:
    """Changes to the scripts of runs that are still to be submitted, used up in order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ahead: list[_Ahead] = []

    def add(self, workflow_id: str | None, times: int, changes: dict[str, object]) -> None:
        """Change the script of the next `times` runs of a workflow, or of any when None."""
        _changed(Script(), changes)
        with self._lock:
            self._ahead.append(_Ahead(workflow_id, changes, times))

    def take(self, workflow_id: str, script: Script) -> Script:
        """Return the script for a run that is being submitted."""
        with self._lock:
            for ahead in self._ahead:
                if ahead.workflow_id in (None, workflow_id):
                    ahead.times -= 1
                    if ahead.times <= 0:
                        self._ahead.remove(ahead)
                    return _changed(script, ahead.changes)
        return script


def _changed(script: Script, changes: dict[str, object]) -> Script:
    return evolve(script, **changes)  # type: ignore[arg-type]
