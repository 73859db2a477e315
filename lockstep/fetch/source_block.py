"""Where a table comes from: the `source` block of datasets/NAME.yaml."""

from typing import Annotated

from pydantic import BeforeValidator

from lockstep.fetch.source import SOURCES, Source
from lockstep.project.settings import Settings

AnySource = Annotated[Source, BeforeValidator(SOURCES.parse)]


class SourceBlock(Settings):
    """Where the table comes from."""

    source: AnySource
