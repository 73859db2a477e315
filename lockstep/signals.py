"""Signals that would end a stage while other people's C code calls back into Python wait until that code is done."""

import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

ENDING = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def held_back() -> Iterator[None]:
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
