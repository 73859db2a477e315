"""Durations of searches, stored under the hash of their trials and outside the DVC outputs."""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from lockstep.errors import system_reason
from lockstep.project.paths import SEARCH_TIMES, local_state
from lockstep.storage.locks import soon_held
from lockstep.storage.tables import read_json, write_json
from lockstep.workers.identity import file_digest
from lockstep.workers.trial import TrialResult

MAX_ENTRIES = 200
TRIALS_SHA256 = "trials_sha256"


@dataclass(frozen=True)
class SearchTime:
    """Duration of a search on the machine that ran it.

    Attributes:
        wall_seconds: Wall time; None if the search reused folds that an earlier search had fitted.
        cpu_seconds: CPU time of all its fits, including those of an earlier search.
    """

    wall_seconds: float | None
    cpu_seconds: float

    @classmethod
    def of(cls, results: Iterable[TrialResult], wall_seconds: float | None) -> Self:
        """The time of a search with these results."""
        wall = None if wall_seconds is None else round(wall_seconds, 3)
        return cls(wall, round(sum(result.cpu_seconds for result in results), 3))


def search_time(trials_csv: Path) -> SearchTime | None:
    """The time of the search with exactly these trials; None if it is unknown."""
    try:
        entry = _find(_entries(), file_digest(trials_csv))
    except (OSError, ValueError):
        return None
    return SearchTime(entry["wall_seconds"], entry["cpu_seconds"]) if entry else None


def save_search_time(trials_csv: Path, time: SearchTime) -> None:
    """Store the time of the search with these trials; an error is only a warning.

    An unknown wall time does not replace a known one.
    """
    path = local_state() / SEARCH_TIMES
    try:
        with soon_held(path.parent / "locks" / path.stem):
            _add_entry(path, file_digest(trials_csv), time)
    except OSError as error:
        _warn(path, f"{system_reason(error)}; the time of this search is not stored")


def _add_entry(path: Path, digest: str, time: SearchTime) -> None:
    try:
        entries = _entries()
    except ValueError as error:
        _warn(path, f"{error}; the file is started anew")
        entries = []
    earlier = _find(entries, digest)
    wall = time.wall_seconds if time.wall_seconds is not None or earlier is None else earlier["wall_seconds"]
    other_entries = [entry for entry in entries if entry is not earlier]
    latest = {TRIALS_SHA256: digest, **asdict(SearchTime(wall, time.cpu_seconds))}
    write_json([*other_entries, latest][-MAX_ENTRIES:], path)


def _entries() -> list[dict[str, Any]]:
    """The stored searches, the latest last.

    Raises:
        ValueError: if the file is damaged.
    """
    path = local_state() / SEARCH_TIMES
    if not path.exists():
        return []
    entries = read_json(path)
    if not isinstance(entries, list) or not all(_is_entry(entry) for entry in entries):
        raise ValueError("is not a list of search times")
    return entries


def _find(entries: Iterable[dict[str, Any]], digest: str) -> dict[str, Any] | None:
    return next((entry for entry in entries if entry[TRIALS_SHA256] == digest), None)


def _is_entry(entry: object) -> bool:
    if not isinstance(entry, Mapping) or not isinstance(entry.get(TRIALS_SHA256), str):
        return False
    wall, cpu = entry.get("wall_seconds", ""), entry.get("cpu_seconds")
    return isinstance(wall, float | int | None) and isinstance(cpu, float | int)


def _warn(path: Path, problem: str) -> None:
    print(f"tune: warning: {path}: {problem}", file=sys.stderr)
