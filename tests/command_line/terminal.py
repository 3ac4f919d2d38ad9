"""A real terminal for a process of its own, with what a person would see on the screen."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time

import pyte

COLUMNS, ROWS = 110, 30
PATIENCE = 30.0  # seconds after which a test fails instead of waiting on

# The first terminal that a session's leader opens is the one whose Ctrl-C reaches it.
_IN_TERMINAL = """
import os, sys
terminal = os.open(sys.argv[1], os.O_RDWR)
for stream in (0, 1, 2):
    os.dup2(terminal, stream)
os.execvp(sys.argv[2], sys.argv[2:])
"""


class Terminal:
    """Run a command in a terminal; `sent` is all that it wrote, as it came."""

    def __init__(self, command, environment, directory):
        self.sent = b""
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self._master, self._slave = pty.openpty()
        size = struct.pack("HHHH", ROWS, COLUMNS, 0, 0)
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, size)
        self._process = subprocess.Popen(
            [sys.executable, "-c", _IN_TERMINAL, os.ttyname(self._slave), *command],
            env=environment,
            cwd=directory,
            start_new_session=True,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        os.close(self._slave)
        os.close(self._master)

    @property
    def lines(self):
        """The lines on the screen, without the empty ones at its end."""
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip().split("\n")

    @property
    def shows_cursor(self):
        return not self._screen.cursor.hidden

    def press(self, keys):
        os.write(self._master, keys)

    def until(self, text):
        """Go on until the screen shows a text."""
        self._read(lambda: text in "\n".join(self.lines))

    def end(self):
        """Go on until the process has ended, and return its exit code."""
        self._read(lambda: self._process.poll() is not None)
        while select.select([self._master], [], [], 0)[0]:
            self._take()
        return self._process.returncode

    def _read(self, is_enough):
        deadline = time.monotonic() + PATIENCE
        while not is_enough():
            assert time.monotonic() < deadline, "\n".join(self.lines)
            if select.select([self._master], [], [], 0.02)[0]:
                self._take()

    def _take(self):
        data = os.read(self._master, 65536)
        self.sent += data
        self._stream.feed(data)
