"""From a file to a report in two commands: six made tables of 20,000 rows, beside untuned models on one-hot columns.

`python -m benchmarks.new_tables` writes benchmarks/new_tables.json and prints its table as Markdown. The tables are the
tests' (tests/made_tables.py); LightGBM comes with the environment that the FLAML comparison uses.
"""

import argparse
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.measure import measure
from benchmarks.sections import flaml_python
from benchmarks.study_run import start_project
from benchmarks.tables import ROOT, copy_repository, run
from lockstep.check.config import load_config
from lockstep.project import paths
from lockstep.storage.tables import read_json
from lockstep.table.target import Target

FOUND = Path(__file__).with_name("new_tables.json")
NAMES = ("house_sales", "bank_churn", "crops", "bike_rentals", "used_cars", "songs")


def main() -> None:
    """Run the tables asked for, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.new_tables", description=__doc__)
    parser.add_argument("table", nargs="*", help=f"of {', '.join(NAMES)}; all if none is named")
    chosen = parser.parse_args().table or list(NAMES)
    found = json.loads(FOUND.read_text(encoding="utf-8")) if FOUND.exists() else {}
    for name in chosen:
        folder = Path(tempfile.mkdtemp(prefix="lockstep-table-"))
        try:
            found[name] = _from_file_to_report(name, folder / "project")
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        FOUND.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        print(json.dumps(found[name]), flush=True)
    print(_table(found))


def _from_file_to_report(name: str, project: Path) -> dict[str, Any]:
    from tests.made_tables import TABLES, write

    copy_repository(project)
    start_project(project)
    (project / "tables").mkdir()
    file = write(name, project / "tables").relative_to(project)
    target = TABLES[name][1]
    looked = measure("python3", "-m", "lockstep.cli", "new-dataset", str(file), "--target", target, cwd=project)
    ran = measure("dvc", "exp", "run", "-S", f"dataset={name}", cwd=project)
    config = load_config(project)
    aim = Target.of(config.dataset)
    told = {
        "--train": str(project / paths.TRAIN),
        "--test": str(project / paths.TEST),
        "--target": aim.column,
        "--columns": json.dumps([column for step in config.dataset.features["raw"] for column in step.reads()]),
        "--classes": json.dumps(aim.classes),
    }
    words = [word for pair in told.items() for word in pair]
    untuned = json.loads(run(ROOT, flaml_python(), "-m", "benchmarks.onehot_untuned", *words).splitlines()[-1])
    metrics = read_json(project / paths.METRICS)
    metric = "log_loss" if aim.classes else "rmse"
    return {
        "metric": metric,
        "ours": metrics["test"][metric],
        "untuned": untuned,
        "ratio": metrics["test"][metric] / min(untuned.values()),
        "second": metrics["test"]["auc" if aim.classes else "r2"],
        "new_dataset": {"wall": looked.wall, "cpu": looked.cpu},
        "run": {"wall": ran.wall, "cpu": ran.cpu},
    }


def _table(found: dict[str, Any]) -> str:
    lines = [
        "| table | metric | Lockstep | LightGBM | XGBoost | ratio | R² or AUC | both, s (CPU s) |",
        "|" + "---|" * 8,
    ]
    for name, got in found.items():
        wall, cpu = (got["new_dataset"][kind] + got["run"][kind] for kind in ("wall", "cpu"))
        lines.append(
            f"| {name} | {got['metric']} | {got['ours']:.5g} | {got['untuned']['lightgbm']:.5g} |"
            f" {got['untuned']['xgboost']:.5g} | {got['ratio']:.3f} | {got['second']:.3f} | {wall:.0f} ({cpu:.0f}) |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
