"""Keeping passwords out of what is printed."""

import re

_CREDENTIALS = re.compile(r"//[^/@\s'\"]*@")
_QUERY = re.compile(r"(://[^\s?'\"]*)\?[^\s'\";]*")


def masked(text: str) -> str:
    """Any text without the user name, password and query of the URLs in it."""
    return _QUERY.sub(r"\1", _CREDENTIALS.sub("//", text))
