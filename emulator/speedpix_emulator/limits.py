"""The emulator's limits and times, each with its reason."""

from __future__ import annotations

from typing import Final

CLOCK_WINDOW_SECONDS: Final = 15 * 60
"""How far a timestamp may be off, and how long a nonce is remembered: the gateway's rule."""

REMEMBERED_NONCES: Final = 500_000
"""Nonces kept at most: a clock that stands still would otherwise never let one go."""

GATEWAY_BODY_BYTES: Final = 64 * 1024 * 1024
"""Largest body of a gateway call: inputs of 10 MB with room for several data URIs."""

OBJECT_BYTES: Final = 5 * 1024**3
"""Largest object that one PUT may store: the store's own limit."""

STREAM_CHUNK_BYTES: Final = 256 * 1024
"""Piece in which objects are read from disk: large enough to be fast, small enough not to stall."""

UPLOAD_URL_SECONDS: Final = 3600.0
"""How long an upload sign, and the access URL given with it, is valid."""

RESULT_URL_SECONDS: Final = 24 * 3600.0
"""How long a URL in a result is valid."""

KEPT_JOBS: Final = 100_000
"""Jobs remembered; the oldest are forgotten first."""

KEPT_REQUESTS: Final = 20_000
"""Requests remembered for tests to look at; the oldest are forgotten first."""

KEPT_EXCHANGES: Final = 2_000
"""Requests whose bodies, and their answers', are remembered for the page."""

KEPT_BODY_BYTES: Final = 8 * 1024
"""What is remembered of a body: the calls' JSON without data URIs; at most 32 MB for all."""

SHOWN_RUNS: Final = 200
SHOWN_REFUSALS: Final = 50
SHOWN_OBJECTS: Final = 60
"""What the page shows at most: the latest."""

PAGE_WATCHERS: Final = 8
"""Browsers that the page is kept live for at once."""

PAGE_SECONDS: Final = 0.5
"""Real seconds between two looks at what has changed, while somebody watches."""

THUMBNAIL_BYTES: Final = 64 * 1024 * 1024
"""The largest file that a thumbnail is made of."""

THUMBNAIL_SIDE: Final = 320
"""Pixels of a thumbnail's longest side."""

KEPT_THUMBNAILS: Final = 256
"""Thumbnails remembered: a few kB each."""

WORK_THREADS: Final = 4
"""Runs worked on at once; further ones wait."""

WORK_WAIT_SECONDS: Final = 20.0
"""Real seconds that one request waits for a run's work when its scripted duration has passed: less
than the 30 s after which clients usually give up."""

IMAGE_PIXELS: Final = 100_000_000
"""Largest picture that is decoded, against decompression bombs."""

KEEP_ALIVE_SECONDS: Final = 60
"""Real seconds after which an idle connection is closed, which may cross with a request: longer
than clients keep one."""

SHUTDOWN_SECONDS: Final = 2
"""Real seconds that open exchanges are given to end when the emulator stops."""

STOP_SECONDS = 1.0
"""How long a stop waits for workflows' functions, in real seconds: some never return."""
