"""The results as a Markdown page: figures, then each target beside what was reached."""

import statistics
from pathlib import Path
from typing import Any

PAGE = Path(__file__).with_name("results.md")
STAGES = ("fetch", "clean", "split", "tune", "train_best", "evaluate")


def write(results: dict[str, Any]) -> None:
    """Write results.md."""
    parts = [
        "# Benchmarks",
        "",
        "Written by `make bench`. Ratios mean more than seconds: the machines it runs on have other work.",
        "",
    ]
    for name in ("california", "spotify"):
        if name in results:
            parts += [f"## {TITLES[name]}", "", *_contest(results[name]), ""]
    parts += ["## Targets", "", "| target | bound | reached |", "|---|---|---|", *_targets(results), ""]
    if "scaling" in results:
        parts += [
            "## Growing tables (friedman, 10 features, 2 trials of 10 rounds)",
            "",
            *_growth(results["scaling"]),
            "",
        ]
    if "own_tables" in results:
        parts += [
            "## Tables of texts, dates, numbers and gaps, with cleaning rules",
            "",
            *_own(results["own_tables"]),
            "",
        ]
    if "predict" in results:
        parts += [
            "## Predictions (California's eight raw columns, 300 trees of depth 8, one thread)",
            "",
            *_predictions(results["predict"]),
            "",
        ]
    if "starts" in results:
        named = ", ".join(f"{stage} {results['starts'][stage]:.3f}" for stage in STAGES)
        parts += [f"Seconds to read both settings files after a stage's imports: {named}.", ""]
    PAGE.write_text("\n".join(parts).rstrip() + "\n", encoding="utf-8")
    print(PAGE.read_text(encoding="utf-8"))


TITLES = {
    "california": "California housing, raw features, the same rows and five folds",
    "spotify": "Spotify songs, audio features, the same rows and one holdout",
}


def reached(curve: list[tuple[float, float]], score: float) -> float | None:
    """When a curve first was at most `score`, in seconds; None if never."""
    return next((at for at, best in curve if best <= score), None)


def _contest(section: dict[str, Any]) -> list[str]:
    lines = [
        "| | wall s | CPU s | peak MiB | trials (pruned) | CV RMSE | test RMSE | matched by Lockstep's defaults at |",
        "|---|---|---|---|---|---|---|---|",
    ]
    ours = section["lockstep, defaults"]["curve"]
    for name, got in section.items():
        at = reached(ours, got["cv_rmse"])
        matched = "-" if name == "lockstep, defaults" else "never" if at is None else f"{at:.0f} s"
        lines.append(
            f"| {name} | {got['wall']:.0f} | {got['cpu']:.0f} | {got['peak_mib']:.0f} | {got['trials']}"
            f" ({got['pruned']}) | {got['cv_rmse']:.4f} | {got['test_rmse']:.4f} | {matched} |"
        )
    return lines


def _targets(results: dict[str, Any]) -> list[str]:
    lines = []

    def row(target: str, bound: str, found: str) -> None:
        lines.append(f"| {target} | {bound} | {found} |")

    if "california" in results:
        section = results["california"]
        reference, same, ours = section["reference"], section["lockstep, same space"], section["lockstep, defaults"]
        row(
            "same space: wall time of tune against the whole script's",
            "0.45",
            _share(same["seconds"], reference["wall"]),
        )
        row(
            "same space: `dvc repro` with train_best, evaluate and MLflow", "-", _share(same["wall"], reference["wall"])
        )
        worse = 100 * (same["cv_rmse"] / reference["cv_rmse"] - 1)
        row("same space: CV RMSE worse by", "0.3%", f"{worse:+.2f}%")
        at = reached(ours["curve"], reference["cv_rmse"])
        row("defaults: time from `dvc repro` to the script's CV, of its time", "0.10", _share(at, reference["wall"]))
        for name in ("flaml, all learners", "flaml, xgboost"):
            row(
                f"defaults: time from `dvc repro` to {name}'s CV, of its 60 s",
                "0.50",
                _share(reached(ours["curve"], section[name]["cv_rmse"]), 60),
            )
        best = min((score for at, score in ours["curve"] if at <= 60), default=float("nan"))
        rival = min(section["flaml, all learners"]["cv_rmse"], section["flaml, xgboost"]["cv_rmse"])
        row("defaults: CV RMSE after 60 s, FLAML's after 60 s", f"below {rival:.4f}", f"{best:.4f}")
    if "workers" in results:
        one, two = results["workers"]["1"], results["workers"]["2"]
        speed = statistics.median(a["wall"] / b["wall"] for a, b in zip(one, two, strict=True))
        row("two workers against one: throughput", "1.8", f"{speed:.2f}")
        row("two workers: busy", "90%", f"{100 * statistics.median(run['busy'] for run in two):.0f}%")
        cost = statistics.median(run["search_cpu"] / run["trials"] for run in two)
        row("the search's CPU per trial, of a trial of 1 s", "5%", f"{100 * cost:.1f}%")
    if "noop" in results:
        noop, itself, plain = (statistics.median(results["noop"][name]) for name in ("ours", "itself", "plain"))
        row(
            "`dvc repro` with nothing to do, against DVC with empty commands",
            "1.10",
            f"{noop / itself:.2f} ({noop:.1f} s)",
        )
        row("the same against six stages of one small file each", "-", f"{noop / plain:.2f}")
    if "predict" in results:
        speeds = results["predict"]["rows_per_second"]
        for way in results["predict"]["command"]:
            ratio = statistics.median(a / b for a, b in zip(speeds[way], speeds["booster"], strict=True))
            row(f"`lockstep predict` {way}: rows per second, of the booster's", "0.80", f"{ratio:.2f}")
    if "scaling" in results:
        for what in ("cpu", "peak_mib"):
            small, large = (_of_all(results["scaling"][size], what) for size in ("100000", "10000000"))
            row(f"friedman 1e5 to 1e7 rows: {NAMES[what]} grows", "100", f"{large / small:.0f}")
    return lines


NAMES = {"cpu": "CPU time", "peak_mib": "memory"}


def _share(at: float | None, whole: float) -> str:
    return "never" if at is None else f"{at / whole:.2f} ({at:.0f} s)"


def _of_all(stages: dict[str, Any], what: str) -> float:
    values = [cost[what] for cost in stages.values()]
    return float(sum(values) if what == "cpu" else max(values))


def _predictions(section: dict[str, Any]) -> list[str]:
    rows, speeds = section["rows"], section["rows_per_second"]
    alone = statistics.median(speeds["booster"])
    lines = [
        f"| {rows:,} rows | rows/s | of the booster's | with the interpreter's start | peak MiB |",
        "|---|---|---|---|---|",
        f"| the booster alone, on the ready matrix | {alone:,.0f} | 1 | - | - |",
    ]
    for way, runs in section["command"].items():
        speed = statistics.median(speeds[way])
        ratio = statistics.median(a / b for a, b in zip(speeds[way], speeds["booster"], strict=True))
        whole = statistics.median(run["wall"] for run in runs)
        peak = max(run["peak_mib"] for run in runs)
        lines.append(f"| {way} | {speed:,.0f} | {ratio:.2f} | {rows / whole:,.0f} ({whole:.1f} s) | {peak:.0f} |")
    large = section["large"]
    return [
        *lines,
        "",
        f"A CSV file of {large['mib'] / 1024:.1f} GiB ({large['rows']:,} rows): {large['wall']:.0f} s,"
        f" {large['peak_mib']:.0f} MiB. One row: {section['single_row_ms']:.1f} ms in the process,"
        f" {section['served_ms']:.1f} ms through `mlflow models serve`.",
    ]


def _growth(section: dict[str, Any]) -> list[str]:
    stages = [stage for stage in STAGES if stage in next(iter(section.values()))]
    lines = [
        "CPU time, peak of the process tree (pages that processes share count once) and of the stage's own process.",
        "",
        f"| rows | {' | '.join(stages)} |",
        f"|---|{'---|' * len(stages)}",
    ]
    for size, costs in sorted(section.items(), key=lambda item: int(item[0])):
        lines.append(f"| {int(size):,} | {' | '.join(_cost(costs[stage]) for stage in stages)} |")
    return lines


def _own(section: dict[str, Any]) -> list[str]:
    lines = [
        "CPU time and peak of the process; the peak less that of 100 rows: how many times the table's size in Arrow's"
        " memory (bound: 3).",
        "",
        "| file | rows | size MiB | fetch | clean |",
        "|---|---|---|---|---|",
    ]
    for name, few_and_many in section.items():
        few, (rows, many) = few_and_many["100"], max(few_and_many.items(), key=lambda item: int(item[0]))
        size = many["fetch"]["decoded_mib"]
        cells = (
            f"{many[stage]['cpu']:.1f} s, {many[stage]['process_mib']:.0f} MiB,"
            f" {(many[stage]['process_mib'] - few[stage]['process_mib']) / size:.1f} times"
            for stage in ("fetch", "clean")
        )
        lines.append(f"| {name} | {int(rows):,} | {size:.0f} | {' | '.join(cells)} |")
    return lines


def _cost(cost: dict[str, float]) -> str:
    process = f" ({cost['process_mib']:.0f})" if "process_mib" in cost else ""
    return f"{cost['cpu']:.1f} s, {cost['peak_mib']:.0f}{process} MiB"
