"""The base of all feature steps, and their types of columns."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, Field

from lockstep.guards.text.messages import repeated
from lockstep.project.settings import Names, Settings

# XGBoost refuses these in a feature's name.
FORBIDDEN_CHARACTERS = "[]<"


class BaseStep(Settings):
    """The columns that a step reads and the features that it makes, with which a recipe is checked before fitting."""

    @abstractmethod
    def reads(self) -> Sequence[str]:
        """Columns of the cleaned table that the step reads."""

    def reads_numbers(self) -> Sequence[str]:
        """Those of them that must be numbers."""
        return ()

    def reads_text(self) -> Sequence[str]:
        """Those of them that may be of type text; elsewhere a text column is refused."""
        return ()

    def reads_words(self) -> Sequence[str]:
        """Those of them that must be text or a category."""
        return ()

    def reads_dates(self) -> Sequence[str]:
        """Those of them that must be dates."""
        return ()

    def makes(self) -> Sequence[str]:
        """Names of the features that the step makes, as far as known before fitting; those of classes are not."""
        return ()


def _unique(names: tuple[str, ...]) -> tuple[str, ...]:
    if duplicates := repeated(names):
        raise ValueError(f"{duplicates[0]!r} occurs twice; remove one")
    return names


def _two_or_more(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(names) < 2:
        raise ValueError("two or more columns are needed; add one")
    return names


def _without_forbidden_characters(name: str) -> str:
    if any(character in name for character in FORBIDDEN_CHARACTERS):
        raise ValueError(f"XGBoost refuses [, ] and < in a feature's name: {name!r}; choose another name")
    return name


# Distinct columns: one or more, two or more, exactly two, any number.
Columns = Annotated[Names, AfterValidator(_unique)]
Combination = Annotated[Names, AfterValidator(_unique), AfterValidator(_two_or_more)]
Pair = Annotated[tuple[str, ...], Field(strict=False, min_length=2, max_length=2), AfterValidator(_unique)]
AnyColumns = Annotated[tuple[str, ...], Field(strict=False), AfterValidator(_unique)]
FeatureName = Annotated[str, Field(min_length=1), AfterValidator(_without_forbidden_characters)]
Folds = Annotated[int, Field(ge=2, le=100)]
