"""The machine at hand: what the environment says about where fits run; nothing of it changes a result."""

import os

from lockstep.errors import ConfigError

WORKERS = "LOCKSTEP_WORKERS"
SCHEDULER = "LOCKSTEP_SCHEDULER"


def worker_count() -> int:
    """LOCKSTEP_WORKERS, or the processors this process may use.

    Raises:
        ConfigError: if the variable is no whole number above 0.
    """
    wanted = os.environ.get(WORKERS)
    if not wanted:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not wanted.isdecimal() or int(wanted) < 1:
        raise ConfigError(f"environment: {WORKERS}: {wanted!r}: must be a whole number of at least 1")
    return int(wanted)


def scheduler_address() -> str | None:
    """LOCKSTEP_SCHEDULER: the address of a Dask cluster's scheduler, if one is to be used."""
    return os.environ.get(SCHEDULER) or None
