"""Remove passwords from printed text."""

import re

_WORD = re.compile(r"\S+")
_SCHEME = re.compile(r"\W?(?:[a-z]+:/)?")
# Punctuation after an address belongs to the surrounding sentence.
_PUNCTUATION = "'\"`;:,.!)]}>"


def masked(text: str) -> str:
    """A text without the user names, passwords and queries of its URLs."""
    return _WORD.sub(lambda word: _without_query(_without_credentials(word[0])), text)


def _without_credentials(word: str) -> str:
    """A password may contain any character: everything up to the last @ is removed."""
    start, end = word.find("//"), word.rfind("@")
    if 0 <= start < end:
        return word[: start + 2] + word[end + 1 :]
    # a mistyped address with one slash or none
    scheme = _SCHEME.match(word)
    start = scheme.end() if scheme else 0
    return word[:start] + word[end + 1 :] if ":" in word[start : max(end, start)] else word


def _without_query(word: str) -> str:
    """A query may contain any character, including quotes and semicolons; only white space ends it."""
    scheme = word.find("://")
    start = word.find("?", scheme)
    if min(scheme, start) < 0:
        return word
    return word[:start] + word[len(word.rstrip(_PUNCTUATION)) :]
