"""The client that is published on PyPI works against the emulator."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from speedpix_emulator import Emulator

ROOT = Path(__file__).parents[2]
PHOTO = ROOT / "examples" / "coffee.jpg"
SCRIPT = Path(__file__).with_name("published_client_script.py")
PICTURES = ["images", "mask_image", "subject_image"]


@pytest.fixture
def published_python(monkeypatch):
    """The interpreter of an environment with the published client; made once, then kept."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")  # where it is compared with, too
    from environments import PUBLISHED, interpreter

    return interpreter("published", PUBLISHED)


@pytest.fixture(params=["published", "this"])
def interpreter(request):
    """The interpreter with the published client, or with this one: a script must run on both."""
    if request.param == "this":
        return sys.executable
    return request.getfixturevalue("published_python")


def test_upload_run_and_download(interpreter, tmp_path):
    with Emulator(duration=0) as emulator:
        arguments = [emulator.url, emulator.app_key, emulator.app_secret, PHOTO, tmp_path]
        # -I: nothing of this project on the path of the published client.
        process = subprocess.run(
            [interpreter, "-I", SCRIPT, *arguments],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        submitted = [job.inputs["text"] for job in emulator.jobs]
    assert process.returncode == 0, process.stderr
    assert json.loads(process.stdout) == dict.fromkeys(["url", "path", "async"], PICTURES)
    assert submitted == ["一杯咖啡"] * 3
    for name in PICTURES:
        with Image.open(tmp_path / f"url-{name}.png") as image:
            assert image.size == ((1024, 1024) if name == "images" else (600, 400))
