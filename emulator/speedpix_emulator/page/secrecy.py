"""What was said on the wire, as it may be shown: no signed queries, no long data URIs."""

from __future__ import annotations

import json
import re

SIGNED_URL = re.compile(r"(https?:[^\s\"'?<>]*)\?[^\s\"'<>]*")
DATA_URI = re.compile(r"(data:[^,\"\s]{0,100},)[^\"\s]{40,}")
ESCAPED = re.compile(r"\\u00([0-9a-fA-F]{2})")


def shown(text: str) -> str:
    """Return the text without the queries of URLs, which sign them, and the bodies of data URIs."""
    return DATA_URI.sub(r"\1…", SIGNED_URL.sub(r"\1?…", text))


def shown_body(content: bytes) -> str:
    """Return a body as text: JSON indented; what isn't whole, as it is."""
    text = content.decode("utf-8", "replace")
    try:
        text = json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        # What JSON may write in two ways is read here as well: a signed URL is found in either.
        text = ESCAPED.sub(lambda match: chr(int(match[1], 16)), text.replace("\\/", "/"))
    return shown(text)
