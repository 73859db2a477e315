"""Keeping the search caches within LOCKSTEP_CACHE_MB: the least recently used entries are removed, the file shrinks.

No entry is removed while a running search may still need it.
"""

import re
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from lockstep.storage.locks import held

WAIT_SECONDS = 30.0
# A file over its limit is cut to this share of it, so that the next searches need not cut it again.
FILL_SHARE = 0.9
# A batch takes some hundredths of a second, for which another search may have to wait.
ROWS_AT_ONCE = 2000
INCREMENTAL = 2
STUDY_KEY = re.compile("[0-9a-f]{64}")


def mark_as_used(database: sqlite3.Connection, table: str, keys: set[str]) -> None:
    """Mark rows of a table with the columns key, value, checksum as the most recently used.

    The rowid gives the order of use: SQLite gives a new row the highest.
    """
    reinsert = f"INSERT OR REPLACE INTO {table} SELECT key, value, checksum FROM {table} WHERE key = ?"  # noqa: S608
    rows = [(key,) for key in sorted(keys)]
    for start in range(0, len(rows), ROWS_AT_ONCE):
        database.execute("BEGIN IMMEDIATE")
        database.executemany(reinsert, rows[start : start + ROWS_AT_ONCE])
        database.execute("COMMIT")


def drop_least_recently_used(database: sqlite3.Connection, table: str, limit: int) -> int | None:
    """If the file exceeds `limit` bytes, delete its least recently used rows until it fills FILL_SHARE of the limit.

    Tables of other layouts, which this version cannot read, are dropped first.

    Returns:
        The number of remaining rows; None if the file was within its limit.
    """
    if file_bytes(database) <= limit:
        return None
    for old_table in _other_tables(database, table):
        database.execute(f"DROP TABLE {_quoted(old_table)}")
    target, remaining = int(limit * FILL_SHARE), _rows(database, table)
    oldest = f"DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table} ORDER BY rowid LIMIT ?)"  # noqa: S608
    while remaining and (excess := used_bytes(database) - target) > 0:
        # Pages of the index are freed late, so the last batches delete a few rows at a time.
        batch = min(ROWS_AT_ONCE, remaining * excess // used_bytes(database) + 1)
        remaining -= database.execute(oldest, (batch,)).rowcount
    shrink_file(database)
    return _rows(database, table)


def _rows(database: sqlite3.Connection, table: str) -> int:
    (count,) = database.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
    return int(count)


def delete_study(path: Path, name: str) -> None:
    """Delete a study from an Optuna file, if it exists."""
    with closing(connected(path)) as database:
        for (study,) in database.execute("SELECT study_id FROM studies WHERE study_name = ?", (name,)).fetchall():
            _delete_study(database, study)


def drop_studies(path: Path, newest: str, limit: int, locks: Path) -> None:
    """If an Optuna file exceeds `limit` bytes, delete its oldest studies until it fills FILL_SHARE of the limit.

    Studies that a person has added stay: their names are not study keys.

    Args:
        path: The file.
        newest: The study that stays whatever its size.
        limit: In bytes.
        locks: Folder with a lock file for every study that is being written.
    """
    # The file may be busy while another search writes; that search shortens it at its own end.
    with closing(connected(path)) as database, suppress(sqlite3.OperationalError):
        if file_bytes(database) <= limit:
            return
        target = int(limit * FILL_SHARE)
        for study, name in database.execute("SELECT study_id, study_name FROM studies ORDER BY study_id").fetchall():
            if name == newest or not STUDY_KEY.fullmatch(name) or used_bytes(database) <= target:
                continue
            with held(locks / name, wait=False, passing=True) as free:
                if free:
                    _delete_study(database, study)
        shrink_file(database)


def _delete_study(database: sqlite3.Connection, study: int) -> None:
    """Delete the same rows as optuna.delete_study, which takes 2 ms per trial."""
    database.execute("BEGIN IMMEDIATE")
    for table, column in _references(database, "trials"):
        trials = f"DELETE FROM {table} WHERE {column} IN (SELECT trial_id FROM trials WHERE study_id = ?)"  # noqa: S608
        database.execute(trials, (study,))
    for table, column in [*_references(database, "studies"), ("studies", "study_id")]:
        database.execute(f"DELETE FROM {table} WHERE {column} = ?", (study,))  # noqa: S608
    database.execute("COMMIT")


def _references(database: sqlite3.Connection, to: str) -> list[tuple[str, str]]:
    """Tables and their columns that refer to the rows of a table, as SQL names them."""
    keys = """SELECT tables.name, keys."from" FROM sqlite_schema AS tables, pragma_foreign_key_list(tables.name) AS keys
        WHERE tables.type = 'table' AND keys."table" = ?"""
    return [(_quoted(table), _quoted(column)) for table, column in database.execute(keys, (to,))]


def _quoted(name: str) -> str:
    """A name from a file as an SQL identifier; the file's author is not trusted."""
    return '"' + name.replace('"', '""') + '"'


def make_shrinkable(path: Path) -> None:
    """Create an SQLite file that `shrink_file` can shorten cheaply; an existing file stays as it is."""
    if not path.exists():
        with closing(connected(path)) as database:
            allow_shrinking(database)
            database.execute("VACUUM")


def connected(path: Path) -> sqlite3.Connection:
    """A connection that waits for other searches, and whose statements take effect one by one."""
    return sqlite3.connect(path, timeout=WAIT_SECONDS, isolation_level=None)


def shrink_file(database: sqlite3.Connection) -> None:
    """Remove the free pages from the end of the file."""
    (mode,) = database.execute("PRAGMA auto_vacuum").fetchone()
    if mode == INCREMENTAL:
        # executescript runs every step of the pragma, which frees one page each; execute runs only the first.
        database.executescript("PRAGMA incremental_vacuum")
    else:
        allow_shrinking(database)
        database.execute("VACUUM")


def allow_shrinking(database: sqlite3.Connection) -> None:
    """Turn on incremental vacuum; for a file with tables it takes effect at the next VACUUM."""
    database.execute("PRAGMA auto_vacuum = INCREMENTAL")


def file_bytes(database: sqlite3.Connection) -> int:
    """The size of the file."""
    return _pragma(database, "page_count") * _pragma(database, "page_size")


def used_bytes(database: sqlite3.Connection) -> int:
    """The size of the file without its free pages."""
    return (_pragma(database, "page_count") - _pragma(database, "freelist_count")) * _pragma(database, "page_size")


def _pragma(database: sqlite3.Connection, name: str) -> int:
    (value,) = database.execute(f"PRAGMA {name}").fetchone()
    return int(value)


def _other_tables(database: sqlite3.Connection, table: str) -> list[str]:
    query = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'folds#_%' ESCAPE '#' AND name <> ?"
    names = [row[0] for row in database.execute(query, (table,))]
    return [name.decode() if isinstance(name, bytes) else name for name in names]
