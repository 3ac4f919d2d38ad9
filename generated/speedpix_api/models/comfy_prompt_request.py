from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.json_object import JsonObject


T = TypeVar("T", bound="ComfyPromptRequest")


@_attrs_define
class ComfyPromptRequest:
    """A run to submit. One of alias_id and version_id is required. Leave out what has no value; null is taken for absent.

    Attributes:
        workflow_id (str): The id of the published workflow.
        inputs (JsonObject): A free-form JSON object; its fields are found by name.
        alias_id (None | str | Unset): A movable pointer to a version, such as main.
        version_id (None | str | Unset): A fixed version, such as v1.
        randomise_seeds (bool | None | Unset): Use new random seeds, so that no cached output is given; false when
            absent.
        return_temp_files (bool | None | Unset): Also return previews and other temporary files; false when absent.
    """

    workflow_id: str
    inputs: JsonObject
    alias_id: None | str | Unset = UNSET
    version_id: None | str | Unset = UNSET
    randomise_seeds: bool | None | Unset = UNSET
    return_temp_files: bool | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        workflow_id = self.workflow_id

        inputs = self.inputs.to_dict()

        alias_id: None | str | Unset
        if isinstance(self.alias_id, Unset):
            alias_id = UNSET
        else:
            alias_id = self.alias_id

        version_id: None | str | Unset
        if isinstance(self.version_id, Unset):
            version_id = UNSET
        else:
            version_id = self.version_id

        randomise_seeds: bool | None | Unset
        if isinstance(self.randomise_seeds, Unset):
            randomise_seeds = UNSET
        else:
            randomise_seeds = self.randomise_seeds

        return_temp_files: bool | None | Unset
        if isinstance(self.return_temp_files, Unset):
            return_temp_files = UNSET
        else:
            return_temp_files = self.return_temp_files

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "workflow_id": workflow_id,
                "inputs": inputs,
            }
        )
        if alias_id is not UNSET:
            field_dict["alias_id"] = alias_id
        if version_id is not UNSET:
            field_dict["version_id"] = version_id
        if randomise_seeds is not UNSET:
            field_dict["randomise_seeds"] = randomise_seeds
        if return_temp_files is not UNSET:
            field_dict["return_temp_files"] = return_temp_files

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.json_object import JsonObject  # noqa: PLC0415

        d = dict(src_dict)
        workflow_id = d.pop("workflow_id")

        inputs = JsonObject.from_dict(d.pop("inputs"))

        def _parse_alias_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast("None | str | Unset", data)

        alias_id = _parse_alias_id(d.pop("alias_id", UNSET))

        def _parse_version_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast("None | str | Unset", data)

        version_id = _parse_version_id(d.pop("version_id", UNSET))

        def _parse_randomise_seeds(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast("bool | None | Unset", data)

        randomise_seeds = _parse_randomise_seeds(d.pop("randomise_seeds", UNSET))

        def _parse_return_temp_files(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast("bool | None | Unset", data)

        return_temp_files = _parse_return_temp_files(d.pop("return_temp_files", UNSET))

        comfy_prompt_request = cls(
            workflow_id=workflow_id,
            inputs=inputs,
            alias_id=alias_id,
            version_id=version_id,
            randomise_seeds=randomise_seeds,
            return_temp_files=return_temp_files,
        )

        comfy_prompt_request.additional_properties = d
        return comfy_prompt_request

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
