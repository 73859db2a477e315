"""PNG figures as the page embeds them."""

import base64
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Picture:
    """One figure of the page.

    Attributes:
        alt: What it shows, for those who do not see it.
        caption: The line below it.
        png: Its bytes in base64.
        width: In pixels.
        height: In pixels.
        title: A few words for a wide one, which scrolls on a phone; else empty.
    """

    alt: str
    caption: str
    png: str
    width: int
    height: int
    title: str = ""

    @property
    def wide(self) -> bool:
        """Whether it takes the width of the page."""
        return bool(self.title)

    @classmethod
    def of(cls, png: bytes, alt: str, caption: str, title: str = "") -> Self:
        """A picture of a PNG file's bytes, whose header holds the size."""
        width, height = (int.from_bytes(png[start : start + 4], "big") for start in (16, 20))
        return cls(alt, caption, base64.b64encode(png).decode("ascii"), width, height, title)
