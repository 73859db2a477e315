"""Files that are not CSV, recognised by their first bytes, with remedies."""

import codecs
import re

from lockstep.errors import SourceError
from lockstep.guards.tables.contents import Contents

GZIP_MAGIC = b"\x1f\x8b"
HTML = re.compile(rb"^\s*<(?:!doctype html|html|head|body|!--|\?xml|error\b)", re.IGNORECASE)
PARQUET, ARROW, ZIP = b"PAR1", b"ARROW1", b"PK\x03\x04"
ARFF = re.compile(rb"(?:\s|%[^\r\n]*)*@relation\b", re.IGNORECASE)
JSON = re.compile(rb"""\s*(?:\{\s*(?:["}]|$)|\[\s*(?:[\[{\]]|$))""")
PICKLE = "is a pickle, which can run code when it is read; write the table as CSV or Parquet"
SAVE = "write it as Parquet: {}(...).to_parquet(...) in pandas"
BEGINNINGS = (
    (ZIP, "is a zip archive or a spreadsheet; unpack it, or set source.archive_member, or source.kind to excel"),
    (b"\xd0\xcf\x11\xe0", "is an old spreadsheet (.xls) or another file of Office; save the sheet as CSV or .xlsx"),
    (PARQUET, "is a Parquet file; set source.kind to parquet"),
    (ARROW, "is a Feather file; set source.kind to feather"),
    (b"FEA1", "is a Feather file of version 1; " + SAVE.format("pandas.read_feather")),
    (b"version https://git-lfs.github.com", "is a pointer of Git LFS, not the table; run `git lfs pull`"),
    (b"{\\rtf", "is a document in RTF; save its table as CSV"),
    (GZIP_MAGIC, "is packed twice; unpack it once"),
    (b"BZh", "is packed with bzip2; unpack it, or pack it with gzip"),
    (b"\xfd7zXZ", "is packed with xz; unpack it, or pack it with gzip"),
    (b"\x28\xb5\x2f\xfd", "is packed with zstd; unpack it, or pack it with gzip"),
    (b"7z\xbc\xaf", "is a 7-Zip archive; unpack it"),
    (b"Rar!", "is a RAR archive; unpack it"),
    (b"%PDF", "is a PDF document; save its table as CSV"),
    (b"SQLite format 3", "is a SQLite database; " + SAVE.format("pandas.read_sql")),
    (b"\x89HDF", "is an HDF5 file; " + SAVE.format("pandas.read_hdf")),
    (b"\x93NUMPY", "is a NumPy array, which has no names; write it as CSV with a line of column names"),
    (b"MATLAB 5.0 MAT-file", "is a MATLAB file; save its table as CSV (writetable)"),
    (b"$FL2", "is an SPSS file; " + SAVE.format("pandas.read_spss")),
    (b"$FL3", "is an SPSS file; " + SAVE.format("pandas.read_spss")),
    (b"<stata_dta>", "is a Stata file; " + SAVE.format("pandas.read_stata")),
    (b"HEADER RECORD*******LIB", "is a SAS transport file; " + SAVE.format("pandas.read_sas")),
    (b"\0" * 12 + b"\xc2\xea\x81\x60", "is a SAS file; " + SAVE.format("pandas.read_sas")),
    (b"Obj\x01", "is an Avro file; write it as Parquet"),
    (b"X\n\0\0\0", "is an R object (.rds); write the table with write.csv(x, row.names = FALSE) in R"),
    (b"RDX2\n", "is an R workspace (.RData); write its table with write.csv(x, row.names = FALSE) in R"),
    (b"RDX3\n", "is an R workspace (.RData); write its table with write.csv(x, row.names = FALSE) in R"),
    (b"\x89PNG", "is an image, not a table"),
    (b"\xff\xd8\xff", "is an image, not a table"),
    (b"\x80\x04\x95", PICKLE),
    (b"\x80\x05\x95", PICKLE),
)
# Formats 105 to 115 of Stata before 2010: the format, the order of bytes, and the kind of file, which is always 1.
OLD_STATA = re.compile(rb"[\x69-\x73][\x01\x02]\x01\x00")
TABLE_IN_HTML = re.compile(rb"<table\b", re.IGNORECASE)
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
    if OLD_STATA.match(head):
        raise SourceError(f"{label}: is a Stata file; {SAVE.format('pandas.read_stata')}")
    if HTML.match(text) and TABLE_IN_HTML.search(text):
        raise SourceError(
            f"{label}: is an HTML page, not a table; if the one in it is meant, write it as Parquet:"
            " pandas.read_html(...)[0].to_parquet(...)"
        )
    for form, name, kind in ((ARFF, "an ARFF file", "arff"), (JSON, "JSON", "json")):
        if form.match(text):
            raise SourceError(f"{label}: is {name}; set source.kind to {kind}, or write it as CSV or Parquet")
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
