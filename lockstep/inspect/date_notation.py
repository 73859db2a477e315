"""How the dates of a column of texts are written."""

import re
from collections.abc import Collection, Sequence

import pandas as pd

from lockstep.clean.date_texts import DATE, parse_dates
from lockstep.inspect.proposal import Proposal, Texts

COMPACT_DAYS = (19_000_101, 21_001_231)


def propose_dates(
    name: str, texts: Texts, order: Sequence[str] | None = None, other_formats: Collection[str] = ()
) -> Proposal | None:
    """The formats in which a column's texts are dates; None if they are none."""
    words = sorted(texts)
    if not words or not re.match(DATE, words[0]) or all(re.fullmatch(r"\d{4}", word) for word in words):
        return None
    digits = all(re.fullmatch(r"\d+", word) for word in words)
    if digits and not all(len(word) == 8 and COMPACT_DAYS[0] <= int(word) <= COMPACT_DAYS[1] for word in words):
        return None
    return Proposal({"type": "date"}) if parse_dates(pd.Series(words, dtype="str")).notna().all() else None
