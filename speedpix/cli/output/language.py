"""Speak to people in their own words, by a table of sentences with holes for values.

What the SDK raises is English for those who write Python. Where the command line writes for people,
and nowhere else, it is put into Chinese, if their locale is, or into the command line's own terms:
JSON and results stay as they are.
"""

from __future__ import annotations

import json
import locale
import os
import re
import sys
from functools import lru_cache
from typing import Iterable, Mapping, Sequence

_CHINESE, _ENGLISH = "zh.po", "en.po"
_ENTRY = re.compile(r'^msgid (".+")\nmsgstr (".+")$', re.MULTILINE)
# In a sentence as it is found: a value, a number, words to be put in turn, and words that may be
# the service's. In what is said for it: the value whose turn it is, or the one of a number.
_HOLE = re.compile(r"\{(|n|text|answer)\}")
_SLOT = re.compile(r"\{(\d?)\}")
_FILLS = {"": r"(.*?)", "n": r"([\d,.]+)", "text": r"(.*)", "answer": r"(.*)"}
_WORDS = ("text", "answer")
# Where the service may speak, a sentence of fewer letters than these could as well be its own,
# which stays as it is: support knows it so.
_CERTAINLY_OURS = 12
_DEPTH = 6  # sentences within sentences: ours are less deep, and what a service says need not be
_LANGUAGES = re.compile(r"(?P<chinese>zh|chinese)|en", re.IGNORECASE)  # those spoken here
_MARKS = {";": "；", ":": "："}
_NONE = ("C", "POSIX")  # the locales of scripts, which LANGUAGE does not change


class Sentence:
    """A sentence of a table: English as it is found, and what is said for it."""

    def __init__(self, found: str, said: str) -> None:
        pieces = _HOLE.split(found)
        self.words, self._kinds = pieces[::2], pieces[1::2]
        self.letters = sum(each.isalpha() for words in self.words for each in words)
        self._said = said

    def values_in(self, text: str) -> list[tuple[str, str]] | None:
        """Return the kind and the text of each hole; None if this is another sentence."""
        if not all(words in text for words in self.words):
            return None  # most are: no pattern is compiled for them
        if not self._kinds:
            return [] if text == self.words[0] else None
        pattern = re.escape(self.words[0])
        for kind, words in zip(self._kinds, self.words[1:]):
            pattern += _FILLS[kind] + re.escape(words)
        found = re.fullmatch(pattern, text, re.DOTALL)
        return None if found is None else list(zip(self._kinds, found.groups()))

    def filled(self, values: Iterable[str]) -> str:
        """Return what is said, with values in its holes."""
        given = list(values)
        turns = iter(given)
        return _SLOT.sub(lambda slot: given[int(slot[1])] if slot[1] else next(turns), self._said)


@lru_cache(maxsize=None)
def table(name: str = _CHINESE) -> tuple[Sentence, ...]:
    """Return the sentences of a table, in the order in which they are tried.

    Those that begin with words of ours come first, as a hole at the beginning takes in whatever
    a text begins with; then those that say most by themselves.
    """
    from pkgutil import get_data  # from a zip, too

    entries = _ENTRY.findall((get_data(__package__, name) or b"").decode())
    sentences = [Sentence(json.loads(found), json.loads(said)) for found, said in entries]
    return tuple(sorted(sentences, key=lambda each: (not each.words[0], -each.letters)))


def in_chinese(text: str, *, certain: bool = False) -> str:
    """Return a text of ours in Chinese; see `reworded`."""
    return reworded(text, table(_CHINESE), certain=certain)


def in_english(text: str, *, certain: bool = False) -> str:
    """Return a text of ours in the terms of the command line, not Python's; see `reworded`."""
    return reworded(text, table(_ENGLISH), certain=certain)


def reworded(
    text: str, sentences: Sequence[Sentence], *, certain: bool = False, depth: int = _DEPTH
) -> str:
    """Return a text in a table's words, or what of it the table has, or the text itself.

    Args:
        text: what is to be said.
        sentences: the table.
        certain: the service may have said it, or a part.
        depth: how far sentences may stand within one another.
    """
    for sentence in sentences if depth else ():
        if certain and 0 < sentence.letters < _CERTAINLY_OURS:
            continue
        found = sentence.values_in(text)
        if found is None:
            continue
        values = [
            reworded(value, sentences, certain=certain or kind == "answer", depth=depth - 1)
            if kind in _WORDS
            else value
            for kind, value in found
        ]
        # What only joins others is theirs, once they are.
        if sentence.letters or values != [value for _, value in found]:
            return sentence.filled(values)
    return text


def speaks_chinese(environment: Mapping[str, str], platforms: str | None) -> bool:
    """Return whether Chinese is what an environment asks for, as gettext takes it.

    Args:
        environment: its variables.
        platforms: the locale where no variable names one, as on Windows.
    """
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    named = next(filter(None, map(environment.get, names)), platforms or "C")
    if named in _NONE:
        return False
    wanted = [*environment.get("LANGUAGE", "").split(":"), named]
    first = next(filter(None, map(_LANGUAGES.match, wanted)), None)
    return bool(first and first["chinese"])


@lru_cache(maxsize=None)
def is_chinese() -> bool:
    """Return whether people are spoken to in Chinese, which takes streams that can show it.

    It is found out once, with the streams of the first call.
    """
    try:
        for stream in (sys.stdout, sys.stderr):
            "中".encode(stream.encoding)
    except UnicodeError:
        return False
    return speaks_chinese(os.environ, locale.getlocale()[0])


def translated(text: str, *, certain: bool = False) -> str:
    """Return a text in the language of who reads it; see `reworded`."""
    return (in_chinese if is_chinese() else in_english)(text, certain=certain)


def joined(parts: Iterable[str], mark: str = ";") -> str:
    """Return parts, each in the language of who reads them, with a mark between them."""
    return (_MARKS[mark] if is_chinese() else f"{mark} ").join(parts)
