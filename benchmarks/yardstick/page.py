"""The yardstick's page in Markdown: ratios per table, then what every method cost."""

import statistics
from collections.abc import Iterable, Mapping

from benchmarks.yardstick.cells import LOCKSTEP, METHODS, Cell, Cells
from benchmarks.yardstick.ratios import Ratio, geometric_mean, ratios_to
from benchmarks.yardstick.tables import TABLES

HEAD = """# Lockstep's defaults beside other methods

Made by `make bench-tables TABLES=FOLDER`. Lockstep runs the command that `lockstep new-dataset` prints, with the
defaults of params.yaml. All methods have the same training and test rows and the same cleaned columns (those of the
recipes `raw` and `full`; columns that only text steps read are left out), with missing values and categories as such.
CatBoost, LightGBM and FLAML see dates as days since 1970, AutoGluon as dates. CatBoost and LightGBM are untuned, with
two threads; FLAML and AutoGluon (`medium_quality`) have the wall time of Lockstep's stages tune and train_best, at
least 30 seconds.

A ratio is Lockstep's error divided by the other's on the test rows: below 1, Lockstep is better. It is the geometric
mean over seeds of the split, with the 95% interval of Student's t on the paired logarithms. The column "folds" is the
same ratio of out-of-fold errors of the training rows, which vary less; Lockstep's parameters were chosen on these
folds.
"""


def page(cells: Cells, versions: Mapping[str, str]) -> str:
    """The whole page.

    Args:
        cells: All cells.
        versions: What each method would run with today; tables with other cells are marked.
    """
    others = [method for method in METHODS if method != LOCKSTEP and any(key.method == method for key in cells)]
    stale = {key.table for key in cells if not cells.is_current(key, versions)}
    return "\n".join([HEAD, _summary(cells, others), *_details(cells, others, stale), _costs(cells)])


def _summary(cells: Cells, others: Iterable[str]) -> str:
    lines = [
        "| Lockstep's error to that of | tables | geometric mean | best | worst | better | worse |",
        "|" + "---|" * 7,
    ]
    for method in others:
        ratios = ratios_to(cells, method)
        if ratios:
            best, worst = (choose(ratios, key=lambda table: ratios[table].value) for choose in (min, max))
            verdicts = [ratio.verdict for ratio in ratios.values()]
            lines.append(
                f"| {method} | {len(ratios)} | {geometric_mean(ratio.value for ratio in ratios.values()):.3f} |"
                f" {best} {ratios[best].value:.3f} | {worst} {ratios[worst].value:.3f} |"
                f" {verdicts.count('better')} | {verdicts.count('worse')} |"
            )
    return "\n".join([*lines, "", "Better and worse: tables whose interval excludes 1.", ""])


def _details(cells: Cells, others: Iterable[str], stale: set[str]) -> list[str]:
    parts = []
    for method in others:
        test, folds = ratios_to(cells, method), ratios_to(cells, method, "oof")
        lines = [f"## Lockstep / {method}", "", "| table | seeds | test rows | folds | |", "|" + "---|" * 5]
        for table in (name for name in TABLES if name in test):
            mark = "†" if table in stale else ""
            fold = f"{folds[table].value:.3f}" if table in folds else ""
            lines.append(
                f"| {table}{mark} | {test[table].seeds} | {_shown(test[table])} | {fold} | {test[table].verdict} |"
            )
        parts += [*lines, ""]
    if stale:
        parts += ["† with cells of earlier settings, code or rows", ""]
    return parts


def _shown(ratio: Ratio) -> str:
    return f"{ratio.value:.3f}" + ("" if ratio.low is None else f" ({ratio.low:.3f} to {ratio.high:.3f})")


def _costs(cells: Cells) -> str:
    lines = [
        "## What it cost",
        "",
        "Means over the seeds. Wall: search and fit; of Lockstep the stages tune and train_best. CPU: of Lockstep the",
        "whole command, of the others search and fit. Load: other work on the machine when a cell began; wall times",
        "compare only where it is near 0. Peak memory: of the process tree.",
        "",
        "| table | method | metric | test error | wall, s | CPU, s | peak, MiB | model, KiB | µs per row | load |",
        "|" + "---|" * 10,
    ]
    for table in TABLES:
        for method in METHODS:
            found = [cell for key, cell in cells.items() if (key.table, key.method) == (table, method)]
            if found:
                lines.append(f"| {table} | {method} | {found[0].metric} | {_means(found)} |")
    return "\n".join([*lines, ""])


def _means(found: list[Cell]) -> str:
    def mean(name: str) -> float:
        return statistics.fmean(getattr(cell, name) for cell in found)

    load = statistics.fmean(cell.details.get("load", 0.0) for cell in found)
    figures = f"{mean('wall'):.1f} | {mean('cpu'):.1f} | {mean('peak_mib'):.0f} | {mean('model_bytes') / 1024:.0f}"
    return f"{mean('test'):.5g} | {figures} | {mean('us_per_row'):.1f} | {load:.1f}"
