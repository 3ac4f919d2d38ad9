from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.progress_data import ProgressData


T = TypeVar("T", bound="ComfyGetProgressResponse")


@_attrs_define
class ComfyGetProgressResponse:
    """The answer to comfy_get_progress.

    Attributes:
        status (int | None | Unset): The outcome of the call, 10 for success, 20 for failure.
        api_invoke_id (None | str | Unset): The id of the call; quote it to support.
        err_code (None | str | Unset): The error code of the gateway application; to be ignored on success.
        err_message (None | str | Unset): The error message of the gateway application.
        sub_err_code (None | str | Unset): The error code of the service behind it; more specific than errCode, and
            likewise to be ignored on success.
        sub_err_message (None | str | Unset): The error message of the service behind it; more specific than errMessage.
        start_time (Any | Unset): Not documented; only null has been seen.
        end_time (Any | Unset): Not documented; only null has been seen.
        data (None | ProgressData | Unset):
    """

    status: int | None | Unset = UNSET
    api_invoke_id: None | str | Unset = UNSET
    err_code: None | str | Unset = UNSET
    err_message: None | str | Unset = UNSET
    sub_err_code: None | str | Unset = UNSET
    sub_err_message: None | str | Unset = UNSET
    start_time: Any | Unset = UNSET
    end_time: Any | Unset = UNSET
    data: None | ProgressData | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.progress_data import ProgressData  # noqa: PLC0415

        status: int | None | Unset
        if isinstance(self.status, Unset):
            status = UNSET
        else:
            status = self.status

        api_invoke_id: None | str | Unset
        if isinstance(self.api_invoke_id, Unset):
            api_invoke_id = UNSET
        else:
            api_invoke_id = self.api_invoke_id

        err_code: None | str | Unset
        if isinstance(self.err_code, Unset):
            err_code = UNSET
        else:
            err_code = self.err_code

        err_message: None | str | Unset
        if isinstance(self.err_message, Unset):
            err_message = UNSET
        else:
            err_message = self.err_message

        sub_err_code: None | str | Unset
        if isinstance(self.sub_err_code, Unset):
            sub_err_code = UNSET
        else:
            sub_err_code = self.sub_err_code

        sub_err_message: None | str | Unset
        if isinstance(self.sub_err_message, Unset):
            sub_err_message = UNSET
        else:
            sub_err_message = self.sub_err_message

        start_time = self.start_time

        end_time = self.end_time

        data: dict[str, Any] | None | Unset
        if isinstance(self.data, Unset):
            data = UNSET
        elif isinstance(self.data, ProgressData):
            data = self.data.to_dict()
        else:
            data = self.data

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if status is not UNSET:
            field_dict["status"] = status
        if api_invoke_id is not UNSET:
            field_dict["apiInvokeId"] = api_invoke_id
        if err_code is not UNSET:
            field_dict["errCode"] = err_code
        if err_message is not UNSET:
            field_dict["errMessage"] = err_message
        if sub_err_code is not UNSET:
            field_dict["subErrCode"] = sub_err_code
        if sub_err_message is not UNSET:
            field_dict["subErrMessage"] = sub_err_message
        if start_time is not UNSET:
            field_dict["startTime"] = start_time
        if end_time is not UNSET:
            field_dict["endTime"] = end_time
        if data is not UNSET:
            field_dict["data"] = data

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.progress_data import ProgressData  # noqa: PLC0415

        d = dict(src_dict)

        def _parse_status(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast("int | None | Unset", data)

        status = _parse_status(d.pop("status", UNSET))

        def _parse_api_invoke_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast("None | str | Unset", data)

        api_invoke_id = _parse_api_invoke_id(d.pop("apiInvokeId", UNSET))

        def _parse_err_code(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast("None | str | Unset", data)

        err_code = _parse_err_code(d.pop("errCode", UNSET))

        def _parse_err_message(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast("None | str | Unset", data)

        err_message = _parse_err_message(d.pop("errMessage", UNSET))

        def _parse_sub_err_code(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast("None | str | Unset", data)

        sub_err_code = _parse_sub_err_code(d.pop("subErrCode", UNSET))

        def _parse_sub_err_message(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast("None | str | Unset", data)

        sub_err_message = _parse_sub_err_message(d.pop("subErrMessage", UNSET))

        start_time = d.pop("startTime", UNSET)

        end_time = d.pop("endTime", UNSET)

        def _parse_data(data: object) -> None | ProgressData | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                data_type_0 = ProgressData.from_dict(data)

                return data_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast("None | ProgressData | Unset", data)

        data = _parse_data(d.pop("data", UNSET))

        comfy_get_progress_response = cls(
            status=status,
            api_invoke_id=api_invoke_id,
            err_code=err_code,
            err_message=err_message,
            sub_err_code=sub_err_code,
            sub_err_message=sub_err_message,
            start_time=start_time,
            end_time=end_time,
            data=data,
        )

        comfy_get_progress_response.additional_properties = d
        return comfy_get_progress_response

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
