"""Completion in bash, zsh and fish."""

from __future__ import annotations

import shutil
import subprocess

import pytest


def complete(speedpix, shell, words, index):
    done = speedpix(
        _SPEEDPIX_COMPLETE=f"{shell}_complete",
        COMP_WORDS=words,
        COMP_CWORD=words.split()[-1] if shell == "fish" else str(index),
    )
    assert done.code == 0
    return done.out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_command_is_completed(speedpix, shell):
    found = complete(speedpix, shell, "speedpix ru", 1)
    assert "run" in found
    assert "status" not in found


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_an_option_is_completed(speedpix, shell):
    assert "--no-wait" in complete(speedpix, shell, "speedpix run --no-w", 2)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_the_shells_own(speedpix, home, shell):
    done = speedpix("completion", shell)
    assert (done.code, done.err) == (0, "")
    assert "speedpix" in done.out
    assert f"_SPEEDPIX_COMPLETE={shell}_complete" in done.out
    if shutil.which(shell):
        (home / "script").write_text(done.out)
        subprocess.run([shell, "-n", home / "script"], check=True)


def test_a_shell_that_is_not_known(speedpix):
    done = speedpix("completion", "tcsh")
    assert (done.code, done.out) == (2, "")
    assert "bash" in done.err
