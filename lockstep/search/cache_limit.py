"""How the caches of searches stay within LOCKSTEP_CACHE_MB: what was not used for longest goes, and the file shrinks.

Nothing here is done while a search runs that may still use what would go.
"""

import re
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from lockstep.storage.locks import held

WAIT_SECONDS = 30.0
# Left free when something has to go, so that not every search has to drop a little.
KEPT_SHARE = 0.9
# Some hundredths of a second each, for which another search may have to wait.
ROWS_AT_ONCE = 2000
INCREMENTAL = 2
STUDY_KEY = re.compile("[0-9a-f]{64}")


def mark_as_used(database: sqlite3.Connection, table: str, keys: set[str]) -> None:
    """Make rows the most recently used ones of a table with the columns key, value, checksum.

    A row's rowid is its place in time: SQLite gives a new row the highest.
    """
    again = f"INSERT OR REPLACE INTO {table} SELECT key, value, checksum FROM {table} WHERE key = ?"  # noqa: S608
    waiting = [(key,) for key in sorted(keys)]
    for start in range(0, len(waiting), ROWS_AT_ONCE):
        database.execute("BEGIN IMMEDIATE")
        database.executemany(again, waiting[start : start + ROWS_AT_ONCE])
        database.execute("COMMIT")


def drop_least_recently_used(database: sqlite3.Connection, table: str, limit: int) -> int | None:
    """Delete the least recently used rows until the file has at most `limit` bytes; less if it had more.

    Tables of other layouts, which this version cannot read, go first.

    Returns:
        How many rows are left; None if nothing had to go.
    """
    if file_bytes(database) <= limit:
        return None
    for other in _other_tables(database, table):
        database.execute(f"DROP TABLE {_quoted(other)}")
    target, left = int(limit * KEPT_SHARE), _rows(database, table)
    oldest = f"DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table} ORDER BY rowid LIMIT ?)"  # noqa: S608
    while left and (excess := used_bytes(database) - target) > 0:
        # Pages of the index come free late: so a few more in the end.
        wanted = min(ROWS_AT_ONCE, left * excess // used_bytes(database) + 1)
        left -= database.execute(oldest, (wanted,)).rowcount
    shrink_file(database)
    return _rows(database, table)


def _rows(database: sqlite3.Connection, table: str) -> int:
    (count,) = database.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
    return int(count)


def delete_study(path: Path, name: str) -> None:
    """Delete a study of an Optuna file, if it is there."""
    with closing(connected(path)) as database:
        for (study,) in database.execute("SELECT study_id FROM studies WHERE study_name = ?", (name,)).fetchall():
            _delete_study(database, study)


def drop_studies(path: Path, newest: str, limit: int, locks: Path) -> None:
    """Delete searches' oldest studies of an Optuna file until it has at most `limit` bytes; less if it had more.

    Studies that a person has added stay: their names are no study keys.

    Args:
        path: The file.
        newest: The study that stays, however large.
        limit: In bytes.
        locks: Holds a lock file for every study that is being written.
    """
    # While another search writes it may not be free for long; that search comes to this in its turn.
    with closing(connected(path)) as database, suppress(sqlite3.OperationalError):
        if file_bytes(database) <= limit:
            return
        target = int(limit * KEPT_SHARE)
        for study, name in database.execute("SELECT study_id, study_name FROM studies ORDER BY study_id").fetchall():
            if name == newest or not STUDY_KEY.fullmatch(name) or used_bytes(database) <= target:
                continue
            with held(locks / name, wait=False, passing=True) as ended:
                if ended:
                    _delete_study(database, study)
        shrink_file(database)


def _delete_study(database: sqlite3.Connection, study: int) -> None:
    """As Optuna does, whose own way takes 2 ms for every trial."""
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
    """A name that a file holds, whoever has written the file."""
    return '"' + name.replace('"', '""') + '"'


def make_shrinkable(path: Path) -> None:
    """Make a new SQLite file whose size `shrink_file` can cut cheaply; one that is there stays as it is."""
    if not path.exists():
        with closing(connected(path)) as database:
            allow_shrinking(database)
            database.execute("VACUUM")


def connected(path: Path) -> sqlite3.Connection:
    """A connection that waits for other searches, and whose statements take effect one by one."""
    return sqlite3.connect(path, timeout=WAIT_SECONDS, isolation_level=None)


def shrink_file(database: sqlite3.Connection) -> None:
    """Cut free pages off the file."""
    (mode,) = database.execute("PRAGMA auto_vacuum").fetchone()
    if mode == INCREMENTAL:
        # Unlike execute, this takes every step of the pragma: a page each.
        database.executescript("PRAGMA incremental_vacuum")
    else:
        allow_shrinking(database)
        database.execute("VACUUM")


def allow_shrinking(database: sqlite3.Connection) -> None:
    """Allow cheap shrinking; for a file with tables this holds from its next VACUUM on."""
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
    listed = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'folds#_%' ESCAPE '#' AND name <> ?"
    names = [row[0] for row in database.execute(listed, (table,))]
    return [name.decode() if isinstance(name, bytes) else name for name in names]
