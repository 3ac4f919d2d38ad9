"""A real terminal as standard error, and what a person sees on its screen."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import sys
import termios
import threading
import time

import pyte

ROWS, COLUMNS = 24, 80
PATIENCE = 30.0  # seconds after which a test fails instead of waiting on
END = b"\0"  # after which nothing more is read


class Screen:
    """Be standard error within its block: a pseudo-terminal, which tells what was written to it."""

    def __enter__(self):
        self._master, self._slave = pty.openpty()
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self._content = bytearray()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self._before, sys.stderr = sys.stderr, self.open()
        return self

    def __exit__(self, *_error):
        sys.stderr.close()
        sys.stderr = self._before
        os.write(self._slave, END)
        self._reader.join()
        os.close(self._slave)
        os.close(self._master)
        self._content = bytes(self._content).rstrip(END)
        self._screen = pyte.Screen(COLUMNS, ROWS)
        pyte.ByteStream(self._screen).feed(self._content)

    def open(self):
        """Return a text file that writes to the terminal."""
        return os.fdopen(os.dup(self._slave), "w", encoding="utf-8")

    def until(self, text):
        """Go on when a text was written."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.text:
            assert time.monotonic() < deadline, self.text
            time.sleep(0.02)

    @property
    def text(self):
        """All that was written, one over the other, without the escape codes."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self._content.decode(errors="replace"))

    @property
    def lines(self):
        """The lines on the screen as it was left, without the empty ones at its end."""
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip().split("\n")

    def assert_clean(self):
        """Check that a shell could go on: at the start of an empty line, the cursor shown."""
        cursor = self._screen.cursor
        assert not cursor.hidden
        assert cursor.x == 0
        assert not self._screen.display[cursor.y].strip()

    def _read(self):
        while not self._content.endswith(END):
            self._content += os.read(self._master, 65536)
