"""The proof of reproduction: run everything again from nothing, elsewhere, and compare with dvc.lock."""

import contextlib
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType

from lockstep.check.config import Config
from lockstep.errors import VerifyError
from lockstep.results.dvc_lock import DvcLock
from lockstep.verify.against_lock import ChangedOutput, changed_outputs, complete_lock, refuse_outdated
from lockstep.verify.cause import BuildRecord, build_record, installed, likely_causes, pin_mismatch
from lockstep.verify.clean_copy import clean_copy
from lockstep.verify.run import run_stages, status

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def verify(rev: str | None = None, *, keep: bool = False) -> str:
    """Run the working directory's pipeline again in a clean copy; only dvc.lock says what must come out.

    Args:
        rev: A commit to verify; None takes the files as they are.
        keep: Leave the copy and say where it is.

    Returns:
        What was identical.

    Raises:
        VerifyError: if dvc.lock is missing or stale, a stage fails, or an output differs: then one line per output,
            those of the first stage first, and one per likely cause.
        SystemExit: with 128 + the signal's number, after SIGINT, SIGTERM or SIGHUP.
    """
    with _folder(keep=keep) as folder:
        copy, config = clean_copy(Path.cwd(), rev, folder)
        lock = complete_lock(copy)
        refuse_outdated(lock, status(copy, folder / "site"))
        then = build_record(Path.cwd(), rev, copy, lock)
        drift = pin_mismatch(then.pins, installed())
        if drift:
            _tell(f"note: {drift}")
        order = _run(copy, folder / "site", lock)
        different = changed_outputs(lock, complete_lock(copy), order)
    if different:
        raise VerifyError(_report(different, config, lock, then))
    return f"{len(lock.stages)} stages, {len(lock.hashes)} outputs"


def _run(copy: Path, site: Path, lock: DvcLock) -> list[str]:
    order: list[str] = []
    with contextlib.closing(run_stages(copy, site)) as stages:
        for stage in stages:
            order.append(stage)
            _tell(f"stage {len(order)} of {len(lock.stages)}: {stage}")
    left_out = [stage for stage in lock.stages if stage not in order]
    if left_out:
        raise VerifyError(f"dvc.yaml: dvc did not run stage {left_out[0]}; if it is frozen, run `dvc unfreeze` first")
    return order


def _report(different: list[ChangedOutput], config: Config, lock: DvcLock, then: BuildRecord) -> str:
    stages = list(dict.fromkeys(each.stage for each in different))
    others = f", then {', '.join(stages[1:])}" if stages[1:] else ""
    causes = likely_causes(different, config, lock, then, installed())
    return "\n".join(
        [
            f"not identical: the first stage that differs is {stages[0]}{others}",
            *(f"  {each}" for each in different),
            *(f"  likely cause: {cause}" for cause in causes),
        ]
    )


@contextlib.contextmanager
def _folder(*, keep: bool) -> Iterator[Path]:
    """A folder in the directory for temporary files that even SIGTERM removes, unless it is to be kept."""
    # Who starts a command with nohup wants a signal ignored.
    before = {number: signal.getsignal(number) for number in ENDING if signal.getsignal(number) != signal.SIG_IGN}
    _handle(dict.fromkeys(before, _stop))
    try:
        folder = Path(tempfile.mkdtemp(prefix="lockstep-verify-"))
        try:
            yield folder
        finally:
            # Impatience must not leave half a copy.
            _handle(dict.fromkeys(before, signal.SIG_IGN))
            if keep:
                _tell(f"the copy is kept in {folder}")
            else:
                shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        where = error.filename or tempfile.gettempdir()
        raise VerifyError(f"{where}: {error.strerror}; check the disk and its permissions") from None
    except SystemExit:
        _tell("stopped; the project is as it was")
        raise
    finally:
        _handle(before)


def _handle(handlers: "Mapping[signal.Signals, signal._HANDLER]") -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)


def _stop(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _tell(line: str) -> None:
    print(f"verify: {line}", file=sys.stderr, flush=True)
