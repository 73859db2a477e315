"""Encodings of text are told apart by what they make of the bytes."""

from pathlib import Path

import pytest

from lockstep.cli import main
from lockstep.errors import LockstepError
from lockstep.inspect.files.table_file import FileOptions, read_table_file
from tests.conftest import OwnTable

TEXTS = {
    "cp1251": "Пермь Тула средний Ольга зелёный",
    "koi8_r": "Пермь Тула средний Ольга зелёный",
    "cp866": "Пермь Тула средний Ольга зелёный",
    "cp1250": "Łódź Gdańsk źródło mężczyzna późno",
    "iso8859_2": "Łódź Gdańsk źródło mężczyzna późno",
    "cp1252": "Müller naïve élève “Köln” 5€",
    "latin-1": "Müller naïve élève España",
    "mac_roman": "Düsseldorf élève España größer",
    "cp437": "Düsseldorf élève España größer",
    "cp1253": "Αθήνα Πάτρα μεγάλος",
    "cp1254": "İzmir küçük güneş ağaç",
    "cp1255": "ירושלים חיפה גדול",
    "cp1256": "القاهرة بغداد كبير",
    "cp932": "東京 大阪府 コーヒー はい 田中",
    "euc_jp": "東京 大阪府 コーヒー はい 田中",
    "gb18030": "北京 上海 优秀 已婚 刘洋",
    "big5": "臺北 高雄 優秀 已婚 陳怡君",
    "cp949": "서울 부산 남자 여자 김영희",
}


@pytest.fixture(autouse=True)
def folder(own_table: OwnTable) -> Path:
    return own_table.folder


def _table(words: str, encoding: str) -> bytes:
    values = words.split()
    return (
        "a,name,y\n" + "".join(f"{row},{values[row % len(values)]},{row * row % 23}\n" for row in range(60))
    ).encode(encoding)


@pytest.mark.parametrize("encoding", TEXTS)
def test_text_is_read_as_it_was_written_and_a_note_shows_it(encoding: str) -> None:
    Path("t.csv").write_bytes(_table(TEXTS[encoding], encoding))
    file = read_table_file("t.csv", FileOptions())
    words = TEXTS[encoding].split()
    assert file.table.column("name").to_pylist()[: len(words)] == words
    assert any(word in file.notes[0] for word in words)
    assert "--encoding NAME, or source.encoding" in file.notes[0]
    assert read_table_file("t.csv", FileOptions(encoding=encoding)).table.equals(file.table)


def test_a_no_break_space_between_digits_is_told_from_a_letter() -> None:
    content = "a,b\n" + "".join(f"{row},{row}\u00a0{277 + row}\n" for row in range(40))
    Path("t.csv").write_bytes(content.encode("cp1252"))
    assert read_table_file("t.csv", FileOptions()).source.encoding == "cp1252"  # type: ignore[attr-defined]


def test_the_guess_does_not_depend_on_the_number_of_rows() -> None:
    content = _table(TEXTS["cp1251"], "cp1251")
    Path("t.csv").write_bytes(content + content.split(b"\n", 1)[1] * 1500)
    assert read_table_file("t.csv", FileOptions()).source.encoding == "cp1251"  # type: ignore[attr-defined]


def test_damaged_utf8_is_refused_instead_of_read_wrong() -> None:
    content = _table(TEXTS["cp1252"], "utf-8")
    Path("t.csv").write_bytes(content + "7,Köln,3\n".encode("latin-1"))
    with pytest.raises(LockstepError, match=r"t\.csv: is UTF-8 text but for few words, such as '.*K.ln.*'; mend them"):
        read_table_file("t.csv", FileOptions())


@pytest.mark.parametrize(
    ("encoding", "line"),
    [
        ("klingon", "--encoding klingon: is unknown; write it as Python does: cp1251, shift_jis"),
        ("base64", "--encoding base64: is unknown"),
        ("utf-8", "--encoding utf-8: t.csv is no such text; name another, or leave the option out"),
    ],
)
def test_a_wrong_encoding_is_one_line(encoding: str, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("t.csv").write_bytes(_table(TEXTS["cp1251"], "cp1251"))
    assert main(["new-dataset", "t.csv", "--target", "y", "--encoding", encoding]) == 1
    assert line in capsys.readouterr().err
