"""How much memory a large transfer may take, however large the file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from speedpix_emulator import Emulator

SCRIPT = Path(__file__).with_name("transfer_script.py")
MEBIBYTE = 1 << 20
SIZE = 64 * MEBIBYTE
MOST = 16 * MEBIBYTE


@pytest.fixture(scope="module")
def large_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("gate") / "large.bin"
    path.write_bytes(os.urandom(MEBIBYTE) * (SIZE // MEBIBYTE))
    return path


@pytest.fixture(scope="module")
def emulator():
    """An emulator on the real clock, which the script's own process shares."""
    with Emulator() as running:

        @running.workflow("echo", outputs={"file": "json"})
        def echo(file):
            return {"file": file}

        yield running


@pytest.mark.parametrize("transfer", ["upload", "async_upload", "download", "async_download"])
def test_extra_memory_of_a_large_transfer(emulator, large_file, tmp_path, transfer):
    address = [emulator.url, emulator.app_key, emulator.app_secret]
    process = subprocess.run(
        [sys.executable, SCRIPT, transfer, *address, large_file, tmp_path],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    told = json.loads(process.stdout)
    assert told["moved"] == SIZE
    assert told["peak"] <= MOST, f"{transfer} held {told['peak'] / MEBIBYTE:.1f} MiB at once"
