"""Variants of a word among the texts of a column: letter case, spaces, accents, and likely typos."""

import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import cache

from lockstep.inspect.notations.proposal import Proposal, Texts

# With more entries a map is no longer read by a person; then `strip` and `case` stand for what they explain.
MAX_ENTRIES = 30
# A column of more different texts is no category whose words a person would compare.
MAX_TEXTS = 5_000
# Short texts whose case may be the difference between two codes: m and M, kW and KW.
CODE_LENGTH = 3
# Letter case makes different codes where, in several pairs, the rarer spelling has this share of the other one's rows.
BOTH_FREQUENT = 0.2
# Short words that are no codes, in whatever case.
ANSWERS = frozenset(
    ["yes", "no", "y", "n", "t", "f", "m", "w", "ja", "oui", "non", "si", "on", "off", "low", "mid", "med", "high"]
)
TWO_LETTERS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "å": "aa", "Å": "Aa", "ø": "oe", "Ø": "Oe"}
)
# A typo is a text of at least this length, with at most this share of the rows of the word beside it, or so
# many rows; the word has so many times its rows.
TYPO_LENGTH, TYPO_SHARE, TYPO_ROWS, TIMES = 5, 0.05, 3, 10
LONGEST_WORD = 30
# From this length two edits are a typo, below it one.
TWO_EDITS_FROM = 9
MAX_TYPOS, SAMPLE = 12, 3
# Endings that make another word of one: house and houses, Italian and Italiana.
ENDINGS = re.compile(r"e?s|e?n|e?d|e|a|o|i|er|y|ly|ing|in")


def propose_variants(texts: Texts) -> Proposal | None:
    """The texts that are variants of one word mapped to its most frequent spelling.

    Two texts are variants if they differ by letter case, white space, underscores, hyphens, accents or the form of
    their unicode characters alone. Likely typos become a note.

    Args:
        texts: The different texts of a column of words and the rows of each.

    Returns:
        The facts `map`, and `strip` and `case` where there are many variants; None if there are no variants and no
        typos, or too many different texts.
    """
    if not 2 <= len(texts) <= MAX_TEXTS:
        return None
    spelling = _without_codes(_most_frequent(texts), texts)
    words = Counter[str]()
    for text, rows in texts.items():
        words[spelling.get(text, text)] += rows
    notes = _typo_notes(words)
    if not spelling:
        return Proposal({}, notes=notes) if notes else None
    facts, others = _facts(spelling)
    return Proposal(facts, f"spellings of one word made one: {_sample(spelling)}{others}", notes=notes)


def _most_frequent(texts: Texts) -> dict[str, str]:
    """The most frequent spelling of each text that is not itself that."""
    groups = defaultdict[str, list[str]](list)
    composed = {text: unicodedata.normalize("NFC", text) for text in texts}
    spelled_out = {_folded(form.translate(TWO_LETTERS)): form for form in composed.values() if not form.isascii()}
    for text in texts:
        # Muenchen is München where both occur
        groups[_folded(spelled_out.get(_folded(text), text))].append(text)
    spelling = dict[str, str]()
    for folded, variants in groups.items():
        if len(variants) > 1 and folded:
            best = min(variants, key=lambda text: (-texts[text], text != " ".join(text.split()), text))
            # what a person would write has no spaces around it
            clean = " ".join(best.split())
            spelling |= {text: clean for text in variants if text != clean}
    return spelling


def _folded(text: str) -> str:
    """A text without what makes variants. Other marks stay: C++ is not C, -5 is not 5."""
    joined = re.sub(r"(?<=\w)[\s_\-\u2010-\u2015]+(?=\w)", " ", " ".join(text.split()))
    return "".join(map(_without_accent, unicodedata.normalize("NFKC", joined))).casefold()


@cache
def _without_accent(character: str) -> str:
    """A Latin letter without its accents; in other scripts such marks make another letter."""
    letter = unicodedata.normalize("NFKD", character)[:1]
    return letter if unicodedata.name(letter, "").startswith("LATIN") else character


def _without_codes(spelling: Mapping[str, str], texts: Texts) -> dict[str, str]:
    """The spellings without pairs of short codes that differ by letter case, where both are frequent: m and M.

    What is also written as a word at the beginning of a sentence (Rot, ROT, rot) is one.
    """
    titles = {_folded(text) for text in texts if len(text.strip()) == CODE_LENGTH and text.strip().istitle()}
    pairs = {
        text
        for text, best in spelling.items()
        if len(best) <= CODE_LENGTH
        and _folded(text) not in titles
        and " ".join(text.split()) != best
        and texts[text] >= BOTH_FREQUENT * texts.get(best, 1)
    }
    short = sum(len(text.strip()) <= CODE_LENGTH for text in texts)
    are_codes = len(pairs) > 1 and short > len(texts) / 2 and not all(_folded(text) in ANSWERS for text in texts)
    return {text: best for text, best in spelling.items() if not (are_codes and text in pairs)}


def _facts(spelling: Mapping[str, str]) -> tuple[dict[str, object], str]:
    """The keys of the dataset file: a map alone while a person can read it."""
    if len(spelling) <= MAX_ENTRIES:
        return {"map": dict(sorted(spelling.items()))}, ""
    stripped = {" ".join(text.split()): best for text, best in spelling.items()}
    rest = {text: best for text, best in stripped.items() if text != best}
    if len(rest) <= MAX_ENTRIES:
        facts: dict[str, object] = {"strip": True}
        return facts | ({"map": dict(sorted(rest.items()))} if rest else {}), f" and {len(spelling) - SAMPLE:,} more"
    lower = {text.lower(): best.lower() for text, best in stripped.items()}
    rest = {text: best for text, best in lower.items() if text != best}
    facts = {"strip": True, "case": "lower"}
    return facts | ({"map": dict(sorted(rest.items()))} if rest else {}), f" and {len(spelling) - SAMPLE:,} more"


def _sample(spelling: Mapping[str, str]) -> str:
    first = sorted(spelling.items())[:SAMPLE]
    return ", ".join(f"{text!r:.40} -> {best!r:.40}" for text, best in first)


def _typo_notes(words: Mapping[str, int]) -> tuple[str, ...]:
    """A note with the map of words that may be typos, ready to paste."""
    typos = dict(sorted(_typos(words))[:MAX_TYPOS])
    if not typos:
        return ()
    entries = ", ".join(f"{_quoted(text)}: {_quoted(best)}" for text, best in typos.items())
    rows = sum(words[text] for text in typos)
    return (f"typos in {rows} row{'s' if rows > 1 else ''}? If so, add to the column: map: {{{entries}}}",)


def _typos(words: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Rare words beside a frequent one of nearly the same letters.

    Words within two edits have a rest in common when each loses up to two letters, so that no pairs are formed.
    """
    folded = {text: form for text in words if _may_be_mistyped(form := _folded(text))}
    most = max((words[text] for text in folded), default=0)
    by_rest = defaultdict[str, list[str]](list)
    for text, form in folded.items():
        if words[text] >= TIMES:
            for rest in _rests(form):
                by_rest[rest].append(text)
    for text, form in folded.items():
        rows = words[text]
        if rows > max(TYPO_ROWS, TYPO_SHARE * most):
            continue
        beside = {other for rest in _rests(form) for other in by_rest.get(rest, ())}
        frequent = [other for other in beside if words[other] >= TIMES * rows]
        frequent = [other for other in frequent if rows <= max(TYPO_ROWS, TYPO_SHARE * words[other])]
        likely = [other for other in frequent if _is_typo(form, folded[other])]
        if likely:
            yield text, min(likely, key=lambda other: (-words[other], other))


def _may_be_mistyped(form: str) -> bool:
    """Whether a text is long enough for a typo to show; codes with digits differ for a reason."""
    return TYPO_LENGTH <= len(form) <= LONGEST_WORD and not any(character.isdigit() for character in form)


def _rests(form: str) -> set[str]:
    """A word, and it without one of its letters; a long one also without two."""
    once = {form[:place] + form[place + 1 :] for place in range(len(form))}
    if len(form) < TWO_EDITS_FROM:
        return {form} | once
    return {form} | once | {rest[:place] + rest[place + 1 :] for rest in once for place in range(len(rest))}


def _is_typo(typo: str, word: str) -> bool:
    """Whether a few letters were mistyped; one more word, an ending or a short part makes another one."""
    long, short = (typo, word) if len(typo) >= len(word) else (word, typo)
    if long.endswith(short) or (long.startswith(short) and ENDINGS.fullmatch(long[len(short) :])):
        return False
    parts, others = typo.split(), word.split()
    if len(parts) != len(others) and not set(short.split()) - set(long.split()):
        return False
    if len(parts) == len(others):
        differing = [pair for pair in zip(parts, others, strict=True) if pair[0] != pair[1]]
        if any(min(map(len, pair)) < TYPO_LENGTH - 1 for pair in differing):
            return False
        # of a short word two other letters make another one: Downtown East is not Downtown West
        return all(edits(*pair, _edits_of(pair)) <= _edits_of(pair) for pair in differing)
    limit = _edits_of((typo, word))
    return edits(typo, word, limit) <= limit


def _edits_of(pair: tuple[str, str]) -> int:
    """The number of edits that are a typo."""
    return 2 if min(map(len, pair)) >= TWO_EDITS_FROM else 1


def edits(first: str, second: str, limit: int) -> int:
    """The number of letters to insert, delete, replace or swap with the next (optimal string alignment, Damerau 1964).

    Args:
        first: A word.
        second: Another word.
        limit: The number from which it does not matter; limit + 1 is returned above it.
    """
    if abs(len(first) - len(second)) > limit:
        return limit + 1
    before, row = [0] * (len(second) + 1), list(range(len(second) + 1))
    for i, letter in enumerate(first, 1):
        earlier, before, row = before, row, [i] + [0] * len(second)
        for j, other in enumerate(second, 1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == second[j - 2] and first[i - 2] == other:
                row[j] = min(row[j], earlier[j - 2] + 1)
        if min(row) > limit:
            return limit + 1
    return row[-1]


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
