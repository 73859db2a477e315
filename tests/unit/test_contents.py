"""What a file's bytes tell, however they are cut into pieces."""

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import csv

from lockstep.guards.tables import contents
from lockstep.guards.tables.contents import Contents, header_width


@given(content=st.text('a,"\n\r \t\0', max_size=60).map(str.encode), piece=st.integers(1, 70))
def test_what_a_file_tells_does_not_depend_on_where_its_pieces_end(
    content: bytes, piece: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.getbasetemp() / "contents.csv"
    Path(file).write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contents, "PIECE", piece)
        found = Contents.of(file)
    stripped, nul = content.strip(), content.find(b"\0")
    assert found.head == content[:piece]
    assert found.quoted_end == content.rstrip(b"\n\r \t\0").endswith(b'"')
    assert found.blank == (not stripped)
    assert found.one_line == (b"\n" not in stripped and b"\r" not in stripped)
    assert found.nul_line == (None if nul < 0 else content.count(b"\n", 0, nul) + 1)


@given(line=st.text('a,"\n\r', max_size=30))
def test_the_header_is_as_wide_as_arrow_finds_it(line: str) -> None:
    text = f"\ufeff{line}b\n"
    parse = csv.ParseOptions(newlines_in_values=True)
    try:
        names = csv.open_csv(pa.BufferReader(text.encode()), parse_options=parse).schema.names
    except pa.ArrowInvalid:
        return
    assert header_width(text, ",", 99) == (len(names), True)
    assert header_width(text, ",", 2)[0] == min(len(names), 3)
