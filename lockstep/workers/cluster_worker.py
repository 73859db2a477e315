"""What runs inside a Dask worker: the table is fetched once, then one fold of one trial at a time is fitted."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from distributed import Future, get_client, get_worker, secede

from lockstep.errors import SearchError
from lockstep.fitting.folds import FoldSet
from lockstep.fitting.matrices import set_pages_folder
from lockstep.workers.identity import fitting_versions
from lockstep.workers.trial import Evaluation, FoldTask
from lockstep.workers.worker import FoldCache, evaluate

# Two, so that two searches on one cluster do not fetch in turns; a search that was killed cannot clear its own.
TABLES_KEPT = 2
PATIENCE_SECONDS = 60

_tables: OrderedDict[str, FoldCache] = OrderedDict()
_fetching = threading.Lock()
_arrivals: dict[str, int] = {}


def evaluate_in_dask_worker(table: str, versions: Mapping[str, str], task: FoldTask) -> Evaluation:
    """Fit one fold of the table that lies in the cluster under the key `table`.

    Raises:
        SearchError: if this worker, which may have joined later, has other versions than the search.
    """
    differences = version_differences(versions, fitting_versions())
    if differences:
        raise SearchError(f"Dask worker {get_worker().address} has {differences}; install the same requirements.lock")
    return evaluate(task, _table(table))


def version_differences(here: Mapping[str, str], there: Mapping[str, str]) -> str:
    """Names of what differs, with both versions; empty if nothing does."""
    return ", ".join(
        f"{name} {there.get(name, 'missing')} (here {here[name]})"
        for name in sorted(here)
        if here[name] != there.get(name)
    )


def arrivals() -> dict[str, int]:
    """How often this worker has received each table; once, as long as it keeps it."""
    return dict(_arrivals)


def release_table(table: str) -> None:
    """Free the memory of the table and of its quantised folds."""
    _tables.pop(table, None)


def _table(key: str) -> FoldCache:
    with _fetching:
        if key not in _tables:
            held_here: Any = get_worker().data.get(key)
            _tables[key] = FoldCache(held_here if held_here is not None else _from_another(key))
            set_pages_folder(Path(get_worker().local_directory))
            _arrivals[key] = _arrivals.get(key, 0) + 1
            while len(_tables) > TABLES_KEPT:
                _tables.popitem(last=False)
        return _tables[key]


def _from_another(key: str) -> FoldSet:
    table: FoldSet
    client = get_client()
    future: Future[Any] = Future(key, client)
    # A future made from its key alone never hears of its value: the scheduler must be told that we want it. Dask does
    # this where futures come out of a Variable or a published dataset, but those outlive a client that was killed.
    client._inform_scheduler_of_futures()
    try:
        table = future.result(timeout=PATIENCE_SECONDS)
    except TimeoutError:
        # Its only holder may have died, and the task that makes it again needs one of the places we all occupy.
        secede()
        table = future.result()
    return table
