"""Report the versions of this environment."""

import platform
from importlib.metadata import version

from common import report

report(
    python=platform.python_version(),
    **{name: version(name) for name in ("speedpix", "httpx", "httpcore", "h11", "anyio")},
)
