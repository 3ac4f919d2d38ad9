"""`speedpix mcp` before it serves; what it serves is in `tests/agents`."""

from __future__ import annotations


def test_without_the_extra_it_says_what_to_install(speedpix, blocked):
    done = speedpix("mcp", **blocked("mcp"))
    assert done.code == 1
    assert "pip install '.[mcp]'" in done.err
    assert "Traceback" not in done.err


def test_without_credentials_it_does_not_start(speedpix):
    done = speedpix("mcp", SPEEDPIX_APP_KEY=None)
    assert done.code == 3
    assert "SPEEDPIX_APP_KEY" in done.err


def test_it_ends_with_its_input_and_prints_nothing(speedpix):
    done = speedpix("mcp", ".")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_a_folder_that_is_not_there_is_refused(speedpix):
    assert speedpix("mcp", "nowhere").code == 2
