"""How each column of a table is read: the first type and notation in which the clean stage converts every value."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from lockstep.clean.column_block import Column
from lockstep.clean.columns import convert_columns
from lockstep.clean.number_texts import plain_digits
from lockstep.errors import DataError
from lockstep.guards.text.messages import shown
from lockstep.inspect.findings import Type
from lockstep.inspect.notations.compound_units import propose_compound
from lockstep.inspect.notations.date_notation import propose_dates
from lockstep.inspect.notations.missing import text_counts
from lockstep.inspect.notations.number_notation import has_decimal_comma, propose_numbers
from lockstep.inspect.notations.ordinal_words import propose_order
from lockstep.inspect.notations.proposal import Proposal, Texts
from lockstep.inspect.notations.span_notation import propose_durations, propose_times
from lockstep.inspect.notations.truth_words import propose_truth
from lockstep.inspect.notations.word_variants import propose_variants

LONG_WHOLE = re.compile(r"[+-]?\d{16,}")
# Whole numbers from here may be days (20200131), months (202001 is below) or seconds since 1970.
FIRST_MOMENT = 10_000_000
# Below this many rows per different text, texts are names or prose, not words of a category.
ROWS_PER_WORD = 2


@dataclass(frozen=True)
class ReadColumn:
    """One column as the clean stage reads it.

    Attributes:
        name: Its name.
        facts: Its entry in the dataset file, which allows missing values.
        values: float64, int64, datetime64[s] or text, depending on the type.
        problem: The reason why no type fits.
        code: Whether its digits are a code, not a quantity.
        why: The reason for its notation, with a sample.
        odd: The texts that are missing values of this column, and the rows of each.
        notes: Comments for the person.
    """

    name: str
    facts: Column
    values: pd.Series
    problem: str = ""
    code: bool = False
    why: str = ""
    odd: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def type(self) -> Type:
        """Its type in the dataset file."""
        return self.facts.type

    @property
    def is_number(self) -> bool:
        """Whether its values are quantities."""
        return self.facts.cleaned_type in ("number", "integer")

    @property
    def missing(self) -> int:
        """Number of rows without a value."""
        return int(self.values.isna().sum())

    @property
    def distinct(self) -> int:
        """Number of different values."""
        return int(self.values.nunique())

    @property
    def present(self) -> int:
        """Number of rows with a value."""
        return len(self.values) - self.missing


@dataclass(frozen=True)
class Surroundings:
    """What is known of a column before it is read by itself.

    Attributes:
        missing: Texts that mean "no value" in every column.
        decimal_comma: Whether a column of the table has decimal commas.
        dates: The formats in which the column's texts are dates; None if they are none.
    """

    missing: tuple[str, ...]
    decimal_comma: bool = False
    dates: Proposal | None = None


def read_columns(table: pa.Table, missing: tuple[str, ...], target: str) -> dict[str, ReadColumn]:
    """Read every column with the first type and notation to which all its values can be converted."""
    texts = {name: _texts(table.column(name), missing) for name in table.column_names}
    around = Surroundings(missing, any(has_decimal_comma(_plain(column)) for column in texts.values() if column))
    dates = _dates(table, texts, missing)
    return {
        name: read_column(
            name, table.column(name), replace(around, dates=dates.get(name)), texts[name], is_target=name == target
        )
        for name in table.column_names
    }


def _dates(table: pa.Table, texts: Mapping[str, Texts], missing: Sequence[str]) -> dict[str, Proposal]:
    """The columns of dates; formats that the values of one settle also settle those of another."""
    order = {name: _in_order(table.column(name), missing) for name, column in texts.items() if column}
    texts = {name: _plain(column) for name, column in texts.items()}
    found = {name: dates for name in order if (dates := propose_dates(name, texts[name], order[name])) is not None}
    settled = tuple(
        dict.fromkeys(text for dates in found.values() if not dates.notes for text in dates.facts.get("format", ()))
    )
    for name, dates in found.items():
        if dates.notes and settled:
            found[name] = propose_dates(name, texts[name], order[name], settled) or dates
    return found


def _texts(column: pa.ChunkedArray, missing: Sequence[str]) -> dict[str, int]:
    return {text: count for text, count in text_counts(column).items() if text not in missing}


def read_column(
    name: str, column: pa.ChunkedArray, around: Surroundings, texts: Texts, *, is_target: bool = False
) -> ReadColumn:
    """Read one column.

    Args:
        name: Its name.
        column: Its values as in the file.
        around: What the other columns tell.
        texts: Its different texts, without missing ones; empty where the file has typed values.
        is_target: Whether it is the target, whose words are classes.
    """
    column = decode_dictionary(column)
    ignored = ReadColumn(name, Column(type="ignore"), pd.Series([None] * len(column), dtype=object))
    if column.null_count == len(column) or (_is_text(column) and not texts):
        return ignored
    problem = ""
    for propose in _proposals(name, column, around, texts, is_target=is_target):
        proposal = propose()
        if proposal is None:
            continue
        read = _converted(name, column, proposal, around.missing, texts)
        if isinstance(read, str):
            problem = read
        elif not (read.type == "number" and _loses_digits(texts)):
            return read
    return replace(ignored, problem=problem or f"values of type {column.type} are no number, text or date")


def _converted(
    name: str, column: pa.ChunkedArray, proposal: Proposal, missing: tuple[str, ...], texts: Texts
) -> ReadColumn | str:
    """The column read as proposed, or the reason why it cannot be."""
    content = {**proposal.facts, "missing": True, "missing_values": tuple(sorted(proposal.odd))}
    facts = Column.model_validate({key: value for key, value in content.items() if value != ()})
    try:
        frame, _ = convert_columns(pa.table({name: column}), {name: facts}, missing, name)
    except DataError as error:
        return str(error).removeprefix(f"{name}: columns.{shown(name)}: ")
    code = facts.type == "text" and all(text.strip().isdigit() for text in texts)
    counts = _plain(texts)
    odd = {text: texts.get(text, counts.get(text, 0)) for text in sorted(proposal.odd)}
    return ReadColumn(name, facts, frame[name], code=code, why=proposal.why, odd=odd, notes=proposal.notes)


def _loses_digits(texts: Texts) -> bool:
    """Whether different long integers became one float: they are codes, not quantities."""
    long = {text.strip() for text in texts if LONG_WHOLE.fullmatch(text.strip())}
    return len(long) > 1 and len({float(text) for text in long}) < len(long)


def decode_dictionary(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column without dictionary encoding."""
    return pc.cast(column, column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _is_text(column: pa.ChunkedArray) -> bool:
    return bool(pa.types.is_string(column.type) or pa.types.is_large_string(column.type))


def _plain(texts: Texts) -> Texts:
    """The texts as the clean stage reads numbers and dates: with the digits of any script as ASCII ones."""
    if all(text.isascii() for text in texts):
        return texts
    counts = Counter[str]()
    for text, count in texts.items():
        counts[plain_digits(text)] += count
    return counts


Propose = Callable[[], Proposal | None]


def _proposals(
    name: str, column: pa.ChunkedArray, around: Surroundings, texts: Texts, *, is_target: bool
) -> list[Propose]:
    """The ways in which a column may be read, the likeliest first."""
    if not _is_text(column):
        return [partial(replace, proposal) for proposal in _of_type(name, column)]
    plain = _plain(texts)
    number = propose_numbers(plain, decimal_comma=around.decimal_comma)
    words: list[Propose] = [] if is_target else [lambda: propose_order(name, texts)]
    if sum(texts.values()) >= ROWS_PER_WORD * len(texts):
        words.append(lambda: _as_text(propose_variants(texts)))
    return [
        lambda: propose_truth(name, texts),
        lambda: around.dates,
        lambda: propose_times(name, plain),
        lambda: propose_durations(name, plain),
        lambda: propose_compound(plain),
        lambda: _with_type(number, "integer"),
        lambda: _with_type(number, "number"),
        *words,
        lambda: Proposal({"type": "text"}),
    ]


def _with_type(proposal: Proposal | None, kind: str) -> Proposal | None:
    return None if proposal is None else replace(proposal, facts={"type": kind, **proposal.facts})


def _as_text(proposal: Proposal | None) -> Proposal | None:
    """Variants of words, in a column whose role is still open."""
    return None if proposal is None else replace(proposal, facts={"type": "text", **proposal.facts})


def _in_order(column: pa.ChunkedArray, missing: Sequence[str]) -> list[str]:
    """The first texts in the file's order."""
    texts = (text for text in column.slice(0, 10_000).to_pylist() if text is not None and text not in missing)
    return [plain_digits(text) for text in texts]


def _of_type(name: str, column: pa.ChunkedArray) -> list[Proposal]:
    """The ways in which a typed column may be read."""
    kind = column.type
    types: tuple[str, ...] = ()
    if pa.types.is_boolean(kind):
        types = ("boolean",)
    elif pa.types.is_integer(kind):
        bounds = pc.min_max(column).as_py()
        if bounds == {"min": 0, "max": 1}:
            return [Proposal({"type": "boolean"})]
        moments = propose_dates(name, _counts(column)) if bounds["min"] >= FIRST_MOMENT else None
        return [*([moments] if moments else []), Proposal({"type": "integer"}), Proposal({"type": "number"})]
    elif pa.types.is_floating(kind):
        return [Proposal({"type": type_}, odd=_infinite(column)) for type_ in ("integer", "number")]
    elif pa.types.is_decimal(kind):
        types = ("integer", "number")
    elif pa.types.is_time(kind):
        types = ("time",)
    elif pa.types.is_duration(kind):
        types = ("duration",)
    elif pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        types = ("date",)
    return [Proposal({"type": type_}) for type_ in types]


def _counts(column: pa.ChunkedArray) -> dict[str, int]:
    """The different whole numbers as texts, and the rows of each."""
    return text_counts(pc.cast(column, pa.string()))


def _infinite(column: pa.ChunkedArray) -> frozenset[str]:
    """The infinite values of a float column, as text."""
    values = pc.unique(pc.cast(column, pa.float64()))
    return frozenset(str(value) for value in pc.filter(values, pc.is_inf(values)).to_pylist() if value is not None)
