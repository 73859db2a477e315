"""The role of a column that is neither target nor leak: feature, encoded category, parts, words, or left out."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd

from lockstep.inspect.findings import Finding
from lockstep.inspect.missing import NUMBER
from lockstep.inspect.reading import ReadColumn
from lockstep.project.settings import ROW_ID

# A category with more values gets an encoding too; if values repeat less than twice on average, it is no category.
ENCODED_ABOVE = 10
NEARLY_UNIQUE = 0.95
MIN_ROWS_FOR_IDENTIFIER = 20
# Separators of parts, and the minimum share of values that contain one: commas also occur in prose.
SEPARATORS = ((";", 0.2), ("|", 0.2), (",", 0.5))
PROSE = 0.2  # minimum share of texts with several words in a column that is no identifier
PART_REPEATS, PART_WORDS = 3, 4
IDENTIFIER_NAME = re.compile(
    r"(?i)(?:^|.*[\W_])(id|ids|key|uuid|guid|index|idx|row|number|no|nr)|.*[a-z](Id|ID|Key|No)"
)
CODE_NAME = re.compile(r"(?i)(?:^|.*[\W_])(id|key|code|zip|zipcode|postcode|plz)|.*[a-z](Id|ID|Key|Code)")
# Names of pandas, readr and Parquet for a column without a name: an index that was written with the table.
UNNAMED = re.compile(r"\s*|Unnamed: \d+([._].*)?|\.\.\.\d+|__index_level_\d+__")
# Parts of dates, and their names in pandas.
DATE_PARTS = {name: name for name in ("year", "month", "day", "day_of_year", "hour")} | {"weekday": "day_of_week"}
REQUIRED_PARTS = {"weekday": {"day"}, "day_of_year": {"day", "year"}}


def describe_column(read: ReadColumn) -> Finding:
    """The role of one column, from its own values."""
    plain = Finding(read.name, read.type, "plain", "", read.missing, read.distinct)
    if read.name == ROW_ID:
        why = "the pipeline's own name for row numbers; to learn from it, rename it in the file"
        return replace(plain, type="ignore", role="identifier", why=why)
    if UNNAMED.fullmatch(read.name):
        why = "a column without a name, probably an index; to learn from it, name it in the file"
        return replace(plain, type="ignore", role="identifier", why=why)
    if read.problem:
        return replace(plain, role="unreadable", why=read.problem)
    if read.present == 0:
        return replace(plain, type="ignore", role="empty", why="every value is missing")
    if read.distinct == 1 and not read.missing:
        return replace(plain, type="ignore", role="constant", why=f"always {read.values.iloc[0]!s:.40}")
    if read.type == "text":
        return _text(plain, read)
    if read.type == "integer":
        return _integer(plain, read)
    if read.type == "date":
        return _date(plain, read)
    if read.type == "boolean":
        return replace(plain, why=f"true in {100 * read.values.mean():.3g}% of its rows")
    return replace(plain, why=_range(read.values))


def _range(values: pd.Series) -> str:
    return f"{format_number(values.min())} to {format_number(values.max())}"


def format_number(number: float) -> str:
    """A number for people: six digits, or all digits before the point."""
    return f"{number:,.0f}" if 100_000 <= abs(number) < 1e15 else f"{number:.6g}"


def _integer(plain: Finding, read: ReadColumn) -> Finding:
    distinct, span = plain.distinct, f"whole numbers {int(read.values.min())} to {int(read.values.max())}"
    whole = replace(plain, why=f"{span}, {distinct} different")
    if reason := _row_number(read):
        return replace(plain, role="identifier", why=f"{reason}: {span}")
    if distinct <= ENCODED_ABOVE or read.present < MIN_ROWS_FOR_IDENTIFIER:
        return whole
    if distinct >= NEARLY_UNIQUE * read.present and IDENTIFIER_NAME.fullmatch(read.name):
        return replace(plain, role="identifier", why=f"by its name and {distinct} different values in {read.present}")
    if distinct <= read.present / 2 and CODE_NAME.fullmatch(read.name):
        why = f"codes, by the column's name: {distinct} different"
        return replace(plain, type="category", role="encoded", why=why)
    return whole


def _row_number(read: ReadColumn) -> str:
    """The reason why integers only number the rows; empty if they do not."""
    if read.missing or read.present < MIN_ROWS_FOR_IDENTIFIER or read.distinct < read.present:
        return ""
    values = read.values.to_numpy(dtype=np.int64)
    steps = np.diff(values)
    if (steps == steps[0]).all():
        return "numbers the rows"
    if values.max() - values.min() == len(values) - 1:
        return "numbers the rows in another order"
    monotone = (steps > 0).all() or (steps < 0).all()
    return "rises or falls with every row" if monotone else ""


def _text(plain: Finding, read: ReadColumn) -> Finding:
    texts = read.values.dropna().astype("str")
    distinct, present = plain.distinct, read.present
    category, count = replace(plain, type="category"), f"{distinct} different texts"
    if distinct <= ENCODED_ABOVE:
        examples = ", ".join(f"{text:.40}" for text in sorted(texts.unique())[:4])
        return replace(
            category, why=f"{distinct} different: {examples}{', ...' if distinct > 4 else ''}{format_hint(texts)}"
        )
    if split := _parts(texts):
        separator, n_parts, mean = split
        why = f"several values in one text, separated by {separator!r}: {n_parts} different, {mean:.1f} a row"
        return replace(plain, role="parts", separator=separator, n_parts=n_parts, why=why)
    if distinct <= present / 2:
        description = f"codes of digits: {count}" if read.code else count + format_hint(texts)
        why = f"{description}, {present / distinct:,.0f} rows each"
        return replace(category, role="encoded", why=why)
    has_identifier_name = IDENTIFIER_NAME.fullmatch(read.name)
    if present >= MIN_ROWS_FOR_IDENTIFIER and (has_identifier_name or texts.str.contains(r"\S\s+\S").mean() < PROSE):
        return replace(plain, role="identifier", why=f"an identifier: {count} in {present} rows{format_hint(texts)}")
    return replace(plain, role="words", why=f"free text: {count} in {present} rows{format_hint(texts)}")


def format_hint(texts: pd.Series) -> str:
    """A hint if texts look like badly formatted dates, or numbers with a currency or unit."""
    sample = texts.drop_duplicates().head(1000).str.strip()
    if sample.str.fullmatch(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}( .*)?").mean() > 0.9:
        return f"; a date? write {sample.iloc[0][:40]!r} as YYYY-MM-DD"
    if sample.str.fullmatch(r"[^\w\s]?\s?[+-]?\d[\d.,' ]*\s?(\D{1,9})?").mean() > 0.9 and len(sample) > 1:
        example = next((text for text in sample if not NUMBER.fullmatch(text)), sample.iloc[0])
        return f"; a number? write {example[:40]!r} without separators, sign and unit"
    return ""


def _parts(texts: pd.Series) -> tuple[str, int, float] | None:
    """Separator, number of different parts and mean parts per row, if texts contain several values that repeat."""
    for separator, min_share in SEPARATORS:
        if texts.str.contains(separator, regex=False).mean() < min_share:
            continue
        parts = texts.str.split(separator, regex=False).explode().str.strip()
        short = parts.str.count(r"\s+").median() < PART_WORDS
        distinct = parts.nunique()
        if short and len(parts) >= PART_REPEATS * distinct and distinct < texts.nunique():
            return separator, distinct, len(parts) / len(texts)
    return None


def _date(plain: Finding, read: ReadColumn) -> Finding:
    dates = read.values.dropna().dt
    differing = [part for part, name in DATE_PARTS.items() if getattr(dates, name).nunique() > 1]
    # without different days a weekday says nothing new, and within one year day_of_year repeats month and day
    informative = [part for part in differing if REQUIRED_PARTS.get(part, set()) <= set(differing)]
    suffix = " with a clock time" if "hour" in informative else ""
    why = f"{read.values.min().date()} to {read.values.max().date()}{suffix}"
    return replace(plain, why=why, date_parts=tuple(informative))
