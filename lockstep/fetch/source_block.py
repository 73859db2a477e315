"""Where a table comes from: the `source` block of datasets/NAME.yaml."""

import re
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from lockstep.project.settings import Names, Settings

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
# Numbers of a generated table, 8 bytes each.
MAX_NUMBERS = 10_000_000_000


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


class FileSource(Settings):
    """A CSV or Parquet file, published at URLs or stored at a path.

    `header` names the columns of a CSV file that has no header line.
    """

    kind: Literal["csv", "parquet"]
    urls: Annotated[tuple[Address, ...], Field(strict=False)] = ()
    path: str | None = None
    sha256: Sha256 | None
    archive_member: str | None = None
    mirror: MirrorFile | None = None
    header: Names | None = None
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    encoding: str = "utf-8"

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if bool(self.urls) == bool(self.path):
            raise ValueError("needs either urls or path")
        if self.path and self.sha256 is None:
            raise ValueError("a file at a path needs its sha256, so that a change cannot pass unseen")
        if self.path and (self.mirror or self.archive_member):
            raise ValueError("mirror and archive_member go with urls, not with path")
        if self.kind == "parquet" and self.header:
            raise ValueError("header goes with kind csv; a Parquet file names its columns itself")
        return self


class EmbeddedSource(Settings):
    """A table that ships inside scikit-learn."""

    kind: Literal["sklearn"]
    loader: Literal["diabetes"]


class GeneratedSource(Settings):
    """scikit-learn's make_friedman1: known function, known noise, generated in memory."""

    kind: Literal["friedman1"]
    n_rows: Annotated[int, Field(ge=10, le=1_000_000_000)]
    n_features: Annotated[int, Field(ge=5)]
    noise: Annotated[float, Field(ge=0)]
    seed: Annotated[int, Field(ge=0, lt=2**31)]

    @model_validator(mode="after")
    def _fits_in_memory(self) -> Self:
        if self.n_rows * self.n_features > MAX_NUMBERS:
            raise ValueError(
                f"{self.n_rows} rows of {self.n_features} features are more than {MAX_NUMBERS} numbers, 80 GB; lower"
                " n_rows or n_features"
            )
        return self


Source = Annotated[FileSource | EmbeddedSource | GeneratedSource, Field(discriminator="kind")]


class SourceBlock(Settings):
    """Where the table comes from."""

    source: Source
