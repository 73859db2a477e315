"""The code of a Dask worker: it fetches the table once, then fits one fold of one trial at a time."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from distributed import Future, get_client, get_worker, secede

from lockstep.errors import SearchError
from lockstep.fitting.folds import FoldSet
from lockstep.fitting.matrices import set_pages_folder
from lockstep.project.custom import custom_in, digests
from lockstep.workers.identity import fitting_versions, key_of
from lockstep.workers.trial import Evaluation, FoldTask
from lockstep.workers.worker import FoldCache, evaluate

# Two, so that two searches on one cluster do not evict each other's table; a killed search cannot release its own.
MAX_TABLES = 2
FETCH_SECONDS = 60

_tables: OrderedDict[str, FoldCache] = OrderedDict()
_fetching = threading.Lock()
_arrivals: dict[str, int] = {}


def evaluate_in_dask_worker(
    table: str, versions: Mapping[str, str], code: Mapping[str, bytes], task: FoldTask
) -> Evaluation:
    """Fit one fold of the table that lies in the cluster under the key `table`.

    Args:
        table: The key.
        versions: Versions that the search has.
        code: The metrics of the project's own, contents by path.
        task: The fold of a trial.

    Raises:
        SearchError: if this worker, which may have joined later, has other versions than the search.
    """
    differences = version_differences(versions, fitting_versions())
    if differences:
        raise SearchError(f"Dask worker {get_worker().address} has {differences}; install the same requirements.lock")
    with custom_in(_code_folder(code)):
        return evaluate(task, _table(table))


def version_differences(local: Mapping[str, str], remote: Mapping[str, str]) -> str:
    """The differing versions, each with its name; empty if all agree."""
    return ", ".join(
        f"{name} {remote.get(name, 'missing')} (here {local[name]})"
        for name in sorted(local)
        if local[name] != remote.get(name)
    )


def arrivals() -> dict[str, int]:
    """How often this worker has fetched each table."""
    return dict(_arrivals)


def release_table(table: str) -> None:
    """Free the memory of a table and of its quantised folds."""
    _tables.pop(table, None)


def _code_folder(code: Mapping[str, bytes]) -> Path:
    """A folder of this worker with the project's own code; the code's digest is its name."""
    folder = Path(get_worker().local_directory) / f"lockstep-code-{key_of(digests(code))[:16]}"
    with _fetching:
        for path, content in code.items():
            if not (folder / path).exists():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(content)
    return folder


def _table(key: str) -> FoldCache:
    with _fetching:
        if key not in _tables:
            local_table: Any = get_worker().data.get(key)
            _tables[key] = FoldCache(local_table if local_table is not None else _fetch_table(key))
            set_pages_folder(Path(get_worker().local_directory))
            _arrivals[key] = _arrivals.get(key, 0) + 1
            while len(_tables) > MAX_TABLES:
                _tables.popitem(last=False)
        return _tables[key]


def _fetch_table(key: str) -> FoldSet:
    table: FoldSet
    client = get_client()
    future: Future[Any] = Future(key, client)
    # A future made from its key alone is not notified of its value until the scheduler knows that we need it. Dask does
    # this for futures from a Variable or a published dataset, but those outlive a killed client.
    client._inform_scheduler_of_futures()
    try:
        table = future.result(timeout=FETCH_SECONDS)
    except TimeoutError:
        # The only worker with the table may have died, and the task that creates it again needs a free thread.
        secede()
        table = future.result()
    return table
