"""Whether a column of texts contains truth values, in the words of several languages."""
# ruff: noqa: RUF001  words of several languages

from lockstep.clean.conversion import BOOLEAN_WORDS
from lockstep.inspect.notations.missing import is_known
from lockstep.inspect.notations.proposal import Proposal, Texts

# Words for true and for false that belong together. A word counts only where the other side of its pair occurs too:
# T and F are truth values, T and N (tumour and normal) are not. Single letters that often mean something else
# (O and N for old and new, D and N for day and night) are left out.
PAIRS = tuple(
    (frozenset(true.split()), frozenset(false.split()))
    for true, false in (
        ("yes y yeah yep yup", "no n nope"),
        ("true t .true. .t.", "false f .false. .f."),
        ("on", "off"),
        ("✓ ✔ ☑ ✅ √", "✗ ✘ ☒ ☐ ❌ ✕ ×"),
        ("ja j", "nein nee nej nei n"),
        ("wahr", "falsch"),
        ("oui", "non"),
        ("vrai v", "faux f"),
        ("sí si s", "no n"),
        ("verdadero v", "falso f"),
        ("sim s", "não nao n"),
        ("verdadeiro v", "falso f"),
        ("sì si s", "no n"),
        ("vero v", "falso f"),
        ("waar", "onwaar"),
        ("sant sandt", "falskt usant falsk"),
        ("tak", "nie"),
        ("prawda", "fałsz"),
        ("ano", "ne"),
        ("áno", "nie"),
        ("da", "nu ne"),
        ("igen", "nem"),
        ("kyllä", "ei"),
        ("jah", "ei"),
        ("evet", "hayır hayir"),
        ("doğru", "yanlış"),
        ("да", "нет не"),
        ("истина", "ложь"),
        ("так", "ні"),
        ("ναι", "όχι οχι"),
        ("はい", "いいえ"),
        ("是", "否 不是"),
        ("有", "无 無"),
        ("真", "假 偽"),
        ("对 對", "错 錯"),
        ("예 네", "아니오 아니요"),
        ("نعم", "لا"),
        ("כן", "לא"),
        ("हाँ हां", "नहीं"),
        ("có", "không"),
        ("ya", "tidak"),
    )
)
MOST_SPELLINGS = 40  # different texts; a column with more has other values than two


def propose_truth(name: str, texts: Texts) -> Proposal | None:
    """Read a column as truth values; None if it contains others, or only one of the two.

    Args:
        name: The name of the column, which does not matter.
        texts: Its different texts and their rows.
    """
    if not 2 <= len(texts) <= MOST_SPELLINGS:
        return None
    words = {text: _word(text) for text in texts}
    values = {text: value for text, word in words.items() if (value := _truth(word, set(words.values()))) is not None}
    odd = frozenset(texts.keys() - values.keys())
    if set(values.values()) != {True, False} or not all(map(is_known, odd)):
        return None
    spellings = {text.strip(): value for text, value in values.items() if words[text] not in BOOLEAN_WORDS}
    if not spellings:
        return Proposal({"type": "boolean"}, "", odd)
    shown = ", ".join(f"{text} is {str(value).lower()}" for text, value in sorted(spellings.items())[:4])
    return Proposal({"type": "boolean", "map": dict(sorted(spellings.items()))}, shown, odd)


def _word(text: str) -> str:
    # lower() as in the clean stage; the dotted capital I becomes two characters
    return text.strip().lower().replace("i̇", "i")


def _truth(word: str, words: set[str]) -> bool | None:
    """What a word stands for beside the other words of its column."""
    if word in BOOLEAN_WORDS:
        return BOOLEAN_WORDS[word]
    for true, false in PAIRS:
        for side, other, value in ((true, false, True), (false, true, False)):
            if word in side and words & other:
                return value
    return None
