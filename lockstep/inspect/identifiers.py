"""Identifiers: columns that number or name the rows, by their name, their form, or an order without meaning."""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lockstep.inspect.reading import ReadColumn

NEARLY_UNIQUE = 0.95
MIN_ROWS = 20
# Names of pandas, readr and Parquet for a column without a name: an index that was written with the table.
UNNAMED = re.compile(r"\s*|Unnamed: \d+([._].*)?|\.\.\.\d+|__index_level_\d+__")
INDEX_NAME = re.compile(
    r"(?i)(row[\W_]*(names?|numbers?|no|nr|num|index|idx|id)?|index|idx|obs(ervation)?|sn|s\.?no\.?)"
)
THING = (
    "account|booking|case|client|contract|cust|customer|device|employee|invoice|item|loan|member|order|passenger"
    "|patient|person|policy|product|record|sale|sales|sample|session|student|subject|ticket|trans|transaction|user"
)
IDENTIFIER_NAME = re.compile(
    rf"(?i)(?:^|.*[\W_])(ids?|key|[ug]uid|idx|row|number|no|nr|num|isbn|ean|gtin|upc|imei|sku|barcode|hash|ref)"
    rf"|(?:.*[\W_])?({THING})(id|no|nr|num|number|key)|(?-i:.*[a-z](Id|ID|Key|No|Nr|Number))"
)
# Names of an id of things; with fewer than 1.5 rows each, a model learns nothing from them.
THING_ID_NAME = re.compile(
    rf"(?i)(?:^|.*[\W_])(ids?|[ug]uid)|(?:.*[\W_])?({THING})[\W_]?(ids?|no|nr|num|number|key)|(?-i:.*[a-z](Id|ID))"
)
MOSTLY_ONCE = 2 / 3
CODE_NAME = re.compile(
    r"(?i)(?:^|.*[\W_])(id|key|code|zip|zipcode|postcode|postal|plz)"
    rf"|({THING})id|(?-i:.*[a-z](Id|ID|Key|Code))"
)
# A count of these orders the rows like a time, and a rank is a judgement of someone: both say something of a row.
TIME_NAME = re.compile(
    r"(?i)(?:^|.*[\W_])(t|time|times|year|yr|jahr|month|week|day|date|hour|minute|second|quarter|period|step|epoch|age)s?"
)
RANK_NAME = re.compile(r"(?i)(?:^|.*[\W_])(rank|ranking|position|pos|place|rang)|rank.*")
# A spreadsheet shows numbers of twelve digits or more as 1.23457E+11, and saves what it shows.
SPREADSHEET_FROM, SPREADSHEET_DIGITS = 1e11, 6
SAMPLE = 2000
UUID = re.compile(r"(?i)\{?[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}\}?")
LONG_NUMBER = re.compile(r"[+-]?\d{16,}")
HEX = re.compile(r"(?i)(0x)?[0-9a-f]{8,}")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
# Letters, digits and dividers without a space; a point or comma between digits may be a decimal's.
TOKEN = re.compile(r"[\w\-/:#+=~|]+")
# Lengths of codes: from the first one with a digit in nearly all, from the second one in half of them.
SHORT_CODE, LONG_CODE, LONGEST_CODE = 4, 8, 30
# With each number as 9: one alone, or one beside letters, of two words at most, and no pair such as 48.1,11.5 or 12/31.
CODE_FORM = re.compile(r"9|(?=\S*\s?\S*$)(?=.*[^\W\d_])(?=.*9)(?!.*9[.,]9).*")
QUANTITY_FORM = re.compile(r"9[\s_]?[^\W\d_]+")
# The share of the texts that must have a form.
ALIKE = 0.95


def index_reason(read: ReadColumn) -> str:
    """The reason why a column is an index that was written with the table; empty if it is not."""
    if UNNAMED.fullmatch(read.name):
        return "a column without a name, probably an index; to learn from it, name it in the file"
    if INDEX_NAME.fullmatch(read.name.strip()) and read.type == "integer" and is_nearly_unique(read):
        return f"an index, by its name: {span(read)}, {read.distinct} different"
    return ""


def is_nearly_unique(read: ReadColumn) -> bool:
    """Whether (nearly) every row has a value of its own, in a table of enough rows to tell."""
    return read.present >= MIN_ROWS and read.distinct >= NEARLY_UNIQUE * read.present


def repeated_id_reason(read: ReadColumn) -> str:
    """The reason why ids of which some repeat are no feature: by their name, where most of them have one row."""
    mostly_once = read.present >= MIN_ROWS and read.distinct >= MOSTLY_ONCE * read.present
    if mostly_once and THING_ID_NAME.fullmatch(read.name.strip()):
        return f"by its name and {read.distinct} different values in {read.present} rows"
    return ""


def number_reason(read: ReadColumn) -> str:
    """The reason why numbers only identify the rows; empty if they may be a quantity."""
    named = IDENTIFIER_NAME.fullmatch(read.name.strip()) is not None
    values = read.values.dropna().to_numpy(dtype=np.float64)
    if named and len(values) and _spreadsheet_rounded(values):
        return f"rounded by a spreadsheet, such as {values[0]:.5E}: different ones became the same"
    if read.type != "integer":
        return ""
    if not is_nearly_unique(read):
        return repeated_id_reason(read)
    if not read.missing and read.distinct == read.present and (reason := _numbering(read, named=named)):
        return f"{reason}: {span(read)}"
    return f"by its name and {read.distinct} different values in {read.present} rows" if named else ""


def span(read: ReadColumn) -> str:
    """The range of whole numbers."""
    return f"whole numbers {int(read.values.min())} to {int(read.values.max())}"


def _numbering(read: ReadColumn, *, named: bool) -> str:
    """How different whole numbers count the rows. A quantity may rise with the rows too, but not by one each time."""
    if not named and (TIME_NAME.fullmatch(read.name) or RANK_NAME.fullmatch(read.name)):
        return ""
    values = read.values.to_numpy(dtype=np.int64)
    steps = np.diff(values)
    if (np.abs(steps) == 1).all():
        return "numbers the rows"
    return "numbers the rows in another order" if values.max() - values.min() == len(values) - 1 else ""


def _spreadsheet_rounded(values: npt.NDArray[np.float64]) -> bool:
    """Whether all numbers are long, and have no more digits than a spreadsheet shows."""
    if np.abs(values).min() < SPREADSHEET_FROM:
        return False
    rounded = np.array([float(f"{value:.{SPREADSHEET_DIGITS - 1}E}") for value in np.unique(values)[:SAMPLE]])
    return bool(np.array_equal(rounded, np.unique(values)[:SAMPLE]))


def text_reason(name: str, texts: Sequence[str]) -> str:
    """The reason why different texts identify the rows; empty if they may say something.

    Args:
        name: The column's name.
        texts: Its different texts, sorted; many are judged by a sample.
    """
    sample = [text.strip() for text in texts[:: max(1, len(texts) // SAMPLE)]]
    if _share(sample, EMAIL) >= ALIKE:
        return ""
    if _share(sample, UUID) >= ALIKE:
        return "UUIDs"
    if _share(sample, LONG_NUMBER) >= ALIKE:
        return "whole numbers with more digits than a quantity has"
    if _share(sample, HEX) >= ALIKE and len(_lengths(sample)) == 1 and _mixed(sample):
        return "hexadecimal numbers of one length"
    if (form := _one_skeleton(sample)) is not None:
        return f"texts of one form, {form}"
    if _share(sample, TOKEN) >= ALIKE and len(_lengths(sample)) == 1 and _mixed(sample):
        with_digits = sum(any(character.isdigit() for character in text) for text in sample) / len(sample)
        length = len(sample[0])
        if (length >= SHORT_CODE and with_digits >= ALIKE) or (length >= LONG_CODE and with_digits >= ALIKE / 2):
            return f"codes of {length} letters and digits"
    if IDENTIFIER_NAME.fullmatch(name.strip()) and sum(" " in text for text in sample) < len(sample) / 2:
        return "by its name"
    return ""


def _share(sample: Sequence[str], form: re.Pattern[str]) -> float:
    return sum(form.fullmatch(text) is not None for text in sample) / max(1, len(sample))


def _lengths(sample: Sequence[str]) -> set[int]:
    return {len(text) for text in sample}


def _mixed(sample: Sequence[str]) -> bool:
    """Whether letters and digits both occur: words have no digits."""
    joined = "".join(sample)
    return any(character.isdigit() for character in joined) and any(character.isalpha() for character in joined)


def _one_skeleton(sample: Sequence[str]) -> str | None:
    """The form of nearly all texts, if they are equal but for the digits of a number, or for short runs of letters.

    C-001893 and C-001894, Unit 12 and Unit 13, AB-123-CD and XY-977-ZZ; not Anna 12 and Bert 13, where words differ.
    """
    by_number = [re.sub(r"\d+", "9", text) for text in sample if len(text) <= LONGEST_CODE]
    by_letters = [re.sub(r"(?<![^\W\d_])[^\W\d_]{1,4}(?![^\W\d_])", "A", text) for text in by_number if " " not in text]
    for skeletons in (by_number, by_letters):
        form, count = Counter(skeletons).most_common(1)[0] if skeletons else ("", 0)
        # numbers beside a few ranges such as 48 - 112 are quantities
        enough = len(sample) if form == "9" else ALIKE * len(sample)
        if count >= enough and CODE_FORM.fullmatch(form) and not QUANTITY_FORM.fullmatch(form):
            return re.sub(r"\d", "9", sample[0])
    return None
