"""What all feature steps share."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, Field

from lockstep.guards.text.messages import repeated
from lockstep.project.settings import Names, Settings

# XGBoost refuses these in a feature's name.
FORBIDDEN_CHARACTERS = "[]<"


class BaseStep(Settings):
    """What every step tells about columns, so that a recipe can be checked before anything runs."""

    @abstractmethod
    def reads(self) -> Sequence[str]:
        """Columns of the cleaned table the step reads."""

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
        """Names of the features it makes, as far as they are known before fitting; classes are not."""
        return ()


def _each_once(names: tuple[str, ...]) -> tuple[str, ...]:
    if twice := repeated(names):
        raise ValueError(f"{twice[0]!r} stands twice; remove one")
    return names


def _two_or_more(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(names) < 2:
        raise ValueError("two or more columns are needed; add one")
    return names


def _unbracketed(name: str) -> str:
    if any(sign in name for sign in FORBIDDEN_CHARACTERS):
        raise ValueError(f"XGBoost refuses [, ] and < in a feature's name: {name!r}; choose another name")
    return name


# Columns of which none stands twice; one or more, two or more, exactly two, any number.
Columns = Annotated[Names, AfterValidator(_each_once)]
Combination = Annotated[Names, AfterValidator(_each_once), AfterValidator(_two_or_more)]
Pair = Annotated[tuple[str, ...], Field(strict=False, min_length=2, max_length=2), AfterValidator(_each_once)]
AnyColumns = Annotated[tuple[str, ...], Field(strict=False), AfterValidator(_each_once)]
FeatureName = Annotated[str, Field(min_length=1), AfterValidator(_unbracketed)]
Folds = Annotated[int, Field(ge=2, le=100)]
