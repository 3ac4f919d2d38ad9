"""The tests of this folder, with the oldest httpx that the SDK works with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

HERE = Path(__file__).parent
OLDEST = (
    "httpcore==1.0.0",
    "httpx==0.27.0",
    "pytest-httpx==0.34.0",  # the last for httpx 0.27
    "sniffio",
)


@pytest.mark.skipif(httpx.__version__ == "0.27.0", reason="this is it")
def test_all_of_them_with_the_oldest_httpx(tmp_path):
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    target = tmp_path / "oldest"
    # Beside what is installed, which stays; so all else is as it is here.
    subprocess.run([*pip, "--no-deps", "--target", target, *OLDEST], check=True)

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", HERE],
        env={**os.environ, "PYTHONPATH": str(target)},
        cwd=HERE.parents[1],
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert " 1 skipped" in done.stdout  # this one
