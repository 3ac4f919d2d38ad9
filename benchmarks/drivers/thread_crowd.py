"""Run many tasks at once in threads that share one client."""

import threading
import time

from common import arguments, new_client, report

given = arguments()
failures = []
with new_client(given) as client:
    client.run("honest", {"label": "warm-up"}, wait=False)
    together = threading.Barrier(given.runs + 1)

    def run(number):
        together.wait()
        try:
            output = client.run("honest", {"label": f"run {number}", "seconds": given.seconds})
            if output["label"] != f"run {number}":
                failures.append(f"the output of another run: {output}")
        except Exception as error:  # noqa: BLE001 - whatever it is, it is counted
            failures.append(f"{type(error).__name__}: {error}"[:200])

    threads = [threading.Thread(target=run, args=(number,)) for number in range(given.runs)]
    for thread in threads:
        thread.start()
    together.wait()
    start = time.perf_counter()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - start
report(seconds=seconds, failed=len(failures), reasons=sorted(set(failures))[:3])
