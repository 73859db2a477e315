"""Values as YAML that every reader reads alike."""

import re
from collections.abc import Mapping
from typing import Any

PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Words that some YAML readers do not read as text.
YAML_WORDS = frozenset(["true", "false", "yes", "no", "on", "off", "y", "n", "null", "none", "nan", "inf"])


def flow(value: Any) -> str:
    """A value on one line: text, a number, a truth value or None, or a mapping or list of them."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{flow(key)}: {flow(item)}' for key, item in value.items())}}}"
    if not isinstance(value, str):
        return f"[{', '.join(map(flow, value))}]"
    if PLAIN.fullmatch(value) and value.lower() not in YAML_WORDS:
        return str(value)
    return '"' + "".join(map(_escaped, value)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character == "\t":
        return "\\t"
    return character if character.isprintable() else f"\\U{ord(character):08x}"
