"""A client of the wire, written from the rules alone: it signs, sends and uploads."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid

JSON = "application/json; charset=utf-8"
PROMPT = "/scc/comfy_prompt"
PROGRESS = "/scc/comfy_get_progress"
RESULT = "/scc/comfy_get_result"
SIGN = "/scc/sp_create_temp_file_upload_sign"
SIGNED = ("x-ca-key", "x-ca-nonce", "x-ca-signature-method", "x-ca-timestamp")


class Wire:
    """Talks to one emulator over one httpx.Client."""

    def __init__(self, emulator, http):
        self.emulator = emulator
        self.http = http

    def headers(self, path, content, secret=None, signed=SIGNED, method="POST", **changes):
        """The headers of a signed call; `changes` replace some before, None removes."""
        headers = {
            "accept": JSON,
            "content-type": JSON,
            "content-md5": base64.b64encode(hashlib.md5(content).digest()).decode(),
            "date": "Sun, 22 Nov 2026 10:00:00 GMT",
            "x-ca-key": self.emulator.app_key,
            "x-ca-nonce": str(uuid.uuid4()),
            "x-ca-signature-method": "HmacSHA256",
            "x-ca-timestamp": str(round(self.emulator.clock.time() * 1000)),
        }
        for name, value in changes.items():
            headers[name.replace("_", "-")] = value
        headers = {name: value for name, value in headers.items() if value is not None}
        fields = ["accept", "content-md5", "content-type", "date"]
        text = "\n".join(
            [method, *(headers.get(name, "") for name in fields)]
            + [f"{name}:{headers.get(name, '')}" for name in sorted(signed)]
            + [path]
        )
        key = (secret or self.emulator.app_secret).encode()
        digest = hmac.new(key, text.encode(), hashlib.sha256).digest()
        headers["x-ca-signature-headers"] = ",".join(signed)
        headers["x-ca-signature"] = base64.b64encode(digest).decode()
        return headers

    def post(self, path, body, after=(), **options):
        """Send a signed call; `after` replaces headers once they are signed."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {**self.headers(path, content, **options), **dict(after)}
        return self.http.post(self.emulator.url + path, content=content, headers=headers)

    def data(self, path, body):
        """The payload of a call that must succeed."""
        envelope = self.post(path, body).json()
        assert envelope["status"] == 10, envelope
        return envelope["data"]

    def error(self, path, body):
        """The service's error code and message of a call that must fail."""
        response = self.post(path, body)
        envelope = response.json()
        assert (response.status_code, envelope["status"], envelope["data"]) == (200, 20, None)
        return envelope["subErrCode"], envelope["subErrMessage"]

    def sign(self, content_type="image/png", name="photo.png"):
        return self.data(SIGN, {"contentType": content_type, "originalFilename": name})

    def put(self, url, content, content_type="image/png", **headers):
        headers = {"content-type": content_type, **headers}
        return self.http.put(url, content=content, headers=headers)

    def upload(self, content, content_type="image/png", name="photo.png"):
        """Upload a file; return its access URL."""
        place = self.sign(content_type, name)
        assert self.put(place["uploadUrl"], content, content_type).status_code == 200
        return place["accessUrl"]

    def submit(self, workflow_id, inputs, alias_id="main", **fields):
        """Submit a run; return its id."""
        body = {"workflow_id": workflow_id, "alias_id": alias_id, "inputs": inputs, **fields}
        return self.data(PROMPT, body)["taskId"]

    def progress(self, task_id):
        return self.data(PROGRESS, {"taskId": task_id})

    def result(self, task_id):
        return self.data(RESULT, {"taskId": task_id})
