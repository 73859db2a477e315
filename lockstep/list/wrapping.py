"""Text in lines of limited width."""

import re
from textwrap import TextWrapper

# The widest line.
WIDTH = 120
_CODE = re.compile(r"`[^`]*`")
# Stands for a space within code, where no line may end.
_FIXED_SPACE = "\0"


def wrapped(text: str, first: str = "", other: str = "", width: int = WIDTH) -> list[str]:
    """The text in lines; code between backticks is not divided.

    Args:
        text: A paragraph; one of several lines stays as it is.
        first: Precedes the first line.
        other: Precedes the other lines.
        width: Characters of a line.
    """
    if "\n" in text:
        return text.splitlines()
    fixed = _CODE.sub(lambda code: code[0].replace(" ", _FIXED_SPACE), text)
    wrapper = TextWrapper(
        width, initial_indent=first, subsequent_indent=other, break_long_words=False, break_on_hyphens=False
    )
    return [line.replace(_FIXED_SPACE, " ") for line in wrapper.wrap(fixed)]
