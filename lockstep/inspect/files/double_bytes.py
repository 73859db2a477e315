"""Which encoding of two bytes for a character a text has, judged by how common its characters are."""

import re
from dataclasses import dataclass

# Korean syllables that make up more than half of ordinary text; the same bytes are Chinese characters.
SYLLABLES = frozenset(
    "이다는을의에가고지하한사도기어시자대로리나아서부일인수제정보주원성장전상경해동남여구북울산광천세강"
    "과를은들라마면무비소스신안야오우유조중진차치트파학현형호화회음양좋쁨랑빨파검흰색김박최영미민준"
)
COMMON, OTHER, RARE = 1.0, 0.5, 0.25
# Chinese characters lie where Korean syllables do, most of which are seldom used.
SELDOM, LEVEL_1 = 0.85, 0.95
KOREAN_END, ENOUGH = 0xC8, 8
# Least mean of the characters' values.
PLAUSIBLE = 0.8


@dataclass(frozen=True)
class _Encoding:
    """Ranges of first bytes.

    Attributes:
        strict: The codec without later additions, which nearly all texts have.
        name: The codec with them.
        common: Of the characters in daily use.
        signs: Of signs and full-width letters.
    """

    strict: str
    name: str
    common: range
    signs: range
    kana: tuple[int, ...] = ()

    def value(self, character: str) -> float:
        """How likely a character is, 0 to 1."""
        encoded = character.encode(self.strict)
        if len(encoded) == 1:
            # half-width katakana, of which other encodings' bytes are made
            return 0.1
        if encoded[0] in self.kana:
            return COMMON
        if encoded[0] in self.common:
            if self.strict == "euc_kr":
                return COMMON if character in SYLLABLES else SELDOM
            return LEVEL_1
        return OTHER if encoded[0] in self.signs else RARE


ENCODINGS = (
    _Encoding("gb2312", "gb18030", range(0xB0, 0xD8), range(0xA1, 0xAA)),
    _Encoding("shift_jis", "cp932", range(0x88, 0x98), range(0x81, 0x83), kana=(0x82, 0x83)),
    _Encoding("euc_kr", "cp949", range(0xB0, 0xC9), range(0xA1, 0xAD)),
    _Encoding("big5", "big5", range(0xA4, 0xC7), range(0xA1, 0xA4)),
    _Encoding("euc_jp", "euc_jp", range(0xB0, 0xD0), range(0xA1, 0xA4), kana=(0xA4, 0xA5)),
)


def encoding_of_two_bytes(sample: bytes) -> str:
    """The most plausible encoding of two bytes for a character, or none if another kind is more plausible."""
    values = {encoding.name: _value(sample, encoding) for encoding in ENCODINGS}
    best = max(values, key=lambda name: values[name])
    if best == "gb18030" and values["cp949"] >= PLAUSIBLE and _has_korean_range(sample):
        best = "cp949"
    return best if values[best] >= PLAUSIBLE else ""


def _has_korean_range(sample: bytes) -> bool:
    """Whether all characters lie where Korean syllables do; of Chinese ones nearly half lie outside."""
    pairs = set(re.findall(rb"[\x80-\xff]{2}", sample))
    return len(pairs) >= ENOUGH and all(pair[0] <= KOREAN_END for pair in pairs)


def _value(sample: bytes, encoding: _Encoding) -> float:
    """The mean value of characters beyond ASCII; 0 for those beside Latin letters, as in accented words."""
    try:
        text = sample.decode(encoding.strict)
    except UnicodeDecodeError:
        return _value_of_most(sample, encoding)
    return _mean(text, encoding)


def _value_of_most(sample: bytes, encoding: _Encoding) -> float:
    """The same of a text with some characters that the strict codec lacks."""
    text = sample.decode(encoding.name, errors="replace")
    known = "".join(character for character in text if _encodes(character, encoding.strict))
    if len(text) - len(known) > 0.1 * sum(not character.isascii() for character in text):
        return 0
    return _mean(known, encoding)


def _encodes(character: str, codec: str) -> bool:
    try:
        character.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


def _mean(text: str, encoding: _Encoding) -> float:
    others = [match.start() for match in re.finditer(r"[^\x00-\x7f]", text)]
    beside = re.compile(r"[A-Za-z][^\x00-\x7f]|[^\x00-\x7f][a-z]")
    n_beside = len(beside.findall(text))
    values = sum(encoding.value(text[position]) for position in others)
    return max(values - n_beside, 0) / max(len(others), 1)
