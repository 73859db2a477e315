"""The evaluation log: every finished fold evaluation, stored under its fold key.

The log is a cache: with it a search that was killed, prolonged or changed fits only new folds; without it the search
only takes longer. So no error of the log may stop or change a search: a damaged log is set aside and its readable
entries are kept, and a log that cannot be written causes a warning.
"""

import hashlib
import json
import sqlite3
import sys
from contextlib import closing, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Protocol, Self

from lockstep.fitting.booster import FoldScore
from lockstep.search.cache_limit import allow_shrinking, connected, drop_least_recently_used, mark_as_used
from lockstep.storage.locks import SharedLock, held
from lockstep.workers.machine import CACHE
from lockstep.workers.trial import Evaluation

# The number changes with the layout of the table; tables of several versions share one file.
TABLE = "folds_2"
# All searches with one log share this lock; whoever shortens or removes the log holds it alone.
IN_USE = Path("locks/in-use")
# The suffix of a damaged log that was set aside.
DAMAGED = ".damaged"


class FoldLog(Protocol):
    """A store of fold evaluations."""

    def find(self, key: str) -> Evaluation | None:
        """The evaluation stored under this key, or None."""

    def remember(self, key: str, evaluation: Evaluation) -> None:
        """Store a new evaluation."""


class NoLog:
    """A log that stores nothing."""

    def find(self, key: str) -> Evaluation | None:
        return None

    def remember(self, key: str, evaluation: Evaluation) -> None:
        """Do nothing."""


class EvaluationLog:
    """A log in an SQLite file; several searches may use one at the same time.

    Each entry has a checksum, so that a torn entry is ignored. SQLite's journal protects against a killed process. The
    log does not wait for the disk: a power cut can damage the file, which is then repaired as described above.

    At the end of a search, if no other search uses the file, it has at most `limit` bytes.

    Args:
        path: The file, created if absent.
        limit: In bytes; the least recently used entries are removed. None: no limit.
        label: What warnings begin with: the stage that searches.

    Attributes:
        n_reused: Number of evaluations taken from the log.
        n_fitted: Number of new evaluations.
        n_reused_earlier: How many of the reused evaluations an earlier search fitted.
    """

    def __init__(self, path: Path, limit: int | None = None, label: str = "tune") -> None:
        self._path, self._limit, self._label = path, limit, label
        self._database: sqlite3.Connection | None = None
        self._in_use: SharedLock | None = None
        self.n_reused = 0
        self.n_fitted = 0
        self.n_reused_earlier = 0
        self._own, self._earlier = set[str](), set[str]()
        try:
            self._in_use = SharedLock(path.parent / IN_USE)
            # Two searches that start together must not both repair one file.
            with held(path.parent / "locks" / path.stem):
                self._database = self._open_or_repair()
        except (sqlite3.Error, OSError) as error:
            self._give_up(error)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        """Keep the file within its limit; a stopped search ends at once instead."""
        if self._database is not None and kind is None:
            try:
                self._shrink(self._database)
            except (sqlite3.Error, OSError) as error:
                self._warn(f"{error}; the file may be larger than {CACHE} allows")
        self._close()
        if self._in_use is not None:
            self._in_use.__exit__()

    def _open_or_repair(self) -> sqlite3.Connection:
        try:
            return _open(self._path)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError) and not _is_layout_error(error):
                raise
            database, n_saved = _repaired(self._path)
            damaged = self._path.with_suffix(DAMAGED).name
            self._warn(f"{error}; set aside as {damaged}, {n_saved} entries saved")
            return database

    def _shrink(self, database: sqlite3.Connection) -> None:
        mark_as_used(database, TABLE, self._earlier)
        # Another search may still need the entries; it shortens the file at its own end.
        if self._limit is None or self._in_use is None or not self._in_use.alone():
            return
        remaining = drop_least_recently_used(database, TABLE, self._limit)
        needed = len(self._own | self._earlier)
        if remaining is not None and remaining < needed:
            self._warn(
                f"{CACHE} leaves room for {remaining} of this search's {needed} folds; a longer one fits the rest again"
            )

    def _close(self) -> None:
        if self._database is not None:
            self._database.close()
        self._database = None

    def find(self, key: str) -> Evaluation | None:
        """The evaluation stored under this key, or None if it is absent or damaged."""
        if self._database is None:
            return None
        try:
            row = self._database.execute(f"SELECT value, checksum FROM {TABLE} WHERE key = ?", (key,)).fetchone()  # noqa: S608
        except sqlite3.Error as error:
            self._give_up(error)
            return None
        if row is None or not _is_whole(key.encode(), *row):
            return None
        self.n_reused += 1
        if key not in self._own:
            self.n_reused_earlier += 1
            self._earlier.add(key)
        return _evaluation_of(row[0].decode())

    def remember(self, key: str, evaluation: Evaluation) -> None:
        """Store a new evaluation."""
        self.n_fitted += 1
        self._own.add(key)
        if self._database is None or evaluation.score is None:
            return
        value = json.dumps({**asdict(evaluation.score), "seconds": evaluation.seconds, "cpu": evaluation.cpu_seconds})
        try:
            _insert(self._database, key, value)
        except sqlite3.Error as error:
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        self._close()
        self._warn(f"{error}; the search continues without it, and would start over if it were interrupted")

    def _warn(self, problem: str) -> None:
        print(f"{self._label}: warning: {self._path}: {problem}", file=sys.stderr)


def _repaired(path: Path) -> tuple[sqlite3.Connection, int]:
    """A new file with the readable entries of a damaged one, which is set aside, and their number."""
    entries = _readable_entries(path)
    path.replace(path.with_suffix(DAMAGED))
    path.with_name(f"{path.name}-journal").unlink(missing_ok=True)
    database = _open(path)
    database.execute("BEGIN")
    for key, value in entries.items():
        _insert(database, key, value)
    database.execute("COMMIT")
    return database, len(entries)


def _is_layout_error(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode == sqlite3.SQLITE_ERROR


def _open(path: Path) -> sqlite3.Connection:
    database = connected(path)
    try:
        # A torn text may not be UTF-8.
        database.text_factory = bytes
        database.execute("PRAGMA synchronous = OFF")
        allow_shrinking(database)
        database.execute(f"CREATE TABLE IF NOT EXISTS {TABLE} (key TEXT PRIMARY KEY, value TEXT, checksum TEXT)")
        database.execute(f"SELECT key, value, checksum FROM {TABLE} LIMIT 1").fetchone()  # noqa: S608
        (check,) = database.execute("PRAGMA quick_check(1)").fetchone()
        if check != b"ok":
            raise sqlite3.DatabaseError(check.decode())
    except BaseException:
        database.close()
        raise
    return database


def _readable_entries(path: Path) -> dict[str, str]:
    """The undamaged entries of a damaged file, read from both ends as far as SQLite gets."""
    entries = dict[str, str]()
    for order in ("ASC", "DESC"):
        with closing(sqlite3.connect(path)) as database, suppress(sqlite3.Error):
            database.text_factory = bytes
            # Without this SQLite refuses a file that is shorter than its header says.
            database.execute("PRAGMA writable_schema = ON")
            rows = f"SELECT key, value, checksum FROM {TABLE} NOT INDEXED ORDER BY rowid {order}"  # noqa: S608
            for key, value, checksum in database.execute(rows):
                if _is_whole(key, value, checksum):
                    entries[key.decode()] = value.decode()
    return entries


def _is_whole(key: bytes, value: bytes, checksum: bytes) -> bool:
    try:
        return checksum.decode() == _checksum(key.decode(), value.decode())
    except (AttributeError, UnicodeDecodeError):
        return False


def _insert(database: sqlite3.Connection, key: str, value: str) -> None:
    database.execute(f"INSERT OR REPLACE INTO {TABLE} VALUES (?, ?, ?)", (key, value, _checksum(key, value)))  # noqa: S608


def _checksum(key: str, value: str) -> str:
    return hashlib.sha256(f"{key} {value}".encode()).hexdigest()[:16]


def _evaluation_of(value: str) -> Evaluation:
    content = json.loads(value)
    seconds, cpu = content.pop("seconds"), content.pop("cpu")
    return Evaluation(FoldScore(**content), "", seconds, cpu)
