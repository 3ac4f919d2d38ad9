"""Every limit, delay and default of the SDK, each with its reason."""

from __future__ import annotations

DEFAULT_ENDPOINT = "https://openai.edu-aliyun.com"  # the public service (guide, "Client()")
DEFAULT_ALIAS = "main"  # the guide's default alias

# One HTTP exchange, in seconds: the guide's default for `Client(timeout=…)`.
DEFAULT_TIMEOUT = 30.0
SHORTEST_TIMEOUT = 0.001  # zero and less mean other things to HTTP libraries
# Systems count timeouts in numbers that end; this is three years.
LONGEST_TIMEOUT = 1e8
# A dead host is noticed sooner than a slow answer.
CONNECT_TIMEOUT = 10.0

# Retries: 0.5 s doubled up to 8 s, with full jitter, rides out a restart of the service.
DEFAULT_MAX_RETRIES = 5
BACKOFF_BASE = 0.5
BACKOFF_CAP = 8.0
# Seconds that all attempts at one call may take together, waiting included.
RETRY_BUDGET = 120.0
# A server may ask for patience, not for an hour's sleep.
RETRY_AFTER_CAP = 60.0

# Throttling: the limits fall to this part of what was too much, and are back there after so many
# seconds: a limit is met once in that time, and nine tenths of it are used.
THROTTLE_DECREASE = 0.8
THROTTLE_PERIOD = 10.0
# Seconds that all pause after a throttle: gateways count by the second, or by longer.
THROTTLE_PAUSE = 1.0
# Seconds in which runs that have ended at the service are known to: they are asked for so often.
THROTTLE_DOUBT = 2.0
# Calls a second that are always tried: a single run that is polled does not notice the pace.
LEAST_PACE = 4.0
# Seconds a local clock may be off (a dead battery says 1970); a larger claim is not believed.
MAX_CLOCK_OFFSET = 100 * 366 * 86400.0

# A wait outlives this many polls in a row that the service refused: it may have been in error.
BAD_POLLS_IN_A_ROW = 3
# Seconds without any answer that a wait without timeout outlives: a deployment or a change of
# networks takes minutes, and the run was paid for.
OUTAGE_PATIENCE = 600.0
# Seconds that the last poll of a wait, at its deadline, may take: time for a few round trips.
LAST_POLL_PATIENCE = 1.0
# The longest gap between two polls, in seconds, unless the caller names one: who waits for some
# minutes waits a little longer, who waits for hours costs the service next to nothing.
LONGEST_POLLING_INTERVAL = 10.0
# How many polls the schedule looks back on.
REMEMBERED_POLLS = 6
SHORTEST_POLLING_INTERVAL = 0.05  # never a busy loop, whatever the caller asks for

# The service's clients cap data URIs at 1 MiB of file (protocol, "File values inside inputs").
BASE64_LIMIT = 1024 * 1024
# JSON nested deeper is a mistake (a cycle, most likely), and would exhaust the stack.
INPUT_DEPTH_LIMIT = 64
# Files are looked for this deep in an output; nothing deeper is sensible.
OUTPUT_DEPTH_LIMIT = 64
# No file system has longer paths; a longer string is text.
PATH_LENGTH_LIMIT = 4096
# Failures that the plan of a batch names: as many as one reads, and mends.
PLAN_FAILURES = 10
# Bytes of one file's name: what ext4, APFS and NTFS allow, or more.
MAX_NAME = 255

# A gateway's answer is a small JSON document; more than this is not one.
REPLY_LIMIT = 64 * 1024 * 1024
# Characters of a message of the service; nobody reads more of one.
QUOTED_LENGTH = 1000
# Enough of an error page or XML error to quote from.
ERROR_BODY_LIMIT = 64 * 1024
# Bytes moved at a time: large enough to amortise a system call, small beside any memory.
CHUNK_SIZE = 1024 * 1024
# Bytes written to disk at a time: for more, kernels look for runs of free memory as large, which
# can take ten times as long as the writing.
WRITE_SIZE = 64 * 1024
# A download is brought to disk every so many bytes, while more of it comes.
SYNC_STEP = 16 * 1024 * 1024

# What may be under way at a time: calls of the gateway, and transfers of files, which take long
# and must not hold up the calls. More would not be faster, and would be refused by servers.
MAX_CALLS = 32
MAX_TRANSFERS = 16
# Threads for what blocks in asynchronous programs, such as reading a file: asyncio's own limit.
MAX_WORKERS = 32
# Seconds that such a thread waits for more: to start one takes longer than most of their work.
WORKER_PATIENCE = 1.0
# Seconds until a failure is told while others of its group, which are stuck, don't stop.
STOP_PATIENCE = 0.5
MAX_CONNECTIONS = MAX_CALLS + MAX_TRANSFERS  # so no more are ever in use
# Idle connections are kept this many seconds: longer than the gap between two polls, and shorter
# than the 15 s after which common load balancers hang up, which may cross with a submit.
KEEPALIVE_EXPIRY = 12.0

# An upload is used again until this many seconds before its URL expires: a run may queue
# before it reads its input.
REUSE_MARGIN = 600.0
# How many uploads a client remembers, to use them again: some hundred bytes each.
REMEMBERED_UPLOADS = 1000

# How many runs `predictions.list()` returns at most, and remembers without a history file.
REMEMBERED_PREDICTIONS = 1000
# How many runs a history file keeps: some tens of megabytes.
HISTORY_LIMIT = 100_000
# Seconds to wait for another process that writes to the history.
HISTORY_PATIENCE = 30.0
# Seconds between two attempts at what SQLite refuses at once while another process does it.
HISTORY_RETRY = 0.01
# Seconds that a fork waits for a change of the history that another thread is making.
FORK_PATIENCE = 1.0

# How many runs of a batch are under way at once, unless the caller says so; and how many inputs
# are drawn beyond those, so that a free place is taken at once.
DEFAULT_CONCURRENCY = 256
DRAWN_AHEAD = 64
# Submits of a batch under way at once: so many runs may be in doubt when the process is killed.
MAX_SUBMITS = 8
# Steps of a batch that an executor is given at once: enough for the workers of a machine or a few.
MAX_STEPS = 64
# Failures in a row after which a batch stops, unless the caller says so: more would fail, too.
DEFAULT_STOP_AFTER = 20
# Marks a manifest among SQLite files ("SpPx").
MANIFEST_ID = 0x53705078
# Bytes of what tells a batch's items apart: no two of a billion get the same by chance.
DIGEST_SIZE = 16
# Bytes of a manifest's pages, one of which is written for a change of one item at least.
MANIFEST_PAGE = 1024
# Pages after which a manifest is brought in order: fewer would hold up the runs more often.
MANIFEST_CHECKPOINT = 16_000
# Bytes written to the output folder before anything is paid: a full disk is found so.
PROBE_SIZE = 64 * 1024

# What a notebook shows. Thumbnails have this many pixels a side: enough to judge a picture by.
THUMBNAIL_SIDE = 512
# Pixels that may be decoded for a look: a frame of 8K has 33 million, and four times as many bytes.
THUMBNAIL_PIXELS = 40_000_000
# Bytes of a picture small enough to be shown as it is, animations moving.
EMBEDDED_LIMIT = 256 * 1024
# Bytes, and seconds, that are too much to fetch for a look: a link will do.
DISPLAY_LIMIT = 16 * 1024 * 1024
DISPLAY_TIMEOUT = 10.0
# How many files a gallery shows, and how many thumbnails are kept, to be shown again: together
# these are some ten megabytes.
GALLERY_LIMIT = 24
REMEMBERED_THUMBNAILS = 48
# Characters of a value that is no file; nobody reads more in a gallery.
SHOWN_TEXT_LIMIT = 500
# What a report of a batch shows: thumbnails of this many pixels a side, so many of the files of an
# item, and at most so many bytes of them, as a browser has to open the page.
REPORT_SIDE = 160
REPORT_FILES = 4
REPORT_LIMIT = 64 * 1024 * 1024
# Threads that make these, while Pillow lets others run: each decodes a picture of up to
# THUMBNAIL_PIXELS, so they can't be many. And how many items they are ahead of the file.
REPORT_THREADS = 4
REPORT_AHEAD = 32
