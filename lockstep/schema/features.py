"""Feature steps as data: the recipes of datasets/NAME.yaml. lockstep.features turns them into transformers."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from lockstep.schema.base import Names, Settings


class BaseStep(Settings):
    """What every step tells about columns, so that a recipe can be checked before anything runs."""

    def reads(self) -> Sequence[str]:
        """Columns of the cleaned table the step reads."""
        raise NotImplementedError

    def reads_numbers(self) -> Sequence[str]:
        """Those of them that must be numbers."""
        return ()

    def reads_text(self) -> Sequence[str]:
        """Those of them that may be of type text; elsewhere a text column is refused."""
        return ()

    def reads_dates(self) -> Sequence[str]:
        """Those of them that must be dates."""
        return ()

    def makes(self) -> Sequence[str]:
        """Names of the features it makes, as far as they are known before fitting."""
        return ()


class ColumnsStep(BaseStep):
    """Take columns as they come."""

    step: Literal["columns"]
    columns: Names

    def reads(self) -> Sequence[str]:
        return self.columns

    def makes(self) -> Sequence[str]:
        return self.columns


class RatioStep(BaseStep):
    """Add numerator / denominator."""

    step: Literal["ratio"]
    name: str
    numerator: str
    denominator: str

    def reads(self) -> Sequence[str]:
        return (self.numerator, self.denominator)

    def reads_numbers(self) -> Sequence[str]:
        return self.reads()

    def makes(self) -> Sequence[str]:
        return (self.name,)


Step = Annotated[ColumnsStep | RatioStep, Field(discriminator="step")]
Recipe = Annotated[tuple[Step, ...], Field(strict=False, min_length=1)]
