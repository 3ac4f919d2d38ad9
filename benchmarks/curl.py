"""curl as the yardstick of a transfer: the same bytes, the same server, no Python."""

from __future__ import annotations

import subprocess
from pathlib import Path

from service import Service
from speedpix_api.models.upload_sign_request import UploadSignRequest

from speedpix import Client, sp_create_temp_file_upload_sign

CONTENT_TYPE = "application/octet-stream"


def upload_seconds(service: Service, file: Path) -> float:
    """Return the seconds that `curl -T` takes to put a file to a place signed for it."""
    with _client(service) as client:
        request = UploadSignRequest(content_type=CONTENT_TYPE, original_filename=file.name)
        answer = sp_create_temp_file_upload_sign.sync(client=client.api, body=request)
    return _seconds("-T", str(file), "-H", f"Content-Type: {CONTENT_TYPE}", answer.data.upload_url)


def download_seconds(service: Service, mebibytes: int, target: Path) -> float:
    """Return the seconds that `curl -o` takes to fetch a result's file."""
    with _client(service) as client:
        output = client.run("file", {"mebibytes": mebibytes})
    return _seconds(str(output["file"]["url"]), target=target)


def version() -> str:
    """Return curl's version."""
    told = subprocess.run(["curl", "--version"], capture_output=True, text=True, check=True)
    return told.stdout.split()[1]


def _client(service: Service) -> Client:
    return Client(*(service.address[part] for part in ("key", "secret", "url")))


def _seconds(*arguments: str, target: Path | None = None) -> float:
    command = ["curl", "-sSf", "-o", str(target or "/dev/null"), "-w", "%{stderr}%{time_total}"]
    told = subprocess.run([*command, *arguments], capture_output=True, text=True, check=True)
    return float(told.stderr)
