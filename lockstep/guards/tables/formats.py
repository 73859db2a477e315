"""Files that are not CSV, recognised by their first bytes, with remedies."""

import codecs
import re

from lockstep.errors import SourceError
from lockstep.guards.tables.contents import Contents

GZIP_MAGIC = b"\x1f\x8b"
HTML = re.compile(rb"^\s*<(?:!doctype html|html|head|body|!--|\?xml|error\b)", re.IGNORECASE)
BEGINNINGS = (
    (b"PK\x03\x04", "is a zip archive or a spreadsheet; unpack it, or save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "is a spreadsheet; save the sheet as CSV"),
    (b"PAR1", "is a Parquet file; set source.kind to parquet"),
    (b"version https://git-lfs.github.com", "is a pointer of Git LFS, not the table; run `git lfs pull`"),
    (b"{", "is JSON; write it as CSV or Parquet"),
    (b"[", "is JSON; write it as CSV or Parquet"),
    (GZIP_MAGIC, "is packed twice; unpack it once"),
    (b"BZh", "is packed with bzip2; unpack it, or pack it with gzip"),
    (b"\xfd7zXZ", "is packed with xz; unpack it, or pack it with gzip"),
    (b"\x28\xb5\x2f\xfd", "is packed with zstd; unpack it, or pack it with gzip"),
    (b"7z\xbc\xaf", "is a 7-Zip archive; unpack it"),
    (b"Rar!", "is a RAR archive; unpack it"),
    (b"%PDF", "is a PDF document; save its table as CSV"),
    (b"SQLite format 3", "is a SQLite database; export the table as CSV or Parquet"),
    (b"\x80\x04\x95", "is a pickle, which can run code when it is read; write the table as CSV or Parquet"),
    (b"\x80\x05\x95", "is a pickle, which can run code when it is read; write the table as CSV or Parquet"),
)
BYTE_ORDER_MARKS = ((codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def refuse_other_formats(head: bytes, label: str) -> None:
    """Refuse a file that is not delimited text.

    Args:
        head: The first bytes of the file, unpacked.
        label: Its name in messages.

    Raises:
        SourceError: naming the format and the remedy.
    """
    text = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if HTML.match(text):
        raise SourceError(f"{label}: is an HTML page, not a table; a log-in or error page was served instead")
    for beginning, remedy in BEGINNINGS:
        if text.startswith(beginning):
            raise SourceError(f"{label}: {remedy}")


def refuse_other_encoding(contents: Contents, encoding: str, label: str) -> None:
    """Refuse wide characters if a narrow encoding is set, and NUL bytes, which no text contains.

    Args:
        contents: Facts about the file.
        encoding: The encoding to read it with.
        label: Its name in messages.

    Raises:
        SourceError: naming the line and the remedy.
    """
    try:
        b"a".decode(encoding, "ignore")
        wide = codecs.lookup(encoding).name.startswith(("utf-16", "utf-32"))
    except (LookupError, UnicodeError):
        raise SourceError(f"{label}: cannot be read as CSV: source.encoding: {encoding!r} is unknown") from None
    if wide:
        return
    for mark, name in BYTE_ORDER_MARKS:
        if contents.head.startswith(mark):
            raise SourceError(f"{label}: cannot be read as CSV: is {name} text; set source.encoding to {name}")
    if contents.nul_line is not None:
        raise SourceError(
            f"{label}: cannot be read as CSV: line {contents.nul_line} holds a NUL byte: damaged, or text in wide"
            " characters; get the file again, or set source.encoding (utf-16-le, utf-16-be)"
        )
