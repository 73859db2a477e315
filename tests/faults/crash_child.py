"""Makes every change of a stage, and of an export, fail in every way, and writes down what is left.

`python -m tests.faults.crash_child PROJECT FOLDER [every]`. An action runs once. Before each of its changes the process
forks a copy of itself for each fault; the copy meets the fault and ends, its original puts the files back and goes on.
So a crash point costs a fork, not a start: some 50 ms.
"""

import gc
import importlib
import json
import os
import select
import shutil
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.faults.writes import FAULTS, Change, Watch, limit_files, strike

STAGES = ("fetch", "clean", "split", "tune", "train_best", "evaluate")
QUICK = ("fetch", "clean", "split", "export")
EXPORT = "outputs"
EXPORTED = ("params.yaml", "reports/metrics.json", "reports/evaluate/slices.csv", "results.json")
NEEDED = ("params.yaml", "datasets", "data", "models", "reports", ".lockstep")
MOST_SECONDS = 120.0
Files = dict[str, bytes]
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


class States:
    """Keeps what a folder of small files held: names and digests in ID.json, contents in blobs/."""

    def __init__(self, root: Path, kept: Path) -> None:
        self._root, self._kept, self._known = root, kept, set[str]()
        (kept / "blobs").mkdir(parents=True)

    def files(self) -> Files:
        """Contents by name; an empty folder's name ends with a slash."""
        found = below(self._root)
        return {_name(each, self._root): each.read_bytes() if _is_plain(each) else b"" for each in found}

    def put(self, files: Files) -> None:
        """Make the folder hold exactly these files; what is right stays untouched, as a file that is open."""
        for each in below(self._root):
            if each.is_symlink() or _name(each, self._root) not in files:
                each.rmdir() if each.is_dir() else each.unlink()
        for name, content in files.items():
            file = self._root / name
            if name.endswith("/"):
                file.mkdir(parents=True, exist_ok=True)
            elif not file.exists() or file.read_bytes() != content:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)

    def keep(self, files: Files) -> str:
        """Keep a state; returns its id."""
        digests = {name: sha256(content).hexdigest() for name, content in files.items()}
        for name, digest in digests.items():
            if digest not in self._known:
                self._known.add(digest)
                (self._kept / "blobs" / digest).write_bytes(files[name])
        text = json.dumps(digests, sort_keys=True)
        state = sha256(text.encode()).hexdigest()[:16]
        (self._kept / f"{state}.json").write_text(text)
        return state

    def digests(self, state: str) -> dict[str, str]:
        content: dict[str, str] = json.loads((self._kept / f"{state}.json").read_text())
        return content

    def kept(self, state: str) -> Files:
        return {name: (self._kept / "blobs" / digest).read_bytes() for name, digest in self.digests(state).items()}


def below(root: Path) -> list[Path]:
    """Files, links and empty folders."""
    return sorted(each for each in root.rglob("*") if not each.is_dir() or not any(each.iterdir()))


def _is_plain(each: Path) -> bool:
    return each.is_file() and not each.is_symlink()


def _name(each: Path, root: Path) -> str:
    return each.relative_to(root).as_posix() + ("/" if each.is_dir() else "")


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
            _spare_what_is_shared(self._root)
            strike(fault, change, self._sizes.get(change.path, 2))
            return
        os.close(writing)
        said, code = _ended(pid, reading)
        kept = self._states.keep(before), self._states.keep(self._states.files())
        self._states.put(before)
        self.outcomes.append(Outcome(change.kind, change.path, fault, code, said, *kept))


def _spare_what_is_shared(root: Path) -> None:
    """Worker processes and their arrays are the original's."""
    own, kill, rmtree = os.getpid(), os.kill, shutil.rmtree

    def remove(path: Any, *args: Any, **kwargs: Any) -> None:
        if Path(path).resolve().is_relative_to(root):
            rmtree(path, *args, **kwargs)

    os.kill = lambda pid, number: kill(pid, number) if pid == own else None
    shutil.rmtree = remove  # type: ignore[assignment]


def _ended(pid: int, said: int) -> tuple[str, int]:
    """What a process says until its end, and its exit code; it is ended after MOST_SECONDS of silence."""
    text = b""
    while True:
        if not select.select([said], [], [], MOST_SECONDS)[0]:
            os.kill(pid, signal.SIGKILL)
            text += b"\nhung"
        elif piece := os.read(said, 65536):
            text += piece
            continue
        os.close(said)
        return text.decode(errors="replace"), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def in_child(work: Action) -> tuple[str, int]:
    """Do something in a forked process, which ends with it; returns what it says and its exit code."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return _ended(pid, reading)
    os.dup2(writing, 1)
    os.dup2(writing, 2)
    code = 0
    try:
        work()
    except SystemExit as stop:
        code = int(stop.code or 0)
    except BaseException:
        traceback.print_exc()
        code = 70
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


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


def outputs_of(stage: str, dvc_yaml: Mapping[str, Any], files: Files) -> list[str]:
    """The files that a stage writes, those in folders too."""
    declared = [out for key in ("outs", "metrics", "plots") for out in dvc_yaml["stages"][stage].get(key, [])]
    paths = [out if isinstance(out, str) else next(iter(out)) for out in declared]
    return [name for name in files if any(Path(name).is_relative_to(path) for path in paths)]


def export() -> None:
    """What `lockstep export` does with its folder, with few files."""
    from lockstep.errors import LockstepError
    from lockstep.exporting.target import Target

    target = Target(Path(EXPORT))
    try:
        target.refuse_unusable(force=True)
        with target.replaced() as new:
            for name in EXPORTED:
                (new / name).parent.mkdir(parents=True, exist_ok=True)
                (new / name).write_bytes(new_file(name))
    except (LockstepError, OSError) as error:
        print(f"lockstep: {error}", file=sys.stderr)
        raise SystemExit(1) from None


def new_file(name: str) -> bytes:
    return b'{"made_by": "lockstep export", "is": "new"}' if name == "results.json" else f"new {name}".encode()


def _earlier_export() -> Files:
    files = {f"{EXPORT}/{name}": new_file(name).replace(b"new", b"old") for name in EXPORTED}
    listed = json.dumps({"files": sorted(EXPORTED)}).encode()
    return {**files, f"{EXPORT}/.lockstep-export.json": listed, f"{EXPORT}/notes.txt": b"a person's"}


def main(finished: Path, out: Path, *, every: bool) -> None:
    """Examine every stage, and an export."""
    import mlflow  # noqa: F401 - evaluate would import it in each of its runs
    import yaml

    from lockstep.stage import run_stage

    works = {stage: importlib.import_module(f"stages.{stage}").main for stage in STAGES}
    importlib.import_module("lockstep.exporting.target")
    dvc_yaml = yaml.safe_load((finished / "dvc.yaml").read_text())
    # A collection of what was imported would make every forked copy's memory its own.
    gc.freeze()
    gc.disable()
    root = out / "project"
    root.mkdir()
    os.chdir(root)
    for name in NEEDED:
        (shutil.copytree if (finished / name).is_dir() else shutil.copy)(finished / name, root / name)
    files = {_name(file, root): file.read_bytes() for file in below(root) if file.is_file()}
    for stage, work in works.items():
        sizes = {name: len(files[name]) for name in outputs_of(stage, dvc_yaml, files)}
        start = {**files, **{name: f"old {name}\n".encode() for name in sizes}}

        def run(stage: str = stage, work: Action = work) -> None:
            run_stage(stage, work)

        examine(run, root, start, sizes, out / stage, every=every or stage in QUICK)
    sizes = {f"{EXPORT}/{name}": len(new_file(name)) for name in EXPORTED}
    examine(export, root, _earlier_export(), sizes, out / "export", every=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), every=sys.argv[3:] == ["every"])
