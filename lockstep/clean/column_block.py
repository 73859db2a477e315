"""One entry of the block `columns` of datasets/NAME.yaml: the type of a column, how its texts are read, its limits."""

import math
import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from lockstep.guards.text.messages import repeated
from lockstep.project.settings import Settings

ColumnType = Literal["number", "integer", "boolean", "category", "text", "date", "time", "duration", "ignore"]
QUANTITIES = ("number", "integer")
WORDS = ("boolean", "category", "text")
SPANS = ("time", "duration")
# The types to which each key applies; a key that has no effect is refused.
GOES_WITH: Mapping[str, tuple[str, ...]] = {
    "min": (*QUANTITIES, *SPANS),
    "max": (*QUANTITIES, *SPANS),
    "decimal": QUANTITIES,
    "thousands": QUANTITIES,
    "unit": QUANTITIES,
    "percent": QUANTITIES,
    "scale": QUANTITIES,
    "negative": QUANTITIES,
    "censored": QUANTITIES,
    "strip": WORDS,
    "case": WORDS,
    "map": (*QUANTITIES, *WORDS),
    "format": ("date", *SPANS),
    "genuine": (*QUANTITIES, *SPANS, "date"),
    "missing_values": (*QUANTITIES, *WORDS, "date", *SPANS),
}
# Formats of dates that are no pattern of strptime.
NAMED_FORMATS = ("iso", "quarter", "week", "unix", "unix_ms")
DIRECTIVES = frozenset("aAbBdmyYHIMSpfzj%")
# Durations have numbers of units alone.
UNIT_DIRECTIVES = frozenset("dHMS")


def _one_or_more(content: Any) -> Any:
    """A single text as a list of one."""
    return (content,) if isinstance(content, str) else content


def _not_zero(factor: float) -> float:
    if not factor:
        raise ValueError("a factor of 0 makes every number 0; write another one")
    return factor


Texts = Annotated[tuple[str, ...], Field(strict=False)]
OneOrMore = Annotated[tuple[str, ...], BeforeValidator(_one_or_more), Field(strict=False)]


class Column(Settings):
    """One column of the file.

    Attributes:
        type: number, integer, boolean, category (a feature), text (kept, no feature by itself), date, time (of day, in
            seconds), duration (in seconds) or ignore (left out by clean).
        min, max: Inclusive bounds of a number.
        missing: Whether missing values are allowed.
        missing_values: Texts that mean "no value" in this column, besides those of the table. A number among them
            stands for all its notations, for a time or duration as its seconds; a date in any format for that date.
        genuine: Values that stand far from all others, like a filler such as -200 or 999, and are none.
        strip: Whether spaces around a text are removed, and those within become single.
        case: The letter case to which texts are brought.
        map: The value that stands for a text: {med: medium}, {low: 1, high: 3}, {oui: true}.
        decimal: The character before the decimals.
        thousands: The character between thousands; a space stands for all kinds of spaces.
        unit: Texts that may stand before or after a number: €, kg, [km, kms].
        percent: Whether numbers are shares in percent, such as 12.5%; they become 0.125.
        scale: Factors of the texts behind a number: {k: 1000, M: 1000000}. With several a text may be a sum of parts
            that become smaller: 5 ft 11 in by {ft: 12, in: 1}.
        negative: minus, as in -5; parentheses also allows (5), trailing also 5-.
        censored: Whether <5, >5 and 5+ are allowed; they are read as 5.
        format: Notations of dates, times and durations, tried in order: patterns of strptime such as "%d.%m.%Y", or
            for dates iso, quarter (2020-Q1), week (2020-W05), unix and unix_ms (seconds, milliseconds since 1970).
            %b and %B, %a and %A take names of some twenty languages in full and by their first letters.
        personal: Whether its values are facts about people, which the model's example and reports do not show.
        about: Its meaning, with its unit.
    """

    type: ColumnType
    min: float | None = None
    max: float | None = None
    missing: bool = False
    missing_values: Texts = ()
    genuine: Texts = ()
    strip: bool = False
    case: Literal["lower", "upper"] | None = None
    map: Mapping[str, bool | int | float | str] = Field(default_factory=dict)
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ",", ".", " ", "'"] = ""
    unit: OneOrMore = ()
    percent: bool = False
    scale: Mapping[str, Annotated[float, AfterValidator(_not_zero)]] = Field(default_factory=dict)
    negative: Literal["minus", "parentheses", "trailing"] = "minus"
    censored: bool = False
    format: OneOrMore = ()
    personal: bool = False
    about: str = ""

    @property
    def cleaned_type(self) -> str:
        """The type of its values in the cleaned table: times and durations are numbers there."""
        return "number" if self.type in SPANS else self.type

    @property
    def notation(self) -> dict[str, Any]:
        """The keys that say how a number is written, where they differ from a plain number's."""
        keys = {"decimal", "thousands", "unit", "percent", "scale", "negative", "censored"}
        return self.model_dump(include=keys, exclude_defaults=True)

    @property
    def is_plain_number(self) -> bool:
        """Whether every value is a number or truth value in the file too, not a text that becomes one."""
        return (
            self.type in (*QUANTITIES, "boolean")
            and not (self.notation or self.map or self.strip or self.case)
            and all(plain_number(text) is not None for text in self.missing_values)
        )

    @field_validator("unit", "missing_values")
    @classmethod
    def _no_blank_unit(cls, texts: tuple[str, ...], info: Any) -> tuple[str, ...]:
        if info.field_name == "unit" and not all(text.strip() for text in texts):
            raise ValueError("a unit is a text such as kg; leave the key out where there is none")
        return texts

    @model_validator(mode="after")
    def _keys_fit(self) -> Self:
        for key, types in GOES_WITH.items():
            if self.type not in types and getattr(self, key) != type(self).model_fields[key].get_default(
                call_default_factory=True
            ):
                raise ValueError(f"{key} goes with {', '.join(types)}, not with {self.type}; remove the key")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min} is greater than max {self.max}; swap them")
        if self.thousands == self.decimal:
            raise ValueError(f"thousands and decimal are both {self.decimal!r}; they must differ")
        return self

    @model_validator(mode="after")
    def _formats_exist(self) -> Self:
        for text in self.format:
            if self.type == "date" and text in NAMED_FORMATS:
                continue
            if mistake := _mistake_in(text, UNIT_DIRECTIVES if self.type == "duration" else DIRECTIVES):
                names = f", or name one of {', '.join(NAMED_FORMATS)}" if self.type == "date" else ""
                example = "%d.%m.%Y" if self.type == "date" else "%H:%M"
                raise ValueError(f'format: {text!r}: {mistake}; write a pattern such as "{example}"{names}')
        return self


def _mistake_in(pattern: str, directives: AbstractSet[str]) -> str:
    """What is wrong with a pattern of strptime; empty if nothing is."""
    used = re.findall(r"%(.?)", pattern)
    if wrong := [letter for letter in used if letter not in directives]:
        kind = "of a duration (%d, %H, %M, %S)" if directives == UNIT_DIRECTIVES else "of strptime"
        return f"%{wrong[0]} is no directive {kind}"
    used = [letter for letter in used if letter != "%"]
    if again := repeated(used):
        return f"%{again[0]} occurs twice"
    return "" if used else "has no directive of strptime such as %d or %M"


def plain_number(text: str) -> float | None:
    """The number that a text is without any notation, or infinity; None if it is none, or "nan"."""
    try:
        number = float(text)
    except ValueError:
        return None
    return None if math.isnan(number) else number


IGNORED = Column(type="ignore")
