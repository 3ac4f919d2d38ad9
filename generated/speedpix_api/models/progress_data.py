from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.known_task_status import KnownTaskStatus, check_known_task_status
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.progress_state import ProgressState


T = TypeVar("T", bound="ProgressData")


@_attrs_define
class ProgressData:
    """How far a run is.

    Attributes:
        status (KnownTaskStatus | str): The state of a run. Values other than the known ones may be added.
        task_id (None | str | Unset): The id of the run.
        progress (float | None | Unset): The fraction of the run that is done, from 0 to 1.
        last_queue_remaining (int | None | Unset): The number of runs ahead in the queue; only while waiting.
        eta_relative (float | None | Unset): The time left, in seconds; 0 while waiting.
        message (None | str | Unset): A message about the run.
        current_image (None | str | Unset): The URL of a picture of the run so far, or of its output; by workflow.
        state (None | ProgressState | Unset): What is being done; only while running.
    """

    status: KnownTaskStatus | str
    task_id: None | str | Unset = UNSET
    progress: float | None | Unset = UNSET
    last_queue_remaining: int | None | Unset = UNSET
    eta_relative: float | None | Unset = UNSET
    message: None | str | Unset = UNSET
    current_image: None | str | Unset = UNSET
    state: None | ProgressState | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.progress_state import ProgressState  # noqa: PLC0415

        status: str
        if isinstance(self.status, str):
            status = self.status
        else:
            status = self.status

        task_id: None | str | Unset
        if isinstance(self.task_id, Unset):
            task_id = UNSET
        else:
            task_id = self.task_id

        progress: float | None | Unset
        if isinstance(self.progress, Unset):
            progress = UNSET
        else:
            progress = self.progress

        last_queue_remaining: int | None | Unset
        if isinstance(self.last_queue_remaining, Unset):
            last_queue_remaining = UNSET
        else:
            last_queue_remaining = self.last_queue_remaining

        eta_relative: float | None | Unset
        if isinstance(self.eta_relative, Unset):
            eta_relative = UNSET
        else:
            eta_relative = self.eta_relative

        message: None | str | Unset
        if isinstance(self.message, Unset):
            message = UNSET
        else:
            message = self.message

        current_image: None | str | Unset
        if isinstance(self.current_image, Unset):
            current_image = UNSET
        else:
            current_image = self.current_image

        state: dict[str, Any] | None | Unset
        if isinstance(self.state, Unset):
            state = UNSET
        elif isinstance(self.state, ProgressState):
            state = self.state.to_dict()
        else:
            state = self.state

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "status": status,
            }
        )
        if task_id is not UNSET:
            field_dict["taskId"] = task_id
        if progress is not UNSET:
            field_dict["progress"] = progress
        if last_queue_remaining is not UNSET:
            field_dict["lastQueueRemaining"] = last_queue_remaining
        if eta_relative is not UNSET:
            field_dict["etaRelative"] = eta_relative
        if message is not UNSET:
            field_dict["message"] = message
        if current_image is not UNSET:
            field_dict["currentImage"] = current_image
        if state is not UNSET:
            field_dict["state"] = state

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.progress_state import ProgressState  # noqa: PLC0415

        d = dict(src_dict)

        def _parse_status(data: object) -> KnownTaskStatus | str:
            try:
                if not isinstance(data, str):
                    raise TypeError()
                componentsschemas_task_status_type_0 = check_known_task_status(data)

                return componentsschemas_task_status_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast("KnownTaskStatus | str", data)

        status = _parse_status(d.pop("status"))

        def _parse_task_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast("None | str | Unset", data)

        task_id = _parse_task_id(d.pop("taskId", UNSET))

        def _parse_progress(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast("float | None | Unset", data)

        progress = _parse_progress(d.pop("progress", UNSET))

        def _parse_last_queue_remaining(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast("int | None | Unset", data)

        last_queue_remaining = _parse_last_queue_remaining(
            d.pop("lastQueueRemaining", UNSET)
        )

        def _parse_eta_relative(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast("float | None | Unset", data)

        eta_relative = _parse_eta_relative(d.pop("etaRelative", UNSET))

        def _parse_message(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast("None | str | Unset", data)

        message = _parse_message(d.pop("message", UNSET))

        def _parse_current_image(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast("None | str | Unset", data)

        current_image = _parse_current_image(d.pop("currentImage", UNSET))

        def _parse_state(data: object) -> None | ProgressState | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                state_type_0 = ProgressState.from_dict(data)

                return state_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast("None | ProgressState | Unset", data)

        state = _parse_state(d.pop("state", UNSET))

        progress_data = cls(
            status=status,
            task_id=task_id,
            progress=progress,
            last_queue_remaining=last_queue_remaining,
            eta_relative=eta_relative,
            message=message,
            current_image=current_image,
            state=state,
        )

        progress_data.additional_properties = d
        return progress_data

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
