"""The machine at hand: what the environment says about where fits run; nothing of it changes a result."""

import os
import reprlib

from lockstep.errors import ConfigError

WORKERS = "LOCKSTEP_WORKERS"
SCHEDULER = "LOCKSTEP_SCHEDULER"
CACHE = "LOCKSTEP_CACHE_MB"
# Half a million folds, some thousand usual searches.
CACHE_MB = 200
LONGEST = 12


def worker_count() -> int:
    """LOCKSTEP_WORKERS, or the processors this process may use.

    Raises:
        ConfigError: if the variable is no whole number above 0.
    """
    given = _whole_number(WORKERS)
    if given is not None:
        return given
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cache_limit() -> int:
    """LOCKSTEP_CACHE_MB in bytes: what the evaluation log and the study file may each take.

    Raises:
        ConfigError: if the variable is no whole number above 0.
    """
    return (_whole_number(CACHE) or CACHE_MB) * 1_000_000


def scheduler_address() -> str | None:
    """LOCKSTEP_SCHEDULER: the address of a Dask cluster's scheduler, if one is to be used."""
    return os.environ.get(SCHEDULER) or None


def _whole_number(variable: str) -> int | None:
    wanted = os.environ.get(variable)
    if not wanted:
        return None
    # int() itself refuses thousands of digits with an error of its own.
    if not (wanted.isdecimal() and len(wanted) <= LONGEST and int(wanted) >= 1):
        raise ConfigError(f"environment: {variable}: {reprlib.repr(wanted)}: must be a whole number of at least 1")
    return int(wanted)
