"""Environment variables that determine where fits run; they do not change results."""

import os
import reprlib

from lockstep.errors import ConfigError

WORKERS = "LOCKSTEP_WORKERS"
SCHEDULER = "LOCKSTEP_SCHEDULER"
CACHE = "LOCKSTEP_CACHE_MB"
# Half a million folds: some thousand typical searches.
CACHE_MB = 200
MAX_DIGITS = 12


def worker_count() -> int:
    """LOCKSTEP_WORKERS, or the number of processors that this process may use.

    Raises:
        ConfigError: if the variable is not a whole number above 0.
    """
    count = _whole_number(WORKERS)
    if count is not None:
        return count
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cache_limit() -> int:
    """LOCKSTEP_CACHE_MB in bytes: the largest size of the evaluation log, and of the study file.

    Raises:
        ConfigError: if the variable is not a whole number above 0.
    """
    return (_whole_number(CACHE) or CACHE_MB) * 1_000_000


def scheduler_address() -> str | None:
    """LOCKSTEP_SCHEDULER: the address of a Dask cluster's scheduler, if one is to be used."""
    return os.environ.get(SCHEDULER) or None


def _whole_number(variable: str) -> int | None:
    text = os.environ.get(variable)
    if not text:
        return None
    # int() refuses thousands of digits with its own error.
    if not (text.isdecimal() and len(text) <= MAX_DIGITS and int(text) >= 1):
        raise ConfigError(f"environment: {variable}: {reprlib.repr(text)}: must be a whole number of at least 1")
    return int(text)
