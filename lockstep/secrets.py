"""Keeping passwords out of what is printed."""

import re

# A password may hold any sign: everything up to the last @ goes.
_CREDENTIALS = re.compile(r"//\S*@")
_QUERY = re.compile(r"(://[^\s?'\"]*)\?[^\s'\";]*")


def masked(text: str) -> str:
    """Any text without the user name, password and query of the URLs in it."""
    return _QUERY.sub(r"\1", _CREDENTIALS.sub("//", text))
