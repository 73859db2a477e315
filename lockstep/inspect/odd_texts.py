"""The few texts of a column that are no values of its type and would become missing."""

import re
from collections.abc import Collection

WORDS = (
    "na n/a n.a. n.a #n/a nan null none nil nat missing unknown unk undefined undetermined unspecified tbd tba tbc "
    "pending empty blank void ? ?? - -- --- . .. * x xx \\n (null) <na> #value! #ref! #num! #null! #name? "
    "unbekannt inconnu desconocido desconhecido sconosciuto onbekend okänd неизвестно 不明 未知 k.a."
)
PHRASES = (
    "not available", "not applicable", "not known", "not stated", "not recorded", "not specified", "not provided",
    "not reported", "no data", "no answer", "no date", "keine angabe",
)  # fmt: skip
KNOWN_WORDS = frozenset([*WORDS.split(), *PHRASES, ""])
# 0000-00-00, 00.00.0000 00:00:00, 00000000
ZEROS = re.compile(r"0[0/.: \-]*")
MAX_OTHERS, VALUES_PER_ODD = 3, 3


def is_known_word(text: str) -> bool:
    """Whether a text means "no value" wherever it stands."""
    return " ".join(text.casefold().split()) in KNOWN_WORDS


def are_odd_ones(odd: Collection[str], n_values: int) -> bool:
    """Whether texts are few beside the different values of a column, and few or well-known as words.

    Args:
        odd: Texts that are no values of the type.
        n_values: The number of different values that are read.
    """
    if not odd:
        return True
    others = [text for text in odd if not (is_known_word(text) or ZEROS.fullmatch(text.strip()))]
    return n_values >= 3 and n_values > VALUES_PER_ODD * len(odd) and len(others) <= MAX_OTHERS
