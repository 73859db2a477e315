"""Types of the settings that several steps have: columns, names of features, folds, numbers of neighbours."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import AfterValidator, Field

from lockstep.guards.text.messages import repeated
from lockstep.project.settings import Names

# XGBoost refuses these in a feature's name.
FORBIDDEN_CHARACTERS = "[]<"
# Limits the number of features: every k makes a feature of each column.
MAX_COUNTS = 100


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


def _distinct_counts(counts: tuple[int, ...]) -> tuple[int, ...]:
    duplicates = [count for count, times in Counter(counts).items() if times > 1]
    if duplicates:
        raise ValueError(f"{min(duplicates)} occurs twice; remove one")
    return counts


def check_scale(scale: Mapping[str, float], columns: Sequence[str]) -> None:
    """Check that a scale has factors of the coordinates alone.

    Raises:
        ValueError: naming another column.
    """
    coordinates = set(columns)
    unknown = [column for column in scale if column not in coordinates]
    if unknown:
        raise ValueError(f"scale: {unknown[0]!r} is not among columns; add it there or remove it here")


# Distinct columns: one or more, two or more, exactly two, any number.
ColumnNames = Annotated[Names, AfterValidator(_unique)]
Combination = Annotated[Names, AfterValidator(_unique), AfterValidator(_two_or_more)]
Pair = Annotated[tuple[str, ...], Field(strict=False, min_length=2, max_length=2), AfterValidator(_unique)]
AnyColumns = Annotated[tuple[str, ...], Field(strict=False), AfterValidator(_unique)]
FeatureName = Annotated[str, Field(min_length=1), AfterValidator(_without_forbidden_characters)]
Folds = Annotated[int, Field(ge=2, le=100)]
Positive = Annotated[float, Field(gt=0)]
# Distinct numbers of neighbours, from one or from two on.
Neighbourhoods = Annotated[
    tuple[Annotated[int, Field(ge=1, le=1000)], ...],
    Field(strict=False, min_length=1, max_length=MAX_COUNTS),
    AfterValidator(_distinct_counts),
]
LargerNeighbourhoods = Annotated[
    tuple[Annotated[int, Field(ge=2, le=1000)], ...],
    Field(strict=False, min_length=1, max_length=MAX_COUNTS),
    AfterValidator(_distinct_counts),
]
