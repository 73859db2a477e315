"""The role of a column that is neither target nor leak: feature, encoded category, parts, words, or left out."""

from dataclasses import replace

import pandas as pd

from lockstep.inspect.findings import LEFT_OUT, Finding
from lockstep.inspect.identifiers import (
    CODE_NAME,
    MIN_ROWS,
    NEARLY_UNIQUE,
    UNNAMED,
    index_reason,
    is_nearly_unique,
    number_reason,
    repeated_id_reason,
    span,
    text_reason,
)
from lockstep.inspect.notations.missing import NUMBER
from lockstep.inspect.reading import ReadColumn
from lockstep.project.settings import ROW_ID

# A category with more values gets an encoding too; if values repeat less than twice on average, it is no category.
ENCODED_ABOVE = 10
# Separators of parts, and the minimum share of values that contain one: commas also occur in prose.
SEPARATORS = ((";", 0.2), ("|", 0.2), (",", 0.5))
PROSE = 0.2  # minimum share of texts with several words in a column that is no identifier
PART_REPEATS, PART_WORDS = 3, 4
# The median of words from which texts are sentences, and no category of many values.
SENTENCE_WORDS = 4
# An identifier is missing for a reason where this share of the rows, and number of them, is without, or with one.
PRESENCE_SHARE, PRESENCE_ROWS = 0.05, 10
# Parts of dates, and their names in pandas.
DATE_PARTS = {name: name for name in ("year", "month", "day", "day_of_year", "hour")} | {"weekday": "day_of_week"}
REQUIRED_PARTS = {"weekday": {"day"}, "day_of_year": {"day", "year"}}


def describe_column(read: ReadColumn) -> Finding:
    """The role of one column, from its own values."""
    plain = Finding(read.name, read.type, "plain", "", read.missing, read.distinct)
    if read.name == ROW_ID:
        why = "the pipeline's own name for row numbers; to learn from it, rename it in the file"
        return replace(plain, type="ignore", role="identifier", why=why)
    if why := index_reason(read):
        return replace(plain, type="ignore", role="identifier", why=why)
    if read.problem:
        return replace(plain, role="unreadable", why=read.problem)
    if read.present == 0:
        return replace(plain, type="ignore", role="empty", why="every value is missing")
    if read.distinct == 1 and not read.missing:
        return replace(plain, type="ignore", role="constant", why=f"always {read.values.iloc[0]!s:.40}")
    if read.type == "text":
        return _text(plain, read)
    if read.type == "date":
        return _date(plain, read)
    if read.type == "boolean":
        return replace(plain, why=f"true in {100 * read.values.mean():.3g}% of its rows")
    return _number(plain, read)


def how_to_keep(column: Finding) -> str:
    """How a person brings a left-out column back; empty for other columns, and where `why` says it."""
    explained = column.role in ("empty", "unreadable") or column.name == ROW_ID or UNNAMED.fullmatch(column.name)
    if column.role not in LEFT_OUT or explained:
        return ""
    if column.type == "ignore":
        return "to keep it: state its type and add it to a recipe"
    if column.type == "text":
        return "to keep it: type category and add it to a recipe"
    return "to keep it: add it to a recipe"


def _range(values: pd.Series) -> str:
    return f"{format_number(values.min())} to {format_number(values.max())}"


def format_number(number: float) -> str:
    """A number for people: six digits, or all digits before the point."""
    return f"{number:,.0f}" if 100_000 <= abs(number) < 1e15 else f"{number:{',' if abs(number) >= 10_000 else ''}.6g}"


def _number(plain: Finding, read: ReadColumn) -> Finding:
    if reason := number_reason(read):
        return _identifier(plain, read, reason)
    if read.type != "integer":
        return replace(plain, why=_range(read.values))
    distinct = plain.distinct
    if distinct > ENCODED_ABOVE and read.present >= MIN_ROWS and CODE_NAME.fullmatch(read.name.strip()):
        why = f"codes, by the column's name: {distinct} different"
        return replace(plain, type="category", role="encoded", why=why)
    return replace(plain, why=f"{span(read)}, {distinct} different")


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
    return _mostly_different(plain, read, texts)


def _mostly_different(plain: Finding, read: ReadColumn, texts: pd.Series) -> Finding:
    """Texts of which most occur once."""
    count = f"{plain.distinct} different texts in {read.present} rows{format_hint(texts)}"
    if is_nearly_unique(read) and (reason := text_reason(read.name, sorted(texts.unique()))):
        return _identifier(plain, read, f"{reason}: {count}")
    if reason := repeated_id_reason(read):
        return _identifier(plain, read, reason)
    words = texts.str.count(r"\S+")
    if read.missing > len(read.values) / 2 and words.median() < SENTENCE_WORDS:
        return _presence(plain, read, f"{count}, and most rows have none")
    if plain.distinct < NEARLY_UNIQUE * read.present and words.median() < SENTENCE_WORDS:
        return replace(plain, type="category", role="encoded", why=f"a category of many values: {count}")
    if (words > 1).mean() < PROSE:
        return replace(plain, role="words", why=f"single words, of which only the length is a feature: {count}")
    return replace(plain, role="words", why=f"free text: {count}")


def _identifier(plain: Finding, read: ReadColumn, reason: str) -> Finding:
    """An identifier; where it is missing in some rows, having one may say something."""
    if min(read.missing, read.present) >= max(PRESENCE_ROWS, PRESENCE_SHARE * len(read.values)):
        return _presence(plain, read, f"an identifier, {reason}")
    return replace(plain, role="identifier", why=f"an identifier, {reason}")


def _presence(plain: Finding, read: ReadColumn, reason: str) -> Finding:
    why = f"only its presence is a feature ({read.present / len(read.values):.0%} of the rows): {reason}"
    return replace(plain, type="text", role="presence", why=why)


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
