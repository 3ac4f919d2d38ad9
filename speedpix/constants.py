"""Every limit, delay and default of the SDK, each with its reason."""

from __future__ import annotations

DEFAULT_ENDPOINT = "https://openai.edu-aliyun.com"  # the public service (guide, "Client()")
DEFAULT_ALIAS = "main"  # the guide's default alias

# One HTTP exchange, in seconds: the guide's default for `Client(timeout=…)`.
DEFAULT_TIMEOUT = 30.0
SHORTEST_TIMEOUT = 0.001  # zero and less mean other things to HTTP libraries
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

# Seconds a local clock may be off (a dead battery says 1970); a larger claim is not believed.
MAX_CLOCK_OFFSET = 100 * 366 * 86400.0

# A wait outlives this many polls in a row that failed with all their retries spent.
BAD_POLLS_IN_A_ROW = 3
# The longest gap between two polls, in seconds, unless the caller names one: a run that ends
# earlier than its estimate is noticed by then.
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

# A gateway's answer is a small JSON document; more than this is not one.
REPLY_LIMIT = 64 * 1024 * 1024
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

# Magic numbers for content without a name, from the formats' specifications.
SIGNATURES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"ID3", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
    (b"OggS", "audio/ogg"),
)

# Extensions that make a string a path, and the media type each stands for. The standard
# library's table depends on the operating system and lacks some of them on old Pythons.
MEDIA_TYPES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".jfif": "image/jpeg",
    ".png": "image/png",
    ".apng": "image/apng",
    ".gif": "image/gif",
    ".bmp": "image/bmp",
    ".webp": "image/webp",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".avif": "image/avif",
    ".svg": "image/svg+xml",
    ".ico": "image/x-icon",
    ".mp4": "video/mp4",
    ".m4v": "video/x-m4v",
    ".mov": "video/quicktime",
    ".avi": "video/x-msvideo",
    ".mkv": "video/x-matroska",
    ".webm": "video/webm",
    ".flv": "video/x-flv",
    ".wmv": "video/x-ms-wmv",
    ".mpg": "video/mpeg",
    ".mpeg": "video/mpeg",
    ".3gp": "video/3gpp",
    ".mp3": "audio/mpeg",
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/opus",
    ".m4a": "audio/mp4",
    ".aac": "audio/aac",
    ".wma": "audio/x-ms-wma",
    ".aiff": "audio/aiff",
    ".amr": "audio/amr",
}
