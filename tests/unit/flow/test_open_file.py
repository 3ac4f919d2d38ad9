"""A file that worker threads use, and that a task closes which does not wait for them."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from speedpix.flow.open_file import OpenFile


class Held:
    """Work in a thread that stops halfway until it is let go."""

    def __init__(self):
        self.begun, self._let_go = threading.Event(), threading.Event()

    def wait(self):
        self.begun.set()
        assert self._let_go.wait(20)

    def let_go(self):
        self._let_go.set()


@pytest.fixture
def thread():
    with ThreadPoolExecutor(1) as executor:
        yield executor


def opened(path):
    return OpenFile(lambda: path.open("wb", buffering=0))


def test_a_file_in_use_is_closed_by_who_uses_it(thread, tmp_path):
    file, held, descriptors = opened(tmp_path / "a"), Held(), []

    def write():
        with file.used() as stream:
            descriptors.append(stream.fileno())
            held.wait()
            stream.write(b"all of it")

    written = thread.submit(write)
    assert held.begun.wait(20)
    file.close()
    assert not file.is_open
    os.fstat(descriptors[0])  # it is nobody else's
    held.let_go()
    written.result(20)
    assert (tmp_path / "a").read_bytes() == b"all of it"
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptors[0])


def test_a_closed_file_is_not_opened_again(tmp_path):
    file = opened(tmp_path / "a")
    file.close()
    with pytest.raises(ValueError, match="closed"), file.used():
        pass
    assert not (tmp_path / "a").exists()


def test_to_close_a_file_does_not_wait_until_it_is_open(thread, tmp_path):
    held, streams = Held(), []

    def open_slowly():
        held.wait()
        streams.append((tmp_path / "a").open("wb", buffering=0))
        return streams[0]

    file = OpenFile(open_slowly)

    def use():
        with file.used():
            pass

    used = thread.submit(use)
    assert held.begun.wait(20)
    file.close()
    held.let_go()
    used.result(20)
    assert streams[0].closed
