"""The service on which the guide's snippets run, and the ways in which they are run."""

from __future__ import annotations

import ast
import asyncio
import inspect
import os
import runpy
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from PIL import Image
from speedpix_emulator import Emulator
from speedpix_emulator.white_background import white_background

SNIPPETS = Path(__file__).with_name("snippets")
APP_KEY, APP_SECRET = "your-app-key", "your-app-secret"  # the guide writes them into its code


@pytest.fixture(scope="session")
def emulator():
    """An emulator with the guide's credentials and, at once done, the guide's workflows."""
    with Emulator(APP_KEY, APP_SECRET) as running:
        running.workflow(
            "your_workflow_id",
            inputs={"image": "image", "text": "text"},
            outputs=dict.fromkeys(("images", "subject_image", "mask_image"), "image"),
        )(white_background)
        for workflow_id in ("your-workflow-id", "workflow-id", "workflow-123"):
            running.workflow(workflow_id, outputs={"images": "image"}, alias=["main", "v2.1"])(
                any_picture
            )
        yield running


def any_picture(inputs):
    return {"images": Image.new("RGB", (64, 48), "teal")}


@pytest.fixture
def new_jobs(emulator):
    """A function that returns the runs submitted since the test began, oldest first."""
    before = len(emulator.jobs)
    return lambda: emulator.jobs[before:]


@pytest.fixture
def guide(environment, tmp_path, monkeypatch, capsys, picture):
    """The guide, open in a fresh directory, with the user's environment variables set."""
    monkeypatch.chdir(tmp_path)
    return Guide(tmp_path, capsys, picture)


class Guide:
    """Runs snippets in a directory; each way returns what was printed, or the names bound."""

    def __init__(self, directory, capsys, picture):
        self.directory = directory
        self._capsys = capsys
        self._picture = picture

    def give(self, *names):
        """Put the pictures there that a snippet reads."""
        for name in names:
            self._picture(self.directory / name)

    def sent(self, url):
        """Return the content behind a URL that a run was given."""
        return httpx.get(url, trust_env=False).raise_for_status().content

    def text(self, name):
        """Return a snippet's code."""
        return (SNIPPETS / name).read_text(encoding="utf-8")

    def script(self, name):
        """Run a snippet as a program of its own; nothing may be written to standard error."""
        done = self._program(sys.executable, "-W", "default", str(SNIPPETS / name))
        assert done.stderr == ""
        return done.stdout

    def shell(self, name, then=""):
        """Run a snippet in a shell, and a further command in the same one."""
        return self._program("bash", "-ec", f'source "$0"\n{then}', str(SNIPPETS / name)).stdout

    def module(self, name):
        """Run a snippet as `__main__`, in this process."""
        runpy.run_path(str(SNIPPETS / name), run_name="__main__")
        return self._capsys.readouterr().out

    def fragment(self, name, **names):
        """Run a snippet that uses names of its surroundings; return all names afterwards."""
        return self.code(self.text(name), name, **names)

    def code(self, source, name, **names):
        """Run what a test made of a snippet, as `fragment` does."""
        compiled = compile(source, name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        if compiled.co_flags & inspect.CO_COROUTINE:
            asyncio.run(eval(compiled, names))
        else:
            exec(compiled, names)
        return names

    def printed(self):
        """Return what the snippets run in this process have printed."""
        return self._capsys.readouterr().out

    def _program(self, *command):
        here = Path(sys.executable).parent
        done = subprocess.run(
            command,
            cwd=self.directory,
            env={
                **os.environ,
                "PATH": f"{here}{os.pathsep}{os.environ['PATH']}",
                "PYTHONIOENCODING": "utf-8",
            },
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done
