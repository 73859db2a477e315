"""The cluster engine: an existing Dask cluster behind the interface of concurrent.futures."""

import functools
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor
from contextlib import contextmanager, suppress
from typing import TypeVar

import dask
from distributed import Client, KilledWorker, wait
from distributed.comm.core import CommClosedError

from lockstep.errors import ConfigError, SearchError, one_line
from lockstep.fitting.folds import FoldSet
from lockstep.guards.text.secrets import masked
from lockstep.project.custom import code_files, custom_files
from lockstep.workers.cluster_worker import evaluate_in_dask_worker, release_table, version_differences
from lockstep.workers.identity import fitting_versions, key_of
from lockstep.workers.machine import SCHEDULER
from lockstep.workers.trial import Evaluation, FoldTask

CONNECT_SECONDS = 10
WORKERS_SECONDS = 60

T = TypeVar("T")


@contextmanager
def cluster_engine(address: str, folds: FoldSet) -> Iterator[tuple[Executor, Callable[[FoldTask], Evaluation]]]:
    """Use the cluster whose scheduler has this address.

    The folds' arrays are sent once to the scheduler, which sends them to one worker. Every other worker, including one
    that joins later, fetches them from a worker that has them; no disk is shared. If all workers with the arrays die,
    the scheduler creates them again. If a worker dies, its fit moves to another one; after the scheduler's
    allowed-failures (3 by default) the search stops.

    Yields:
        The executor, and the function to submit to it.

    Raises:
        ConfigError: if no scheduler or no worker answers.
        SearchError: if a worker has different versions, or the connection to the cluster is lost.
    """
    name = masked(address)
    client = _connect(address, name)
    try:
        _check_workers(client, name)
        table = f"lockstep-{key_of([folds.fingerprints(), folds.digests])[:16]}"
        # The scheduler keeps the table to create it again: the large graph is intended.
        with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1TiB"}):
            future = client.submit(_identity, folds, key=table)
        wait(future)
        if future.status == "error":
            reason = one_line(future.exception(), 200)
            raise SearchError(f"Dask cluster {name}: the table cannot be sent ({reason}); install this project there")
        with client.get_executor(pure=False) as executor:
            try:
                yield executor, functools.partial(evaluate_in_dask_worker, table, fitting_versions(), metric_code())
            except BaseException:
                executor.shutdown(wait=False)
                raise
        # The search is finished: a worker that dies now is no error.
        with suppress(Exception):
            client.run(release_table, table)
    except KilledWorker as error:
        raise SearchError(
            f"Dask cluster {name}: workers died on the same fit; is there enough memory? ({error})"
        ) from error
    except (CancelledError, CommClosedError) as error:
        raise SearchError(
            f"{SCHEDULER}: the Dask cluster {name} was lost ({type(error).__name__}); finished fits are kept"
        ) from error
    finally:
        with suppress(Exception):
            client.close(timeout=5)


def metric_code() -> dict[str, bytes]:
    """The project's own metrics, which the workers compute: contents by path."""
    return {path: content for name in custom_files("metrics") for path, content in code_files("metrics", name).items()}


def _connect(address: str, name: str) -> Client:
    # Errors become one line below; Dask would print a traceback for each broken connection.
    for logger in ("distributed", "distributed.client"):
        logging.getLogger(logger).setLevel(logging.CRITICAL + 1)
    try:
        client = Client(address, timeout=CONNECT_SECONDS, name="lockstep")
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(
            f"environment: {SCHEDULER}: {name!r}: no Dask scheduler answers there ({type(error).__name__});"
            " start one, correct the address, or unset it to use this machine"
        ) from None
    try:
        client.wait_for_workers(1, timeout=WORKERS_SECONDS)
    except TimeoutError:
        client.close()
        raise ConfigError(
            f"environment: {SCHEDULER}: {name!r}: the scheduler has no worker after {WORKERS_SECONDS} s;"
            f" start one: dask worker {name}"
        ) from None
    return client


def _check_workers(client: Client, name: str) -> None:
    try:
        versions = client.run(fitting_versions)
    except (ImportError, AttributeError) as error:
        raise SearchError(
            f"Dask cluster {name}: a worker cannot load this project ({error}); install it and its"
            " requirements.lock there"
        ) from None
    for worker, worker_versions in sorted(versions.items()):
        differences = version_differences(fitting_versions(), worker_versions)
        if differences:
            raise SearchError(f"Dask worker {worker} has {differences}; install the same requirements.lock there")
    print(f"tune: Dask cluster {name}: {len(versions)} workers", flush=True)


def _identity(value: T) -> T:
    return value
