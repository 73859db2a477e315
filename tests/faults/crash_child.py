"""Makes every change of a stage, and of an export, fail in every way, and writes down what is left.

`python -m tests.faults.crash_child PROJECT FOLDER MODE`, a mode of MODES. An action runs once. Before each of its
changes the process forks a copy of itself for each fault; the copy meets the fault and ends, its original puts the
files back and goes on. So a crash point costs a fork, not a start: some 50 ms.
"""

import gc
import importlib
import json
import os
import shutil
import signal
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.faults.crash_actions import EXPORT, EXPORTED, earlier_export, export, new_file, outputs_of, strike_log
from tests.faults.forks import ended, in_child, spare_what_is_shared
from tests.faults.states import Files, States, below, name_of
from tests.faults.writes import FAULTS, Change, Watch, limit_files, strike

STAGES = ("fetch", "clean", "split", "tune", "train_best", "evaluate")
QUICK = ("fetch", "clean", "split", "export")
DAILY = ("fetch", "clean", "split", "tune")
# `every` lets a run follow upon every state that a fault has left.
MODES = {"daily": DAILY, "whole": STAGES, "every": STAGES}
NEEDED = ("params.yaml", "datasets", "data", "models", "reports", ".lockstep")
Action = Callable[[], None]


@dataclass(frozen=True)
class Outcome:
    """What a crash point came to.

    Attributes:
        kind: Of the change.
        path: The file that was changed.
        fault: What happened.
        code: The exit code, or less a signal's number.
        said: Both streams.
        before: The state of the files before the change.
        after: The state that was left.
    """

    kind: str
    path: str
    fault: str
    code: int
    said: str
    before: str
    after: str


class CrashPoints:
    """Visits the changes of an action and strikes each.

    Args:
        root: The folder.
        states: Its states.
        sizes: Files whose changes fail in every way, and how long they become; at others the process is killed.
    """

    def __init__(self, root: Path, states: States, sizes: Mapping[str, int]) -> None:
        self._root, self._states, self._sizes = root, states, sizes
        self.outcomes = list[Outcome]()
        self.struck = False

    def visit(self, change: Change) -> None:
        # An error at a lock or a log is only a warning, and the copy has no workers to go on with.
        all_ways = change.path in self._sizes or change.path.endswith(".json") or change.path.startswith(EXPORT)
        for fault in FAULTS[change.kind] if all_ways else ("killed",):
            if not self.struck:
                self._try(change, fault)

    def _try(self, change: Change, fault: str) -> None:
        before = self._states.files()
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            self.struck = True
            os.dup2(writing, 1)
            os.dup2(writing, 2)
            spare_what_is_shared(self._root)
            strike(fault, change, self._sizes.get(change.path, 2))
            return
        os.close(writing)
        said, code = ended(pid, reading)
        kept = self._states.keep(before), self._states.keep(self._states.files())
        self._states.put(before)
        self.outcomes.append(Outcome(change.kind, change.path, fault, code, said, *kept))


def examine(action: Action, root: Path, start: Files, sizes: Mapping[str, int], out: Path, *, every: bool) -> None:
    """Write what came of an action into out/outcomes.json, and the states of the files into out/states.

    Args:
        action: Runs in `root`.
        root: The folder.
        start: What it holds at first.
        sizes: The files the action writes, and how long they become.
        out: A new folder.
        every: Let the action follow upon every state that a fault left, not only upon the worst that can be made of
            them: all that was left over, and every other file absent.
    """
    states = States(root, out / "states")
    states.put(start)
    points = CrashPoints(root, states, sizes)

    def watched() -> None:
        # Python warns of forks beside threads; these copies use none of them.
        warnings.simplefilter("ignore", DeprecationWarning)
        watch = Watch(root, points.visit)
        try:
            action()
        finally:
            sys.stdout.flush()
            if not points.struck:
                watch.announce("end", root / "end")
                (out / "outcomes.json").write_text(json.dumps([asdict(each) for each in points.outcomes]))

    def on_disk_of(size: int) -> dict[str, Any]:
        def limited() -> None:
            limit_files(size, signal.SIG_IGN)
            action()

        return after(start, limited)

    def after(files: Files, work: Action) -> dict[str, Any]:
        states.put(files)
        said, code = in_child(work)
        return {"said": said, "code": code, "start": states.keep(files), "end": states.keep(states.files())}

    quiet = after(start, watched)
    outcomes = json.loads((out / "outcomes.json").read_text())
    left = {name: b"left over" for each in outcomes for name in states.digests(each["after"]) if name not in start}
    worst = {**left, **{name: content for name, content in start.items() if name not in list(sizes)[::2]}}
    following = [worst]
    if every:
        distinct = {json.dumps(_relevant(states.digests(each["after"]))): each["after"] for each in outcomes}
        following += [states.kept(state) for state in distinct.values()]
    summary = {
        "quiet": quiet,
        "again": [after(files, action) for files in following],
        "full": [on_disk_of(size) for size in (0, 1000)],
    }
    (out / "summary.json").write_text(json.dumps(summary))


def _relevant(digests: Mapping[str, str]) -> list[tuple[str, str]]:
    """Times differ from run to run."""
    return sorted((name, digest) for name, digest in digests.items() if not name.startswith(".lockstep/"))


def main(finished: Path, out: Path, mode: str) -> None:
    """Examine the stages of a mode, and an export."""
    import mlflow  # noqa: F401 - evaluate would import it in each of its runs
    import yaml

    from lockstep.stage import run_stage

    works = {stage: importlib.import_module(f"stages.{stage}").main for stage in MODES[mode]}
    importlib.import_module("lockstep.export.folder")
    dvc_yaml = yaml.safe_load((finished / "dvc.yaml").read_text())
    # A collection of what was imported would make every forked copy's memory its own.
    gc.freeze()
    gc.disable()
    root = out / "project"
    root.mkdir()
    os.chdir(root)
    for name in NEEDED:
        (shutil.copytree if (finished / name).is_dir() else shutil.copy)(finished / name, root / name)
    files = {name_of(file, root): file.read_bytes() for file in below(root) if file.is_file()}
    for stage, work in works.items():
        sizes = {name: len(files[name]) for name in outputs_of(stage, dvc_yaml, files)}
        start = {**files, **{name: f"old {name}\n".encode() for name in sizes}}

        def run(stage: str = stage, work: Action = work) -> None:
            run_stage(stage, work)

        examine(run, root, start, sizes, out / stage, every=mode == "every" or stage in QUICK)
    sizes = {f"{EXPORT}/{name}": len(new_file(name)) for name in EXPORTED}
    examine(export, root, earlier_export(), sizes, out / "export", every=True)
    strike_log(out / "log")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
