"""A table's file from its path or address: its bytes, and how a source reads them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa

from lockstep.errors import ConfigError, SourceError
from lockstep.fetch import download
from lockstep.fetch.file_digest import digest_of, is_readable
from lockstep.fetch.file_places import FilePlaces, Obtained
from lockstep.fetch.source import SOURCES, FileSource
from lockstep.guards.tables.formats import ARFF, ARROW, JSON, PARQUET, ZIP, refuse_other_formats
from lockstep.guards.tables.unpacking import plain, unpack_member, zip_members
from lockstep.guards.tables.workbooks import WORKBOOK
from lockstep.guards.text.messages import listed
from lockstep.guards.text.secrets import masked
from lockstep.inspect.files.text_file import TextOptions, inspected_sheet, inspected_text
from lockstep.project.paths import anchored, project_root
from lockstep.storage.scratch import scratch_folder

HEAD = 1024
OTHER_ARCHIVES = {
    "mimetype": "is a spreadsheet of OpenDocument (.ods); save the sheet as CSV or .xlsx",
    "xl/workbook.bin": "is a binary workbook (.xlsb); save it as .xlsx or CSV",
    "word/document.xml": "is a document of Word; save its table as CSV",
}
TABLES = (
    *(".csv", ".tsv", ".tab", ".txt", ".dat", ".data", ".json", ".jsonl", ".ndjson", ".arff"),
    *(".parquet", ".pq", ".feather", ".arrow", ".xlsx", ".xlsm", ".gz"),
)


@dataclass(frozen=True)
class FileOptions:
    """What a person says about a file that new-dataset would otherwise find out.

    Attributes:
        header: Names of the columns, separated by commas; `none`: c1, c2, ...; `first`: the first line.
        encoding: Of a text file.
        sheet: Of a workbook.
        member: The file in an archive.
    """

    header: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    member: str | None = None


@dataclass(frozen=True)
class TableFile:
    """A table, and the source to write into its dataset file.

    Attributes:
        source: The source.
        table: What it reads.
        reasons: Why fields of the source have their values, by name.
        notes: What a person should know of it, in sentences.
    """

    source: FileSource
    table: pa.Table
    reasons: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def without_samples(self, *, everywhere: bool) -> "TableFile":
        """The same without reasons and notes that may quote values of the table.

        Args:
            everywhere: Whether lines above and below the table may not be quoted either, which no column holds.
        """
        hidden = [name for name in self.reasons if everywhere or name == "encoding"]
        reasons = {name: reason for name, reason in self.reasons.items() if name not in hidden}
        notes = [f"source.{name}: {reason}" for name, reason in reasons.items()]
        notes += [f"source.{name} was found out; correct it in the dataset file if it is wrong" for name in hidden]
        return replace(self, reasons=reasons, notes=tuple(notes))


def read_table_file(place: str, options: FileOptions) -> TableFile:
    """Read a file and find out how a source reads it: by its content, not by its name.

    Args:
        place: A path, relative to the repository or absolute, or an http(s) address.
        options: What a person says about it.

    Raises:
        SourceError: if there is no such file, or it contains no table.
        ConfigError: if an option does not fit the file.
    """
    with scratch_folder("new-dataset") as folder:
        facts, obtained = _obtained(place, folder)
        if obtained.file.is_dir():
            return _typed(facts, "parquet_folder", obtained, options)
        with _out_of_archive(obtained, options, folder) as (inside, member):
            return _inspected({**facts, **member}, inside, options)


def read_again(place: str, source: FileSource, options: FileOptions, label: str) -> TableFile:
    """Read a file as the source of a dataset file says, whose sha256 may be that of an earlier one.

    Args:
        place: A path or address: that of the source.
        source: The source of the dataset file.
        options: What a person says about the file: nothing, as the source says it.
        label: The dataset file.

    Raises:
        SourceError: if there is no such file, or the source cannot read it.
        ConfigError: if the source is about another place, or an option is set.
    """
    if named := [name for name, value in vars(options).items() if value is not None]:
        raise ConfigError(f"--{named[0]}: with --update the block source of {label} says it; change it there")
    if not _is_at(place, source):
        kept = masked(source.path or source.urls[0])
        raise ConfigError(f"{label}: source: is {kept}, not {masked(place)}; correct it there, or leave out --update")
    with scratch_folder("new-dataset") as folder:
        facts, obtained = _obtained(place, folder)
        pinned = source if source.sha256 is None else source.model_copy(update={"sha256": facts["sha256"]})
        if source.archive_member is None:
            return TableFile(pinned, pinned.parse(obtained))
        with _out_of_archive(obtained, FileOptions(member=source.archive_member), folder) as (inside, _):
            return TableFile(pinned, pinned.parse(inside))


def _is_at(place: str, source: FileSource) -> bool:
    if source.path is None:
        return place in source.urls
    return anchored(place).resolve() == anchored(source.path).resolve()


def _obtained(place: str, folder: Path) -> tuple[dict[str, object], Obtained]:
    """The bytes of a file as they are, and the settings of a source that say where they are."""
    if place.startswith(("http://", "https://")):
        facts: dict[str, object] = {"urls": (place,)}
        unpinned = FilePlaces.model_validate({"sha256": None, **facts})
        obtained = download.obtain(unpinned, folder, mirrored=False)
    else:
        facts = {"path": _written_path(place)}
        obtained = Obtained(anchored(place), place)
    return {**facts, "sha256": digest_of(obtained.file, obtained.label)}, obtained


def _written_path(place: str) -> str:
    """The path for the dataset file, relative to the repository if the file is inside it."""
    path = anchored(place)
    if not is_readable(path):
        raise SourceError(f"{place}: no such file; put it there or correct the path")
    root = project_root().resolve()
    inside = path.resolve()
    return inside.relative_to(root).as_posix() if inside.is_relative_to(root) else place


def _inspected(facts: dict[str, object], obtained: Obtained, options: FileOptions) -> TableFile:
    head = _head(obtained)
    text = TextOptions(options.header, options.encoding)
    if head.startswith(ZIP):
        source, table, reasons, notes = inspected_sheet(facts, obtained, text, options.sheet)
        return TableFile(source, table, reasons, notes)
    if options.sheet is not None:
        raise ConfigError(f"--sheet {options.sheet}: {obtained.label} is no workbook; leave the option out")
    for beginning, kind in ((PARQUET, "parquet"), (ARROW, "feather")):
        if head.startswith(beginning):
            return _typed(facts, kind, obtained, options)
    with plain(obtained.file, obtained.label) as file:
        head = _head(Obtained(file, obtained.label))
        for form, kind in ((ARFF, "arff"), (JSON, "json")):
            if form.match(head.removeprefix(b"\xef\xbb\xbf")):
                return _typed(facts, kind, obtained, options)
        refuse_other_formats(head, obtained.label)
        source, table, reasons, notes = inspected_text(facts, Obtained(file, obtained.label), text)
    return TableFile(source, table, reasons, notes)


def _typed(facts: dict[str, object], kind: str, obtained: Obtained, options: FileOptions) -> TableFile:
    for name in ("header", "encoding", "sheet"):
        if getattr(options, name) is not None:
            raise ConfigError(f"--{name}: {obtained.label} has its own (kind {kind}); leave the option out")
    source: FileSource = SOURCES.parse({"kind": kind, **facts})
    return TableFile(source, source.parse(obtained))


def _head(obtained: Obtained) -> bytes:
    with obtained.file.open("rb") as stream:
        return stream.read(HEAD)


@contextmanager
def _out_of_archive(
    obtained: Obtained, options: FileOptions, folder: Path
) -> Iterator[tuple[Obtained, dict[str, object]]]:
    """The file itself, or the one table of a zip archive, or the named member of any archive."""
    members = _members(obtained)
    member = options.member
    if member is None and members is not None:
        member = _only_table(members, obtained.label)
    if member is None:
        yield obtained, {}
        return
    target = folder / "inside"
    try:
        unpack_member(obtained.file, member, target)
    except SourceError as error:
        raise SourceError(f"{obtained.label}: {error}") from None
    yield Obtained(target, f"{obtained.label}: {member}"), {"archive_member": member}


def _members(obtained: Obtained) -> list[str] | None:
    """The members of a zip archive that is no workbook; None for other files."""
    if not _head(obtained).startswith(ZIP):
        return None
    try:
        members = list(zip_members(obtained.file))
    except SourceError as error:
        raise SourceError(f"{obtained.label}: is a zip archive or a spreadsheet: {error}") from None
    for name, remedy in OTHER_ARCHIVES.items():
        if name in members:
            raise SourceError(f"{obtained.label}: {remedy}")
    return None if WORKBOOK in members else members


def _only_table(members: list[str], label: str) -> str:
    hidden = ("__MACOSX/", ".")
    tables = [name for name in members if name.lower().endswith(TABLES) and not name.startswith(hidden)]
    if len(tables) == 1:
        return tables[0]
    if not tables:
        raise SourceError(f"{label}: the archive has no table; it has: {listed(members)}; name one with --member NAME")
    raise SourceError(f"{label}: the archive has several tables: {listed(tables)}; name one with --member NAME")
