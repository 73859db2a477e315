"""Prove reproducibility: run everything again from scratch in a clean copy, and compare with dvc.lock."""

import contextlib
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType

from lockstep.check.config import Config
from lockstep.errors import VerifyError, system_reason
from lockstep.results.dvc_lock import DvcLock
from lockstep.verify.against_lock import ChangedOutput, changed_outputs, complete_lock, refuse_outdated
from lockstep.verify.cause import BuildRecord, build_record, installed, likely_causes, pin_mismatch
from lockstep.verify.clean_copy import clean_copy
from lockstep.verify.run import run_stages, status

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def verify(rev: str | None = None, *, keep: bool = False) -> str:
    """Run the working directory's pipeline again in a clean copy and compare its outputs with dvc.lock.

    Args:
        rev: A commit to verify; None: the files as they are.
        keep: Keep the copy and print its path.

    Returns:
        A description of what was identical.

    Raises:
        VerifyError: if dvc.lock is missing or stale, a stage fails, or an output differs: then one line per output,
            those of the first stage first, and one per likely cause.
        SystemExit: with 128 + the signal's number, after SIGINT, SIGTERM or SIGHUP.
    """
    with _folder(keep=keep) as folder:
        copy, config = clean_copy(Path.cwd(), rev, folder)
        lock = complete_lock(copy)
        refuse_outdated(lock, status(copy, folder / "site"))
        record = build_record(Path.cwd(), rev, copy, lock)
        mismatch = pin_mismatch(record.pins, installed())
        if mismatch:
            _print_line(f"note: {mismatch}")
        order = _run(copy, folder / "site", lock)
        changed = changed_outputs(lock, complete_lock(copy), order)
    if changed:
        raise VerifyError(_report(changed, config, lock, record))
    return f"{len(lock.stages)} stages, {len(lock.hashes)} outputs"


def _run(copy: Path, site: Path, lock: DvcLock) -> list[str]:
    order: list[str] = []
    with contextlib.closing(run_stages(copy, site)) as stages:
        for stage in stages:
            order.append(stage)
            _print_line(f"stage {len(order)} of {len(lock.stages)}: {stage}")
    missing = [stage for stage in lock.stages if stage not in order]
    if missing:
        raise VerifyError(f"dvc.yaml: dvc did not run stage {missing[0]}; if it is frozen, run `dvc unfreeze` first")
    return order


def _report(changed: list[ChangedOutput], config: Config, lock: DvcLock, record: BuildRecord) -> str:
    stages = list(dict.fromkeys(output.stage for output in changed))
    later_stages = f", then {', '.join(stages[1:])}" if stages[1:] else ""
    causes = likely_causes(changed, config, lock, record, installed())
    return "\n".join(
        [
            f"not identical: the first stage that differs is {stages[0]}{later_stages}",
            *(f"  {output}" for output in changed),
            *(f"  likely cause: {cause}" for cause in causes),
        ]
    )


@contextlib.contextmanager
def _folder(*, keep: bool) -> Iterator[Path]:
    """A temporary folder that is removed even on SIGTERM, unless it is to be kept."""
    # A signal that nohup ignores stays ignored.
    handlers = {
        number: signal.getsignal(number) for number in STOP_SIGNALS if signal.getsignal(number) != signal.SIG_IGN
    }
    _set_handlers(dict.fromkeys(handlers, _stop))
    try:
        folder = Path(tempfile.mkdtemp(prefix="lockstep-verify-"))
        try:
            yield folder
        finally:
            # A second signal must not interrupt the removal.
            _set_handlers(dict.fromkeys(handlers, signal.SIG_IGN))
            if keep:
                _print_line(f"the copy is kept in {folder}")
            else:
                shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        where = error.filename or tempfile.gettempdir()
        raise VerifyError(f"{where}: {system_reason(error)}; check the disk and its permissions") from None
    except SystemExit:
        _print_line("stopped; the project is as it was")
        raise
    finally:
        _set_handlers(handlers)


def _set_handlers(handlers: "Mapping[signal.Signals, signal._HANDLER]") -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)


def _stop(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _print_line(line: str) -> None:
    print(f"verify: {line}", file=sys.stderr, flush=True)
