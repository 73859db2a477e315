"""Where a file lies: its addresses or its path, its sha256, and its name on a mirror."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from lockstep.project.settings import Settings

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


@dataclass(frozen=True)
class Obtained:
    """A local file and its name in messages."""

    file: Path
    label: str


def is_address(text: str) -> bool:
    """Whether a text is an address with a host and, if it names a port, a valid one."""
    try:
        parts = urlsplit(text)
        return bool(parts.hostname) and parts.port != 0 and not re.search(r"\s", parts.netloc)
    except ValueError:
        return False


def _readable(address: str) -> str:
    if not is_address(address):
        # without white space, which would hide where a password ends
        compact = "".join(address.split())
        raise ValueError(f"{compact!r} cannot be read; write http(s)://HOST/PATH")
    return address


Address = Annotated[str, Field(pattern=r"^https?://"), AfterValidator(_readable)]


class MirrorFile(Settings):
    """The file of the same table on a mirror, if it differs from the published file."""

    file: Annotated[str, Field(pattern=r"^[^/\\]*[^/\\.][^/\\]*$")]
    sha256: Sha256 | None


class FilePlaces(Settings):
    """A file that is published at URLs or stored at a path.

    Attributes:
        urls: Public addresses of the file, tried in order.
        path: The place of a local file, relative to the project; instead of urls.
        sha256: Of the file as it is served or stored; null only for urls, where any content is then accepted.
        archive_member: The file to take out of the archive (zip or tar) that the urls serve or that lies at the path.
        mirror: For urls: name and sha256 of the same table on a mirror (LOCKSTEP_DATA_MIRROR), if its file differs.
    """

    urls: Annotated[tuple[Address, ...], Field(strict=False)] = ()
    path: str | None = None
    sha256: Sha256 | None
    archive_member: str | None = None
    mirror: MirrorFile | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if bool(self.urls) == bool(self.path):
            raise ValueError("needs either urls or path")
        if self.path and self.sha256 is None:
            raise ValueError("a file at a path needs its sha256, so that a change cannot pass unseen")
        if self.path and self.mirror:
            raise ValueError("mirror goes with urls, not with path")
        return self
