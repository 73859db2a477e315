"""Signals that end a stage: delayed while C code calls back into Python, and not missed while the stage waits."""

import queue
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Future, wait
from contextlib import ExitStack, contextmanager
from typing import TypeVar

T = TypeVar("T")

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM)
# A signal that arrives just before the main thread begins to wait for a lock is handled only after that wait.
POLL_SECONDS = 1.0


def result_of(future: Future[T]) -> T:
    """The future's result; the main thread waits for it and handles signals within a second."""
    while not wait((future,), POLL_SECONDS).done:
        pass
    return future.result()


def next_of(items: queue.SimpleQueue[T]) -> T:
    """The queue's next item; the main thread waits for it in the same way."""
    while True:
        try:
            return items.get(timeout=POLL_SECONDS)
        except queue.Empty:
            pass


@contextmanager
def delay_signals() -> Iterator[None]:
    """Delay SIGINT and SIGTERM until the block has ended.

    An exception that a signal handler raises inside a callback from C does not leave the callback: ctypes prints it and
    returns 0, which XGBoost reads as the end of the table.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pending: list[int] = []
    try:
        with ExitStack() as handlers:
            for number in ENDING_SIGNALS:
                if (handler := signal.getsignal(number)) is not None:
                    signal.signal(number, lambda number, _: pending.append(number))
                    handlers.callback(signal.signal, number, handler)
            yield
    finally:
        for pending_number in pending:
            signal.raise_signal(pending_number)
