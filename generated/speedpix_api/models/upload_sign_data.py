from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="UploadSignData")


@_attrs_define
class UploadSignData:
    """A place for a temporary file.

    Attributes:
        upload_url (str): The pre-signed URL to PUT the file to; opaque, and secret until it expires.
        object_key (None | str | Unset): The name of the object in the store.
        path (None | str | Unset): The path of the object.
        access_url (None | str | Unset): The URL to read the file from; what goes into the inputs of a run. Where it is
            missing, uploadUrl without its query is all there is.
        expire_time (float | None | str | Unset): When uploadUrl expires. A number, or its digits as a string, is a time
            since the epoch, whose unit is not documented: 13 digits are milliseconds, 10 are seconds. Any other string is
            an ISO 8601 date.
    """

    upload_url: str
    object_key: None | str | Unset = UNSET
    path: None | str | Unset = UNSET
    access_url: None | str | Unset = UNSET
    expire_time: float | None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        upload_url = self.upload_url

        object_key: None | str | Unset
        if isinstance(self.object_key, Unset):
            object_key = UNSET
        else:
            object_key = self.object_key

        path: None | str | Unset
        if isinstance(self.path, Unset):
            path = UNSET
        else:
            path = self.path

        access_url: None | str | Unset
        if isinstance(self.access_url, Unset):
            access_url = UNSET
        else:
            access_url = self.access_url

        expire_time: float | None | str | Unset
        if isinstance(self.expire_time, Unset):
            expire_time = UNSET
        else:
            expire_time = self.expire_time

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "uploadUrl": upload_url,
            }
        )
        if object_key is not UNSET:
            field_dict["objectKey"] = object_key
        if path is not UNSET:
            field_dict["path"] = path
        if access_url is not UNSET:
            field_dict["accessUrl"] = access_url
        if expire_time is not UNSET:
            field_dict["expireTime"] = expire_time

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        upload_url = d.pop("uploadUrl")

        def _parse_object_key(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast("None | str | Unset", data)

        object_key = _parse_object_key(d.pop("objectKey", UNSET))

        def _parse_path(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast("None | str | Unset", data)

        path = _parse_path(d.pop("path", UNSET))

        def _parse_access_url(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast("None | str | Unset", data)

        access_url = _parse_access_url(d.pop("accessUrl", UNSET))

        def _parse_expire_time(data: object) -> float | None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast("float | None | str | Unset", data)

        expire_time = _parse_expire_time(d.pop("expireTime", UNSET))

        upload_sign_data = cls(
            upload_url=upload_url,
            object_key=object_key,
            path=path,
            access_url=access_url,
            expire_time=expire_time,
        )

        upload_sign_data.additional_properties = d
        return upload_sign_data

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
