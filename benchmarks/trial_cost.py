"""What a trial costs beside its fits, at the 100th and at the 10,000th: fits are a formula, everything else is real.

    python -m benchmarks.trial_cost search FOLDER    # suggestions, decisions, log; leaves FOLDER/trials.jsonl
    python -m benchmarks.trial_cost keep FOLDER      # trials.csv, study file, MLflow
    python -m benchmarks.trial_cost page FOLDER      # figures and page, in a project whose pipeline has run
    python -m benchmarks.trial_cost draw             # the picture and table of docs/scaling.md

Each step adds its figures to benchmarks/trial_cost.json: CPU seconds per trial, means of the last tenth of so many.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from benchmarks import trial_keep, trial_page, trial_picture, trial_search

FIGURES = Path(__file__).with_name("trial_cost.json")


def main() -> None:
    """Run one step."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trial_cost", description=__doc__)
    parser.add_argument("step", choices=["search", "keep", "page", "draw"])
    parser.add_argument("folder", type=Path, nargs="?", default=Path("trial_cost"))
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--sampler", choices=["tpe", "random"], default="tpe")
    chosen = parser.parse_args()
    figures: dict[str, Any] = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}
    folder = chosen.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    match chosen.step:
        case "search":
            figures[chosen.sampler] = trial_search.measured(folder, chosen.trials, chosen.sampler)
        case "keep":
            figures |= trial_keep.measured(folder)
        case "page":
            figures |= trial_page.measured(folder)
        case "draw":
            trial_picture.draw(figures)
            print(trial_picture.table(figures))
    FIGURES.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
