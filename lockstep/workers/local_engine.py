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
# What the system says where it cannot make a semaphore.
SEMAPHORE_ERRORS = (errno.ENOSPC, errno.EACCES, errno.EROFS, errno.ENOENT)


@dataclass(frozen=True)
class _Job:
    future: Future[Any]
    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


class LocalEngine(Executor):
    """`n_workers` processes, each behind a thread of its own.

    One pool of one process per worker, not one pool of many: when a process dies, exactly the fit it was at is
    known and tried again in a new process; its neighbours go on undisturbed.

    Processes come from a fork server that has imported what they need. A plain fork after XGBoost's OpenMP has
    run hangs.

    Args:
        n_workers: How many folds are fitted at once.
        folder: Where the folds' arrays lie; None for calls that bring their own data.
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
        """Queue a call; workers take the oldest first."""
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
        """Wait for queued calls; after an error, end the workers at once instead."""
        if kind is not None:
            self._aborting.set()
            self._cancel_queued()
            for slot in list(self._pids):
                self._end(slot)
        self.shutdown()

    def _end(self, slot: int) -> None:
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
        """Run one job, replacing the process if it dies; returns the pool to go on with.

        Whatever happens, also while a process starts, the job's future gets an answer: a future without one would
        leave the search waiting for ever.
        """
        for _ in range(TRIES):
            try:
                pool = pool or self._new_pool(slot)
                if self._aborting.is_set():
                    self._end(slot)
                    break
                answer = pool.submit(job.function, *job.args, **job.kwargs).result()
            except BrokenProcessPool:
                _ended(pool)
                pool = None
                if self._aborting.is_set():
                    break
            except Exception as error:
                job.future.set_exception(error)
                return pool
            else:
                job.future.set_result(answer)
                return pool
        _ended(pool)
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
            # Python says nothing of where semaphores live.
            raise DiskError(
                f"{SHARED_MEMORY}: {error.strerror}: worker processes need some kilobytes of it; free some, or in a"
                " container give it more (docker run --shm-size)"
            ) from None
        try:
            # Tells whom to end if the search is interrupted.
            self._pids[slot] = pool.submit(os.getpid).result()
        except BrokenProcessPool:
            _ended(pool)
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


def _ended(pool: ProcessPoolExecutor | None) -> None:
    """Wait until a pool whose process died is cleared away: one that is let go before keeps Python 3.13.0 for ever."""
    if pool is not None:
        pool.shutdown()
