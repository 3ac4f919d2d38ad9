from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.known_task_status import KnownTaskStatus, check_known_task_status
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.json_object import JsonObject


T = TypeVar("T", bound="ResultData")


@_attrs_define
class ResultData:
    """The output of a run.

    Attributes:
        task_id (None | str | Unset): The id of the run.
        status (KnownTaskStatus | None | str | Unset):
        task_duration (int | None | Unset): How long the run took, in milliseconds.
        task_begin_time (int | None | Unset): When the run began, in milliseconds since the epoch (13 digits).
        task_end_time (int | None | Unset): When the run ended, in milliseconds since the epoch (13 digits).
        images (list[str] | None | Unset): The default output, of a workflow published without output fields: URLs that
            expire. Null when the run produced no file.
        result (JsonObject | None | Unset): The output fields chosen at publishing. A file (image, audio or video) is an
            object with at least `url`, which expires, and `type`; by kind also `filename`, `object_key`, `format`, `width`
            and `height` in pixels, and what else is known of a video or a sound. An image may have a `preview`: a further
            URL of the same picture, not a further output. Other fields are plain JSON.
        info (JsonObject | None | Unset): Not documented.
        parameters (JsonObject | None | Unset): Not documented.
    """

    task_id: None | str | Unset = UNSET
    status: KnownTaskStatus | None | str | Unset = UNSET
    task_duration: int | None | Unset = UNSET
    task_begin_time: int | None | Unset = UNSET
    task_end_time: int | None | Unset = UNSET
    images: list[str] | None | Unset = UNSET
    result: JsonObject | None | Unset = UNSET
    info: JsonObject | None | Unset = UNSET
    parameters: JsonObject | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.json_object import JsonObject  # noqa: PLC0415

        task_id: None | str | Unset
        if isinstance(self.task_id, Unset):
            task_id = UNSET
        else:
            task_id = self.task_id

        status: None | str | Unset
        if isinstance(self.status, Unset):
            status = UNSET
        elif isinstance(self.status, str):
            status = self.status
        else:
            status = self.status

        task_duration: int | None | Unset
        if isinstance(self.task_duration, Unset):
            task_duration = UNSET
        else:
            task_duration = self.task_duration

        task_begin_time: int | None | Unset
        if isinstance(self.task_begin_time, Unset):
            task_begin_time = UNSET
        else:
            task_begin_time = self.task_begin_time

        task_end_time: int | None | Unset
        if isinstance(self.task_end_time, Unset):
            task_end_time = UNSET
        else:
            task_end_time = self.task_end_time

        images: list[str] | None | Unset
        if isinstance(self.images, Unset):
            images = UNSET
        elif isinstance(self.images, list):
            images = self.images

        else:
            images = self.images

        result: dict[str, Any] | None | Unset
        if isinstance(self.result, Unset):
            result = UNSET
        elif isinstance(self.result, JsonObject):
            result = self.result.to_dict()
        else:
            result = self.result

        info: dict[str, Any] | None | Unset
        if isinstance(self.info, Unset):
            info = UNSET
        elif isinstance(self.info, JsonObject):
            info = self.info.to_dict()
        else:
            info = self.info

        parameters: dict[str, Any] | None | Unset
        if isinstance(self.parameters, Unset):
            parameters = UNSET
        elif isinstance(self.parameters, JsonObject):
            parameters = self.parameters.to_dict()
        else:
            parameters = self.parameters

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if task_id is not UNSET:
            field_dict["taskId"] = task_id
        if status is not UNSET:
            field_dict["status"] = status
        if task_duration is not UNSET:
            field_dict["taskDuration"] = task_duration
        if task_begin_time is not UNSET:
            field_dict["taskBeginTime"] = task_begin_time
        if task_end_time is not UNSET:
            field_dict["taskEndTime"] = task_end_time
        if images is not UNSET:
            field_dict["images"] = images
        if result is not UNSET:
            field_dict["result"] = result
        if info is not UNSET:
            field_dict["info"] = info
        if parameters is not UNSET:
            field_dict["parameters"] = parameters

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.json_object import JsonObject  # noqa: PLC0415

        d = dict(src_dict)

        def _parse_task_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast("None | str | Unset", data)

        task_id = _parse_task_id(d.pop("taskId", UNSET))

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

        def _parse_task_duration(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast("int | None | Unset", data)

        task_duration = _parse_task_duration(d.pop("taskDuration", UNSET))

        def _parse_task_begin_time(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast("int | None | Unset", data)

        task_begin_time = _parse_task_begin_time(d.pop("taskBeginTime", UNSET))

        def _parse_task_end_time(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast("int | None | Unset", data)

        task_end_time = _parse_task_end_time(d.pop("taskEndTime", UNSET))

        def _parse_images(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                images_type_0 = cast("list[str]", data)

                return images_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast("list[str] | None | Unset", data)

        images = _parse_images(d.pop("images", UNSET))

        def _parse_result(data: object) -> JsonObject | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                result_type_0 = JsonObject.from_dict(data)

                return result_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast("JsonObject | None | Unset", data)

        result = _parse_result(d.pop("result", UNSET))

        def _parse_info(data: object) -> JsonObject | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                info_type_0 = JsonObject.from_dict(data)

                return info_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast("JsonObject | None | Unset", data)

        info = _parse_info(d.pop("info", UNSET))

        def _parse_parameters(data: object) -> JsonObject | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                parameters_type_0 = JsonObject.from_dict(data)

                return parameters_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast("JsonObject | None | Unset", data)

        parameters = _parse_parameters(d.pop("parameters", UNSET))

        result_data = cls(
            task_id=task_id,
            status=status,
            task_duration=task_duration,
            task_begin_time=task_begin_time,
            task_end_time=task_end_time,
            images=images,
            result=result,
            info=info,
            parameters=parameters,
        )

        result_data.additional_properties = d
        return result_data

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
