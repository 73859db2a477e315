"""Many small experiments, one after the other, and what each leaves behind; writes one CSV row per experiment.

In a folder that is new:  python -m tests.faults.soak FOLDER --experiments 300 [--in-process]

With --in-process one long-lived process runs the stages of every experiment, evaluate (three quarters of the time) in
every tenth; without it each experiment is a real `dvc exp run`. Each has a seed of its own, so that every stage makes
new outputs.
"""

import argparse
import csv
import gc
import importlib
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

from lockstep.stage import run_stage
from tests.pipeline.project import Project, new_project

STAGES = ("fetch", "clean", "split", "tune", "train_best", "evaluate")
# As small as a search can be that still prunes nothing, logs folds and shows a study.
SMALL = {
    "folds: 3": "folds: 2",
    "max_rounds: 30": "max_rounds: 5",
    "lag: 3": "lag: 1",
}
EVALUATED = 10
FOLDERS = (".lockstep", "mlruns", ".dvc/cache", ".dvc/tmp", ".git")


def small_project(folder: Path) -> Project:
    """A project whose experiments cost as little as they can."""
    project = new_project(folder)
    for old, new in SMALL.items():
        project.edit("params.yaml", old, new)
    project.edit("datasets/friedman.yaml", "n_rows: 400", "n_rows: 120")
    project.commit()
    return project


def set_seed(project: Project, number: int) -> None:
    """Make another experiment of the project."""
    path = project.folder / "params.yaml"
    lines = path.read_text(encoding="utf-8").splitlines()
    changed = [f"seed: {number}" if line.startswith("seed: ") else line for line in lines]
    path.write_text("\n".join(changed) + "\n", encoding="utf-8")


@contextmanager
def inside(project: Project, temporary: Path) -> Iterator[None]:
    """This process as the stages of the project would find it, with a folder for temporary files of its own."""
    temporary.mkdir(exist_ok=True)
    before, environment = Path.cwd(), dict(os.environ)
    os.environ.update(LOCKSTEP_WORKERS="1", LOCKSTEP_CACHE_MB="1", TMPDIR=str(temporary), DVC_ROOT=str(project.folder))
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    os.chdir(project.folder)
    kept, tempfile.tempdir = tempfile.tempdir, None
    try:
        yield
    finally:
        tempfile.tempdir = kept
        os.chdir(before)
        os.environ.clear()
        os.environ.update(environment)


def run_stages(project: Project, number: int, stages: tuple[str, ...] = STAGES) -> None:
    """One experiment in this process."""
    set_seed(project, number)
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        for stage in stages:
            run_stage(stage, importlib.import_module(f"stages.{stage}").main)


def of_this_process() -> dict[str, int]:
    """Open files, threads, child processes, Python's objects and resident KiB, after the garbage is collected."""
    gc.collect()
    own = Path("/proc/self")
    status = dict(line.split(":", 1) for line in (own / "status").read_text().splitlines())
    return {
        "open_files": len(list((own / "fd").iterdir())),
        "threads": threading.active_count(),
        "system_threads": int(status["Threads"]),
        "children": len((own / "task" / str(os.getpid()) / "children").read_text().split()),
        "objects": len(gc.get_objects()),
        "rss_kib": int(status["VmRSS"].split()[0]),
    }


def of_folder(folder: Path) -> tuple[int, int]:
    """Files and their bytes, whatever comes and goes meanwhile."""
    files = size = 0
    for parent, folders, names in os.walk(folder):
        files += len(names) + len(folders)
        for name in names:
            try:
                size += (Path(parent) / name).lstat().st_size
            except FileNotFoundError:
                continue
    return files, size


def of_disk(project: Project, temporary: Path) -> dict[str, int]:
    """Entries and bytes of every folder that an experiment may leave something in."""
    found = dict[str, int]()
    for name, folder in {"tmp": temporary, **{name: project.folder / name for name in FOLDERS}}.items():
        found[f"{name}_entries"], found[f"{name}_bytes"] = of_folder(folder)
    state = project.folder / ".lockstep"
    for name in ("evaluations.db", "optuna_study.db", "search_times.json"):
        found[f"{name}_bytes"] = (state / name).stat().st_size if (state / name).exists() else 0
    # Whether a search is shown before it ends, and so leaves a token in a folder for it, is a matter of time.
    found["state"] = sum(each.is_file() for each in state.iterdir())
    for name in ("locks", "live"):
        found[name] = len(list((state / name).glob("*")))
    return found


def left_processes(temporary: Path) -> int:
    """Processes that still have the folder for temporary files in their environment, this one aside."""
    mark, found = f"TMPDIR={temporary}".encode(), 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            found += int(process.name) != os.getpid() and mark in (process / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
    return found


def soak(folder: Path, experiments: int, *, in_process: bool) -> Iterator[Mapping[str, float]]:
    """Run the experiments in a new project below `folder`; what is there after each."""
    project, temporary = small_project(folder / "project"), folder / "tmp"
    with inside(project, temporary):
        for number in range(experiments):
            started, cpu = time.perf_counter(), os.times()
            if in_process:
                run_stages(project, number, STAGES if number % EVALUATED == 0 else STAGES[:-1])
            else:
                settings = {"LOCKSTEP_WORKERS": "1", "LOCKSTEP_CACHE_MB": "1", "TMPDIR": str(temporary)}
                project.run("dvc", "exp", "run", "-S", f"seed={number}", env=settings)
            spent = sum(os.times()[:4]) - sum(cpu[:4])
            yield {
                "experiment": number,
                "seconds": round(time.perf_counter() - started, 2),
                "cpu_seconds": round(spent, 2),
                **(of_this_process() if in_process else {"left_processes": left_processes(temporary)}),
                **of_disk(project, temporary),
            }


def main() -> None:
    """Run the soak and write FOLDER/soak.csv as it goes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--experiments", type=int, default=300)
    parser.add_argument("--in-process", action="store_true")
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True)
    folder = chosen.folder.resolve()
    with (folder / "soak.csv").open("w", encoding="utf-8") as file:
        writer = None
        for row in soak(folder, chosen.experiments, in_process=chosen.in_process):
            if writer is None:
                writer = csv.DictWriter(file, list(row))
                writer.writeheader()
            writer.writerow(row)
            file.flush()
            print(row["experiment"], row["seconds"], row["cpu_seconds"], file=sys.stderr)


if __name__ == "__main__":
    main()
