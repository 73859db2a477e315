"""Texts that mean "no value": in the whole table, or in one column of numbers, dates or truth values."""

import re
from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc

from lockstep.clean.conversion import INFINITE
from lockstep.inspect.notations.proposal import Texts

# Mean "no value" wherever they stand.
MARKERS = frozenset([
    "", "na", "n/a", "nan", "null", "none", "?", "-", "#n/a", "\\n", "<na>", "nat", "#null!", "#div/0!",
])  # fmt: skip
# In a target of words these are classes: credit "+" or "-", disorder "None".
CLASS_WORDS = frozenset(["none", "-"])
# Mean "no value" among numbers, dates and truth values; in a column of words they may be values.
KNOWN_WORDS = MARKERS | {
    "#", "#name?", "#num!", "#ref!", "#value!", "(blank)", "(missing)", "(none)", "(null)", "(unknown)", "*", "**",
    "--", "---", "----", ".", "..", "...", "bilinmiyor", "blank", "brak", "brak danych", "desconhecido",
    "desconocida", "desconocido", "don't know", "empty", "fehlt", "inconnu", "inconnue", "ismeretlen", "k.a.", "k/a",
    "keine angabe", "keine angaben", "keine daten", "leer", "manquant", "missing", "n.a", "n.a.", "n.d.", "n.v.",
    "n/d", "nd", "neznámé", "nicht bekannt", "nicht verfügbar", "niet beschikbaar", "nieznany", "nil", "no answer",
    "no aplica", "no data", "no disponible", "no info", "no information", "no response", "no value",
    "non communiqué", "non disponibile", "non disponible", "non renseigné", "not applicable", "not available",
    "not given", "not known", "not measured", "not provided", "not recorded", "not reported", "not specified",
    "not stated", "não disponível", "não informado", "okänd", "onbekend", "prefer not to say", "refused", "s/d",
    "sconosciuto", "sem dados", "sin datos", "sin información", "tba", "tbd", "to be determined", "tuntematon",
    "ukendt", "ukjent", "unavailable", "unbekannt", "undefined", "undisclosed", "unk", "unknown", "unspecified",
    "void", "н/д", "неизвестно", "нет данных", "不明", "不详", "暂无", "未知", "無", "없음",
}  # fmt: skip
# Matches digits in one way only: with \d+\.?\d* the time would grow with the square of the text's length.
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
# In a column of words these may be values (an album "?"), unless this share of the rows has them.
WORDS, WORD_SHARE = frozenset(["?", "-", "none"]), 0.005
# One other text stands out among this many different values whatever its share, a word among fewer than a letter;
# a few others where they are rare.
MANY_VALUES, SOME_VALUES, FEW_VALUES = 10, 4, 2
WORD_LENGTH = 3
RARE_SHARE, MAX_OTHERS = 0.05, 3
# Texts with digits, such as 3+ or 12..5, mean something: they are mistakes only where they are this rare.
MISTAKE_SHARE = 0.005


def missing_texts(table: pa.Table, target: str) -> tuple[str, ...]:
    """The texts of a table that mean "no value" in every column, sorted, without the classes of a text target."""
    per_column = [text_counts(table.column(name)) for name in table.column_names]
    texts = {text for counts in per_column for text in _marked(counts)}
    return tuple(sorted(texts - _class_words(table.column(target))))


def odd_texts(texts: Texts, unread: Collection[str], *, is_sure: bool = False) -> frozenset[str] | None:
    """The texts of a column that mean "no value" in it, where all others are numbers, dates or truth values.

    Args:
        texts: The different texts of the column, and the rows of each.
        unread: Those that are not read as the others are.
        is_sure: Whether the others are certainly numbers, as those with a unit are.

    Returns:
        The unread texts, or None where they are too many or may be values.
    """
    n_read = len(texts) - len(unread)
    if not unread:
        return frozenset()
    others = [text for text in unread if not is_known(text)]
    share = sum(texts[text] for text in others) / sum(texts.values())
    with_digits = [text for text in others if re.search(r"\d", text)]
    is_word = all(len(text.strip()) >= WORD_LENGTH for text in others)
    required = FEW_VALUES if is_sure or not others else SOME_VALUES if is_word else MANY_VALUES
    if n_read < required or len(unread) > n_read:
        return None
    if with_digits and (share > MISTAKE_SHARE or len(others) > MAX_OTHERS):
        return None
    if len(others) > 1 and (share > RARE_SHARE or len(others) > MAX_OTHERS):
        return None
    return frozenset(unread)


def is_known(text: str) -> bool:
    """Whether people write a text for "no value", or it is an infinite number."""
    word = " ".join(text.lower().split())
    return word in KNOWN_WORDS or not re.search(r"\w", word) or bool(INFINITE.fullmatch(word))


def _marked(counts: Texts) -> set[str]:
    marked = {text for text in counts if text.strip().lower() in MARKERS}
    if "+" in counts:
        marked.discard("-")
    if all(NUMBER.fullmatch(text.strip()) for text in counts.keys() - marked):
        return marked
    min_count = WORD_SHARE * sum(counts.values())
    return {text for text in marked if text.strip().lower() not in WORDS or counts[text] >= min_count}


def text_counts(column: pa.ChunkedArray) -> dict[str, int]:
    """The count of each text in a text column; empty for other columns."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return {}
    pairs = pc.value_counts(pc.cast(column, kind))
    values, counts = pairs.field("values").to_pylist(), pairs.field("counts").to_pylist()
    return {value: count for value, count in zip(values, counts, strict=True) if value is not None}


def _class_words(target: pa.ChunkedArray) -> set[str]:
    texts = [text for text in text_counts(target) if text.strip().lower() not in MARKERS - CLASS_WORDS]
    if any(NUMBER.fullmatch(text.strip()) for text in texts):
        return set()
    return {text for text in texts if text.strip().lower() in CLASS_WORDS}
