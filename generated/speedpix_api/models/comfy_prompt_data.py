from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.known_task_status import KnownTaskStatus, check_known_task_status
from ..types import UNSET, Unset

T = TypeVar("T", bound="ComfyPromptData")


@_attrs_define
class ComfyPromptData:
    """The run that was submitted.

    Attributes:
        task_id (str): The id of the run, for comfy_get_progress and comfy_get_result.
        status (KnownTaskStatus | None | str | Unset):
        estimated_duration_in_seconds (float | None | Unset): How long the run is expected to take, in seconds.
    """

    task_id: str
    status: KnownTaskStatus | None | str | Unset = UNSET
    estimated_duration_in_seconds: float | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        task_id = self.task_id

        status: None | str | Unset
        if isinstance(self.status, Unset):
            status = UNSET
        elif isinstance(self.status, str):
            status = self.status
        else:
            status = self.status

        estimated_duration_in_seconds: float | None | Unset
        if isinstance(self.estimated_duration_in_seconds, Unset):
            estimated_duration_in_seconds = UNSET
        else:
            estimated_duration_in_seconds = self.estimated_duration_in_seconds

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "taskId": task_id,
            }
        )
        if status is not UNSET:
            field_dict["status"] = status
        if estimated_duration_in_seconds is not UNSET:
            field_dict["estimatedDurationInSeconds"] = estimated_duration_in_seconds

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        task_id = d.pop("taskId")

        def _parse_status(data: object) -> KnownTaskStatus | None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                componentsschemas_task_status_type_0 = check_known_task_status(data)

                return componentsschemas_task_status_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast("KnownTaskStatus | None | str | Unset", data)

        status = _parse_status(d.pop("status", UNSET))

        def _parse_estimated_duration_in_seconds(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast("float | None | Unset", data)

        estimated_duration_in_seconds = _parse_estimated_duration_in_seconds(
            d.pop("estimatedDurationInSeconds", UNSET)
        )

        comfy_prompt_data = cls(
            task_id=task_id,
            status=status,
            estimated_duration_in_seconds=estimated_duration_in_seconds,
        )

        comfy_prompt_data.additional_properties = d
        return comfy_prompt_data

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
