"""Docstrings in Google's style, taken apart."""

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass

_SECTION = re.compile(r"^(Args|Attributes|Raises|Returns|Yields):$")
_ENTRY = re.compile(r"^    (\w+): (.*)$")


@dataclass(frozen=True)
class Docstring:
    """What a class says of itself.

    Attributes:
        paragraphs: Paragraphs before the sections, each in one line; one with indented lines or a list stays as it is.
        meanings: The sentences about arguments and attributes, by name.
    """

    paragraphs: tuple[str, ...]
    meanings: Mapping[str, str]


def docstring_of(described: type) -> Docstring:
    """The docstring of a class, with the meanings of attributes that its bases describe."""
    meanings = dict[str, str]()
    for base in reversed(described.__mro__):
        meanings |= _parsed(base.__dict__.get("__doc__") or "").meanings
    return Docstring(_parsed(described.__doc__ or "").paragraphs, meanings)


def _parsed(text: str) -> Docstring:
    prose, meanings = list[str](), dict[str, str]()
    section, name = "", ""
    for line in inspect.cleandoc(text).splitlines():
        if found := _SECTION.match(line):
            section = found[1]
        elif not section:
            prose.append(line)
        elif section in ("Args", "Attributes") and (entry := _ENTRY.match(line)):
            name = entry[1]
            meanings[name] = entry[2]
        elif section in ("Args", "Attributes") and name and line.strip():
            meanings[name] += f" {line.strip()}"
    paragraphs = [block for block in "\n".join(prose).strip().split("\n\n") if block]
    return Docstring(tuple(_in_one_line(block) for block in paragraphs), meanings)


def _in_one_line(paragraph: str) -> str:
    lines = paragraph.splitlines()
    return paragraph if any(line.startswith((" ", "- ")) for line in lines) else " ".join(lines)
