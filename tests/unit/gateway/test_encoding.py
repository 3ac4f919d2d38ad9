"""What of a submit's body is encoded where an event loop waits for it."""

from __future__ import annotations

import json

import pytest
from speedpix_api.models.comfy_prompt_request import ComfyPromptRequest
from speedpix_api.models.json_object import JsonObject

from speedpix.flow import drivers
from speedpix.flow.effects import Work
from speedpix.gateway import endpoints


@pytest.mark.parametrize(
    ("inputs", "in_a_thread"),
    [
        ({"text": "一幅画"}, False),
        ({"image": "a" * 1_000_000, "mask": "b" * 1_000_000}, True),
        ({"numbers": list(range(1000))}, True),
    ],
)
def test_a_large_body_is_encoded_in_a_thread(inputs, in_a_thread):
    done = []

    def perform(effect):
        assert isinstance(effect, Work)
        done.append(effect)
        return effect.function()

    body = ComfyPromptRequest("w", JsonObject.from_dict(inputs))
    content = drivers.run(endpoints._encoded(body), perform)
    assert json.loads(content)["inputs"] == inputs
    assert bool(done) is in_a_thread
