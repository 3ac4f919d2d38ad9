"""Test suites of users, run as they would: by pytest, in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """A function that installs packages into a folder, beside what there is, and returns it."""

    def install(*requirements):
        folder = tmp_path_factory.mktemp("packages")
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
        subprocess.run([*pip, "--target", folder, *requirements], check=True)
        return folder

    return install


@pytest.fixture
def suite(pytester, monkeypatch):
    """A function that runs a test suite with no other plugins than ours, and those named.

    All warnings are errors in it. Packages in `folder` come before what is installed.
    """

    def run(source, *options, plugins=(), folder=None):
        monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        if folder is not None:
            monkeypatch.setenv("PYTHONPATH", str(folder))
        pytester.makepyfile(test_suite=source)
        names = ("speedpix.pytest_plugin", *plugins)
        chosen = [option for name in names for option in ("-p", name)]
        return pytester.runpytest_subprocess(
            *chosen, "-W", "error", "--strict-markers", "-p", "no:cacheprovider", *options
        )

    return run
