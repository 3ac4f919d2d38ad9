"""Remember where in a run's result a file stands, and ask there for a fresh URL of it."""

from __future__ import annotations

from typing import Any, Tuple, Union

from attrs import frozen
from speedpix_api.models.json_object import JsonObject
from speedpix_api.models.result_data import ResultData

from ..exceptions import SpeedPixException
from ..flow.effects import Flow
from ..gateway.endpoints import get_result
from ..session import Link

Key = Union[str, int]
Keys = Tuple[Key, ...]


@frozen(eq=False)
class Origin:
    """Hold where an output file was found: in which run's output, and under which keys."""

    link: Link
    prediction_id: str | None
    keys: Keys = ()

    def at(self, key: Key) -> Origin:
        """Return the origin of what stands under a key."""
        return Origin(self.link, self.prediction_id, (*self.keys, key))

    def fresh_url(self) -> Flow[str | None]:
        """Ask for the result again, which comes with fresh URLs, and find this file's."""
        if self.prediction_id is None:
            return None
        try:
            answer = yield from get_result(self.link.engine().gateway, self.prediction_id)
            found: Any = output_of(answer.require())
            for key in self.keys:
                found = found[key]
        except (SpeedPixException, LookupError, TypeError):
            return None  # the error that made this necessary says more
        found = found.get("url") if isinstance(found, dict) else found
        return found if isinstance(found, str) else None


def output_of(data: ResultData) -> dict[str, Any]:
    """Return the output in a result: its fields, or `images` for a workflow without any."""
    if isinstance(data.result, JsonObject):
        return data.result.additional_properties
    images = data.images if isinstance(data.images, list) else []
    return {"images": images}
