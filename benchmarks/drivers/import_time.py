"""Time `import speedpix` inside the process."""

import time

start = time.perf_counter()
import speedpix  # noqa: E402, F401

seconds = time.perf_counter() - start

from common import report  # noqa: E402

report(seconds=seconds)
