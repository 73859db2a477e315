"""How long MLflow's texts may be; longer ones are cut the same way every time, with a digest of the whole."""

import hashlib

PARAM_CHARACTERS = 6000
TAG_CHARACTERS = 5000


def fitting_param(text: str) -> str:
    """A parameter's value, cut to what every store takes."""
    return _fitting(text, PARAM_CHARACTERS)


def fitting_tag(text: str) -> str:
    """A tag's value, cut to what every store takes."""
    return _fitting(text, TAG_CHARACTERS)


def _fitting(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    note = f" ... (cut; sha256 of the whole: {hashlib.sha256(text.encode()).hexdigest()})"
    return text[: most - len(note)] + note
