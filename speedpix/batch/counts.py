"""How far a batch is."""

from __future__ import annotations

from attrs import frozen


@frozen
class Counts:
    """How many items of a batch came to what.

    Attributes:
        drawn: the inputs that were drawn so far.
        running: the runs that are under way.
        submitted: the paid submits of this call, those with an unknown outcome included.
        succeeded: see `Result.status`, as for all that follow.
        skipped: done by an earlier call.
        failed: without output.
        unknown: submitted, perhaps.
        open: not brought home.
    """

    drawn: int = 0
    running: int = 0
    submitted: int = 0
    succeeded: int = 0
    skipped: int = 0
    failed: int = 0
    unknown: int = 0
    open: int = 0

    @property
    def ended(self) -> int:
        """Return how many results there are."""
        return self.succeeded + self.skipped + self.failed + self.unknown + self.open
