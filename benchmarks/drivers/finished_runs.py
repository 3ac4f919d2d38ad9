"""Spend CPU on runs, one after another, that have ended by the first poll."""

import time

from common import arguments, new_client, report

POLLING_INTERVAL = 0.05  # seconds; asleep, not at work

# Neither client sleeps, so that none pays for caches gone cold: both poll through this function.
time.sleep = lambda _: None

given = arguments()
with new_client(given) as client:

    def run(label):
        return client.run("honest", {"label": f"run {label}"}, polling_interval=POLLING_INTERVAL)

    for warm_up in range(5):
        run(warm_up)
    start = time.process_time()
    for number in range(given.runs):
        run(number)
    cpu = time.process_time() - start
report(cpu=cpu / given.runs)
