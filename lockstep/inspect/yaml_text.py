"""Pieces of YAML that every reader understands alike."""

import re
import textwrap
from collections.abc import Iterable
from typing import Any

from lockstep.guards.text.messages import brief

WIDTH, COMMENT_AT = 118, 44
PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Words that some YAML reader takes for no text.
WORDS = frozenset(["true", "false", "yes", "no", "on", "off", "y", "n", "null", "none", "nan", "inf"])


def quoted(value: Any) -> str:
    """A scalar as YAML that every reader understands alike."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if PLAIN.fullmatch(value) and value.lower() not in WORDS:
        return str(value)
    return '"' + "".join(_escaped(sign) for sign in value) + '"'


def _escaped(sign: str) -> str:
    if sign in '"\\':
        return f"\\{sign}"
    if sign == "\t":
        return "\\t"
    return sign if sign.isprintable() else f"\\U{ord(sign):08x}"


def comment(text: str, indent: str = "") -> list[str]:
    """Comment lines of at most WIDTH characters."""
    clean = brief(text)
    start = f"{indent}# "
    return textwrap.TextWrapper(
        WIDTH, initial_indent=start, subsequent_indent=start, break_on_hyphens=False, break_long_words=False
    ).wrap(clean)


def beside(line: str, why: str) -> str:
    """A line with a comment behind it."""
    clean = brief(why)
    return f"{line.ljust(COMMENT_AT)}  # {clean}" if clean else line


def listed(values: Iterable[Any]) -> str:
    """A list on one line."""
    return f"[{', '.join(quoted(value) for value in values)}]"


def wrapped(key: str, values: Iterable[Any]) -> list[str]:
    """A key with a list, on as many lines as it needs."""
    lines, line = [], f"{key}["
    for position, value in enumerate(values):
        text = f"{', ' if position else ''}{quoted(value)}"
        if position and len(line) + len(text) > WIDTH - 2:
            lines.append(f"{line},")
            line, text = " " * (len(key) + 1), quoted(value)
        line += text
    return [*lines, f"{line}]"]
