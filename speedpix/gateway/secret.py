"""Keep a secret out of reprs, logs and tracebacks."""

from __future__ import annotations

from attrs import field, frozen


@frozen
class Secret:
    """Wrap a secret string, so that only `reveal()` shows it."""

    _value: str = field(repr=False)

    def reveal(self) -> str:
        """Return the secret itself."""
        return self._value

    def __str__(self) -> str:
        return "**********"


def hidden(value: str | Secret | None) -> Secret | None:
    """Wrap a secret that the caller gave, if there is one."""
    if isinstance(value, str):
        return Secret(value) if value else None
    return value
