"""Signals that would end a stage: held back while C code calls back into Python, and not missed while it waits."""

import queue
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Future, wait
from contextlib import ExitStack, contextmanager
from typing import TypeVar

T = TypeVar("T")

ENDING = (signal.SIGINT, signal.SIGTERM)
# A signal that arrives just before Python's main thread begins to wait for a lock is handled only when that wait ends.
LOOKS_EVERY = 1.0


def result_of(future: Future[T]) -> T:
    """The future's result, which the main thread waits for without missing a signal for longer than a second."""
    while not wait((future,), LOOKS_EVERY).done:
        pass
    return future.result()


def next_of(waiting: queue.SimpleQueue[T]) -> T:
    """The queue's next item, waited for in the same way."""
    while True:
        try:
            return waiting.get(timeout=LOOKS_EVERY)
        except queue.Empty:
            pass


@contextmanager
def delay_signals() -> Iterator[None]:
    """Hold SIGINT and SIGTERM back until the block has ended; they arrive then.

    What a signal's handler raises inside a callback from C goes no further than the callback: ctypes prints it and
    answers 0, which XGBoost takes for the end of the table.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    arrived: list[int] = []
    try:
        with ExitStack() as restored:
            for number in ENDING:
                if (handler := signal.getsignal(number)) is not None:
                    signal.signal(number, lambda number, _: arrived.append(number))
                    restored.callback(signal.signal, number, handler)
            yield
    finally:
        for came in arrived:
            signal.raise_signal(came)
