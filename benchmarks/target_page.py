"""docs/studies/targets.md from what benchmarks.targets found."""

from collections.abc import Mapping
from typing import Any

from benchmarks.target_notes import NOTES
from benchmarks.target_tables import BUDGET, TABLES
from lockstep.metrics.names import direction, metric_label

OPENING = """# Counts, costs, weights, rare classes and time, beside linear models

Nine questions, each answered from the file to the page by two commands, beside what scikit-learn's linear models
answer on the same test rows. Made by `python -m benchmarks.targets FOLDER`, where FOLDER holds NAME.csv of every table.
All have one budget, well below the default of 60 trials and 5 models; the commands below leave it out:

```
{budget}
```

**The linear models.** Poisson and Tweedie regression of rates (`TweedieRegressor` with a log link, power 1 or 1.5),
weighted by exposure^(2 - power), so that they minimise the deviance that Lockstep minimises; logistic regression with
the rows' weights; ridge regression. Numbers have medians for gaps and are standardised; categories, weekdays and months
are one-hot columns. The penalty is the best of five in five random folds of the training rows (of ridge: by
leave-one-out). Each is fitted on the table's columns (recipe `raw`) and on Lockstep's own features, and the better of
the two *on the test rows* stands here: a choice in the linear model's favour.

**The lead** is by how much Lockstep is better, above 0 where it is ahead, in the metric's unit, with the 95% interval
of the paired difference on the test rows. "Nobody" is ahead where the interval contains 0.
"""
COSTS = """
## What mistakes cost

The threshold is that of `train_best.threshold`, from out-of-fold predictions. The linear model predicts the positive
class where its probability exceeds the cost of a false positive divided by the sum of both costs. The costs of a false
positive and a false negative are examples. Mean cost per test row; less is better.
"""


def page(found: Mapping[str, Any]) -> str:
    """The page as Markdown.

    Args:
        found: What was found, by the name of the dataset.
    """
    known = {name: found[name] for name in TABLES if name in found}
    lines = [
        OPENING.format(budget=" ".join(BUDGET)),
        _header("dataset", "rows: training, test", "metric", "Lockstep", "linear model", "on", "lead", "ahead"),
        *(_row(name, got) for name, got in known.items()),
        COSTS,
        _header("dataset", "costs", "Lockstep", "linear model", "threshold", "positives", "predicted", "of them right"),
        *(_cost_row(name, got) for name, got in known.items() if got["cost"] is not None),
    ]
    for name, got in known.items():
        lines += [f"\n## {name}\n", "```console", f"$ {TABLES[name].describe(name)}", _command(name), "```\n"]
        lines.append(f"{NOTES[name].strip()} The gates {_gates(got)}.")
    return "\n".join(lines) + "\n"


def _ahead(best: Mapping[str, float]) -> str:
    return "Lockstep" if best["low"] > 0 else "linear model" if best["high"] < 0 else "nobody"


def _header(*columns: str) -> str:
    return f"| {' | '.join(columns)} |\n|" + "---|" * len(columns)


def _row(name: str, got: Mapping[str, Any]) -> str:
    best = got["linear"][got["best"]]
    metric = metric_label(got["metric"]) + direction(got["metric"])
    train, test = got["rows"]
    lead = f"{best['gain']:+.4g} ({best['low']:+.3g} to {best['high']:+.3g})"
    scores = f"{got['ours']:.4f} | {best['value']:.4f} | {got['best']}"
    return f"| {name} | {train:,}, {test:,} | {metric} | {scores} | {lead} | {_ahead(best)} |"


def _cost_row(name: str, got: Mapping[str, Any]) -> str:
    found, costs = got["found"], " : ".join(f"{cost:g}" for cost in TABLES[name].costs or ())
    counts = f"{got['threshold']:.3f} | {found['positives']} | {found['predicted']} | {found['both']}"
    return f"| {name} | {costs} | {got['cost']:.4f} | {got['linear'][got['best']]['cost']:.4f} | {counts} |"


def _command(name: str) -> str:
    return "$ " + " ".join(f"'{word}'" if " " in word else word for word in TABLES[name].command(name))


def _gates(got: Mapping[str, Any]) -> str:
    failed = [gate["gate"] for gate in got["gates"]["gates"] if gate["result"] == "fail"]
    return f"failed: {', '.join(failed)}" if failed else "passed"
