"""How time and memory grow with the rows, stage by stage."""

import shutil
from pathlib import Path
from typing import Any

from benchmarks.measure import measure
from benchmarks.own_table import describe, write_own_table
from benchmarks.sections import STAGES
from benchmarks.tables import configure, copy_repository
from lockstep.project.paths import CLEAN, RAW
from lockstep.storage.tables import StoredTable

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
OWN_ROWS = 1_000_000
OWN_FILES = ("own.csv", "own.csv.gz", "own.parquet")


def scaling(folder: Path) -> dict[str, Any]:
    """The friedman table from 1e4 to 1e7 rows of ten features: time and memory of each stage, 2 trials of 10 rounds."""
    return {str(size): friedman(folder / str(size), size) for size in SIZES}


def own_tables(folder: Path) -> dict[str, Any]:
    """fetch and clean of a person's table, as CSV, gzipped and as Parquet: all column types, rules of all kinds."""
    found: dict[str, Any] = {}
    for name in OWN_FILES:
        found[name] = {}
        for rows in (100, OWN_ROWS):
            project = folder / f"{name}-{rows}"
            copy_repository(project)
            write_own_table(project / name, rows)
            describe(project, name)
            configure(project, {"dataset": "own"})
            found[name][str(rows)] = _stages(project, ("fetch", "clean"))
            shutil.rmtree(project)
    return found


def friedman(project: Path, size: int) -> dict[str, Any]:
    """All stages at one size.

    Args:
        project: A folder that does not exist yet; it is removed afterwards.
        size: Rows.
    """
    copy_repository(project)
    facts = project / "datasets/friedman.yaml"
    facts.write_text(facts.read_text(encoding="utf-8").replace("n_rows: 20000", f"n_rows: {size}"), encoding="utf-8")
    configure(project, {"dataset": "friedman", "tune.n_trials": 2, "tune.max_rounds": 10, "tune.pruner": "none"})
    found = _stages(project, STAGES)
    shutil.rmtree(project)
    return found


def _stages(project: Path, stages: tuple[str, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for stage in stages:
        cost = measure("python3", "-m", f"stages.{stage}", cwd=project)
        kept = {"wall": cost.wall, "cpu": cost.cpu, "peak_mib": cost.peak_mib, "process_mib": cost.process_mib}
        if stage in ("fetch", "clean"):
            kept["decoded_mib"] = StoredTable(project / (RAW if stage == "fetch" else CLEAN)).nbytes / 2**20
        found[stage] = kept
        print(f"bench: {project.name}: {stage}: {', '.join(f'{k} {v:.1f}' for k, v in kept.items())}", flush=True)
    return found
