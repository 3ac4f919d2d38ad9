"""Upload one large file, blocking."""

import time

from common import Memory, arguments, new_client, report, small_file

given = arguments()
with new_client(given) as client:
    client.files.create(small_file(given))
    memory = Memory()
    start = time.perf_counter()
    client.files.create(given.file)
    seconds = time.perf_counter() - start
    extra = memory.extra()
report(seconds=seconds, memory=extra)
