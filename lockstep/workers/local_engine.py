"""The local engine: worker processes of this machine behind the interface of concurrent.futures."""

import errno
import multiprocessing
import os
import queue
import signal
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lockstep.errors import ConfigError, DiskError, SearchError
from lockstep.workers import worker

TRIES = 3
SHARED_MEMORY = "/dev/shm"  # noqa: S108 - a name in a message
# Errors of a system that cannot create a semaphore.
SEMAPHORE_ERRORS = (errno.ENOSPC, errno.EACCES, errno.EROFS, errno.ENOENT)


@dataclass(frozen=True)
class _Job:
    future: Future[Any]
    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


class LocalEngine(Executor):
    """`n_workers` processes, each controlled by its own thread.

    Each worker is a pool of one process: when a process dies, its fit is known and is repeated in a new process, and
    the other workers continue.

    Processes come from a fork server that has imported the needed modules. A plain fork hangs after XGBoost's OpenMP
    has run.

    Args:
        n_workers: Number of folds fitted in parallel.
        folder: Contains the folds' arrays; None for calls that bring their own data.
    """

    def __init__(self, n_workers: int, folder: Path | None) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([worker.__name__])
        self._folder = folder
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._aborting = threading.Event()
        self._pids: dict[int, int] = {}
        self._threads = [
            threading.Thread(target=self._serve, args=(slot,), name=f"worker-{slot}", daemon=True)
            for slot in range(n_workers)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Queue a call; workers take the oldest call first."""
        job = _Job(Future(), fn, args, kwargs)
        self._jobs.put(job)
        return job.future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let queued calls finish (or cancel them) and end the workers."""
        if cancel_futures:
            self._cancel_queued()
        for _ in self._threads:
            self._jobs.put(None)
        if wait:
            for thread in self._threads:
                thread.join()

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        """Wait for queued calls; after an error, kill the workers at once instead."""
        if kind is not None:
            self._aborting.set()
            self._cancel_queued()
            for slot in list(self._pids):
                self._kill(slot)
        self.shutdown()

    def _kill(self, slot: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._pids[slot], signal.SIGKILL)

    def _cancel_queued(self) -> None:
        with suppress(queue.Empty):
            while True:
                if job := self._jobs.get_nowait():
                    job.future.cancel()

    def _serve(self, slot: int) -> None:
        pool: ProcessPoolExecutor | None = None
        while (job := self._jobs.get()) is not None:
            if job.future.set_running_or_notify_cancel():
                pool = self._run(slot, pool, job)
        if pool is not None:
            pool.shutdown()

    def _run(self, slot: int, pool: ProcessPoolExecutor | None, job: _Job) -> ProcessPoolExecutor | None:
        """Run one job, in a new process if the process dies; returns the pool for the next job.

        Whatever happens, even while a process starts, the job's future gets a result or an error: otherwise the search
        would wait for ever.
        """
        for _ in range(TRIES):
            try:
                pool = pool or self._new_pool(slot)
                if self._aborting.is_set():
                    self._kill(slot)
                    break
                result = pool.submit(job.function, *job.args, **job.kwargs).result()
            except BrokenProcessPool:
                _clear_away(pool)
                pool = None
                if self._aborting.is_set():
                    break
            except Exception as error:
                job.future.set_exception(error)
                return pool
            else:
                job.future.set_result(result)
                return pool
        _clear_away(pool)
        job.future.set_exception(
            SearchError(f"a worker process died {TRIES} times on the same fit; is there enough memory?")
        )
        return None

    def _new_pool(self, slot: int) -> ProcessPoolExecutor:
        try:
            pool = ProcessPoolExecutor(1, self._context, worker.initialise, (self._folder,))
        except OSError as error:
            if error.filename or error.errno not in SEMAPHORE_ERRORS:
                raise
            # Python's error does not name the folder of semaphores.
            raise DiskError(
                f"{SHARED_MEMORY}: {error.strerror}: worker processes need some kilobytes of it; free some, or in a"
                " container give it more (docker run --shm-size)"
            ) from None
        try:
            # The process to kill if the search is interrupted.
            self._pids[slot] = pool.submit(os.getpid).result()
        except BrokenProcessPool:
            _clear_away(pool)
            raise
        except OSError as error:
            if "AF_UNIX" not in str(error):
                raise
            folder = tempfile.gettempdir()
            raise ConfigError(
                f"environment: TMPDIR: {folder!r} is too long a path for the sockets of worker processes;"
                " set TMPDIR to a folder of at most 70 characters"
            ) from None
        return pool


def _clear_away(pool: ProcessPoolExecutor | None) -> None:
    """Shut down a pool whose process died: Python 3.13.0 never exits if such a pool is merely dropped."""
    if pool is not None:
        pool.shutdown()
