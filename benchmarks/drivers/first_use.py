"""Time the first use of Client, its import included: until it is made, and until it submitted."""

import time

from common import arguments, report

given = arguments()
start = time.perf_counter()

from speedpix import Client  # noqa: E402

client = Client(given.key, given.secret, given.url)
made = time.perf_counter()
client.run("honest", {"label": "first"}, wait=False)
submitted = time.perf_counter()
client.close()
report(made=made - start, submitted=submitted - start)
