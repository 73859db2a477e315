"""The block `source` of datasets/NAME.yaml as a model keeps it: how files of the table are read, not where they are."""

from typing import Any

from lockstep.fetch.file_places import FilePlaces
from lockstep.project.settings import Settings


class SourceOptions(Settings):
    """The source of the table; the stage fetch checks its settings."""

    source: dict[str, Any]

    @property
    def reading(self) -> dict[str, Any]:
        """Its kind, and its settings without places and checksums: header, delimiter, encoding, ..."""
        return {name: value for name, value in self.source.items() if name not in FilePlaces.model_fields}
