"""One item's runs on record: the manifest as the history that its flows write to."""

from __future__ import annotations

from attrs import define

from ...exceptions import ManifestError
from ...logs import logger
from ...values.prediction import Prediction, Record, name_of
from ..manifest.entry import OPEN, SUBMITTING, Entry
from ..manifest.manifest import Manifest


@define
class ItemRecord:
    """What the flows of one item write: its intent before the submit, and the run's id after."""

    manifest: Manifest
    entry: Entry
    before: Entry | None = None

    @property
    def blocks(self) -> bool:
        """Return False: a commit takes less than to hand it to a thread."""
        return False

    def add(self, prediction: Prediction) -> None:
        """Record that the item is about to be submitted; this is durable on return."""
        prediction.record = Record(self.entry.position)
        self.put(self.entry._replace(state=SUBMITTING, submitted_at=prediction.submitted_at))
        self.manifest.commit()

    def update(self, prediction: Prediction) -> None:
        """Record the run's id, once it is known; this is durable on return, too."""
        if prediction.id and self.entry.prediction_id != prediction.id:
            try:
                self.put(self.entry._replace(state=OPEN, prediction_id=prediction.id))
                self.manifest.commit()
            except ManifestError as error:
                logger.error("%s: started, and not on record: %s", name_of(prediction), error)
                raise

    def remove(self, _prediction: Prediction) -> None:
        """Restore what was known before a submit that certainly started nothing."""
        if self.before is None:
            self.manifest.remove(self.entry.key)
        else:
            met = self.entry  # by this call
            self.put(self.before._replace(position=met.position, call=met.call))

    def newest_first(self) -> list[Prediction]:
        """Return nothing: this history is written only."""
        return []

    def close(self) -> None:
        """Do nothing: the manifest is closed by whoever opened it."""

    def put(self, entry: Entry) -> None:
        """Record what is known of the item."""
        self.entry = entry
        self.manifest.put(entry)
