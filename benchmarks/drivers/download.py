"""Save one large file of a run's output."""

import os
import time

from common import Memory, arguments, new_client, report

given = arguments()
target = os.path.join(given.folder, "downloaded.bin")
with new_client(given) as client:

    def output(mebibytes):
        return client.run("file", {"mebibytes": mebibytes}, polling_interval=0.05)

    output(1)["file"]["url"].save(target)
    os.remove(target)
    large = output(given.mebibytes)["file"]["url"]
    memory = Memory()
    start = time.perf_counter()
    large.save(target)
    seconds = time.perf_counter() - start
    extra = memory.extra()
report(seconds=seconds, memory=extra, size=os.path.getsize(target))
