"""docs/studies/targets.md from what benchmarks.targets found."""

from collections.abc import Mapping
from typing import Any

from benchmarks.target_notes import NOTES
from benchmarks.target_tables import BUDGET, TABLES
from lockstep.metrics.names import direction, metric_label

OPENING = """# Counts, costs, weights, rare classes and time, beside generalised linear models

Nine questions to real and made tables, from the file to the page by two commands each, beside what scikit-learn's linear models answer on
the same test rows. Made by `python -m benchmarks.targets FOLDER`, where FOLDER holds the tables as NAME.csv. All have one budget, well
below the default (60 trials, 5 models): `{budget}`.

**The linear models.** Poisson and Tweedie regression of rates (`TweedieRegressor`, log link, power 1 or 1.5), weighted by
exposure^(2 - power), so that they minimise the deviance that Lockstep minimises; logistic regression with the rows' weights; ridge
regression. Numbers have medians for gaps and are standardised, categories are one-hot columns. The penalty is the best of five in
five random folds of the training rows (of ridge: by leave-one-out). Each is fitted twice, on the table's columns (recipe `raw`) and on
Lockstep's own features, and the better of the two *on the test rows* stands here: a choice in the linear model's favour.

**The lead** is by how much Lockstep is better in the metric's unit, above 0 where it is ahead, with the 95% interval of a paired bootstrap of
the test rows ({samples} resamples). "Nobody" is ahead where the interval holds 0.
"""


def page(found: Mapping[str, Any], samples: int) -> str:
    """The page as Markdown.

    Args:
        found: What was found, by the name of the dataset.
        samples: Resamples of the intervals.
    """
    known = {name: found[name] for name in TABLES if name in found}
    lines = [
        OPENING.format(budget=" ".join(BUDGET), samples=f"{samples:,}"),
        *(
            "| dataset | rows: training, test | metric | Lockstep | linear model | on | lead | ahead |",
            "|" + "---|" * 8,
        ),
        *(_row(name, got) for name, got in known.items()),
        "\n## What mistakes cost\n",
        "Threshold by `train_best.threshold`, from out-of-fold predictions; the linear model predicts the positive class above the share at"
        " which both mistakes cost the same,\ncost of a false positive / sum of both. Mean cost per test row; less is better.\n",
        *(
            "| dataset | costs | Lockstep | linear model | threshold | positives | predicted | of them right |",
            "|" + "---|" * 8,
        ),
        *(_cost_row(name, got) for name, got in known.items() if got["cost"] is not None),
    ]
    for name, got in known.items():
        lines += [f"\n## {name}\n", "```console", f"$ {TABLES[name].describe(name)}", _command(name), "```\n"]
        lines += [NOTES[name], f" The gates {_gates(got)}."]
    return "\n".join(lines).replace("\n The gates", " The gates") + "\n"


def ahead(best: Mapping[str, float]) -> str:
    """Who is ahead by the interval of the lead."""
    return "Lockstep" if best["low"] > 0 else "linear model" if best["high"] < 0 else "nobody"


def _row(name: str, got: Mapping[str, Any]) -> str:
    best = got["linear"][got["best"]]
    metric = metric_label(got["metric"]) + direction(got["metric"])
    train, test = got["rows"]
    lead = f"{best['gain']:+.4g} ({best['low']:+.3g} to {best['high']:+.3g})"
    scores = f"{got['ours']:.4f} | {best['value']:.4f} | {got['best']}"
    return f"| {name} | {train:,}, {test:,} | {metric} | {scores} | {lead} | {ahead(best)} |"


def _cost_row(name: str, got: Mapping[str, Any]) -> str:
    table, found = TABLES[name], got["found"]
    costs = "{:g} : {:g}".format(*table.costs or ())
    counts = f"{got['threshold']:.3f} | {found['positives']} | {found['predicted']} | {found['both']}"
    return f"| {name} | {costs} | {got['cost']:.4f} | {got['linear'][got['best']]['cost']:.4f} | {counts} |"


def _command(name: str) -> str:
    words = [f"'{word}'" if " " in word else word for word in TABLES[name].command(name)]
    return "$ " + " ".join(words)


def _gates(got: Mapping[str, Any]) -> str:
    failed = [gate["gate"] for gate in got["gates"]["gates"] if gate["result"] == "fail"]
    return f"failed: {', '.join(failed)}" if failed else "passed"
