"""A study's page: docs/studies/NAME.md from what its runs found."""

import csv
import io
import json
from pathlib import Path
from typing import Any

from benchmarks.study_settings import Setting, Study

REFERENCES = Path(__file__).with_name("results.json")


def page(name: str, study: Study, found: dict[str, Any]) -> str:
    """The page as Markdown."""
    settings = [setting for setting in study.settings if setting.name in found["settings"]]
    runs = found["settings"]
    parts = [
        f"# {study.title}",
        study.about,
        f"Made by `python -m benchmarks.studies {name}` on a shared machine with two cores; times are wall times there."
        " The test rows were read by `evaluate` alone; features, space and trials were chosen on training rows.",
        "## Side by side",
        _table(study, settings, runs),
        *[f"- **{setting.name}**: {setting.about}.\n  `{setting.command()}`" for setting in settings],
        "The interval is that of `evaluate` (95%). `tune` is the search alone; the whole run also trains the"
        " final models, judges them beside baselines and logs to MLflow.",
        *_repeated(settings, runs),
        "## What each group of features adds",
        _ablation(study, found["ablation"]),
        "Cross-validation on the training rows with the parameters of the setting"
        f" *{study.ours}*, rounds by early stopping; each line adds a group to the lines above it. The seconds are CPU"
        " time of all folds' features and fits.",
        *_cleaning(study.cleaning, found.get("cleaning", [])),
        "## Baselines on the same test rows",
        _baselines(runs[study.ours]),
        "## Cost and inference",
        _costs(settings, runs),
        "From rows as `clean` leaves them to predictions, one thread, medians of five.",
    ]
    return "\n\n".join(parts).replace(".\n\n- **", ".\n- **") + "\n"


def _table(study: Study, settings: list[Setting], runs: dict[str, Any]) -> str:
    lines = [
        "| setting | trials | features | CV RMSE | test RMSE | 95% interval | test R² | tune, s |",
        "|" + "---|" * 8,
    ]
    script = json.loads(REFERENCES.read_text(encoding="utf-8"))[study.reference]["reference"]
    lines.append(
        f"| *the reference script itself ({study.reference_split})* | {script['trials']} | | {script['cv_rmse']:.4g} |"
        f" {script['test_rmse']:.4g} | | {script['test_r2']:.4f} | {script['seconds']:.0f} |"
    )
    for setting in settings:
        got = runs[setting.name]
        test, low_high = got["metrics"]["test"], _interval(got["uncertainty"])
        lines.append(
            f"| {setting.name} | {got['trials']} ({got['cost']['trials_pruned']} pruned) | {got['n_features']} |"
            f" {got['metrics']['cv']['rmse']:.4g} | **{test['rmse']:.4g}** |"
            f" {low_high} | {test['r2']:.4f} | {got['seconds']['tune']:.0f} |"
        )
    return "\n".join(lines)


def _interval(uncertainty: dict[str, Any]) -> str:
    (rmse,) = (each for each in uncertainty["intervals"] if each["metric"] == "rmse")
    return f"{rmse['low']:.4g} to {rmse['high']:.4g}"


def _repeated(settings: list[Setting], runs: dict[str, Any]) -> list[str]:
    parts = []
    for setting in settings:
        repeated = runs[setting.name]["repeated"]
        if repeated["protocol"] == "repeated":
            (rmse,) = (each for each in repeated["metrics"] if each["metric"] == "rmse")
            parts.append(
                f"**{setting.name}**: mean test RMSE **{rmse['mean']:.4f}**, standard deviation {rmse['std']:.4f},"
                f" from {rmse['min']:.4f} to {rmse['max']:.4f} over {len(repeated['splits'])} splits. The configuration"
                " was chosen on the first split's training rows, some of which are test rows of other splits."
            )
    return parts


def _ablation(study: Study, rows: list[dict[str, Any]]) -> str:
    lines = ["| features | number | CV RMSE | change | mean R² | CPU s |", "|" + "---|" * 6]
    before = None
    for row in rows:
        change = "" if before is None else f"{100 * (row['rmse'] / before - 1):+.2f}%"
        lines.append(
            f"| {row['group']} | {row['n_features']} | {row['rmse']:.4g} | {change} | {row['r2']:.4f} |"
            f" {row['cpu'] + row['features_cpu']:.0f} |"
        )
        before = row["rmse"]
    return "\n".join(lines)


def _cleaning(about: str, variants: list[dict[str, Any]]) -> list[str]:
    """What the cleaning rules do to the figures, where that was measured."""
    if not variants:
        return []
    lines = ["| cleaning | rows | CV RMSE | CV R² | test RMSE | test R² |", "|" + "---|" * 6]
    lines += [
        f"| {row['variant']} | {row['rows']:,.0f} | {row['cv_rmse']:.2f} | {row['cv_r2']:.4f} |"
        f" {row['test_rmse']:.2f} | {row['test_r2']:.4f} |"
        for row in variants
    ]
    return [
        "## What the cleaning does to these figures",
        about,
        "\n".join(lines),
        f"Made by `python -m benchmarks.cleaning --seeds {variants[0]['seeds']}`: the parameters of the best trial"
        " above, one booster, rounds by early stopping. R² is that of all validation rows together, or of the test"
        " rows; variants with other rows explain other variances, so compare their RMSE as well.",
    ]


def _baselines(run: dict[str, Any]) -> str:
    rows = sorted(csv.DictReader(io.StringIO(run["baselines"])), key=lambda row: float(row["rmse"]))
    lines = ["| model | test RMSE | test R² |", "|---|---|---|"]
    lines += [
        f"| {row['model'].replace('_', ' ')} | {float(row['rmse']):.4g} | {float(row['r2']):.4f} |" for row in rows
    ]
    return "\n".join(lines)


def _costs(settings: list[Setting], runs: dict[str, Any]) -> str:
    lines = [
        "| setting | fold fits | boosting rounds | whole run, s | models | rounds | µs a row | ms for one row |",
        "|" + "---|" * 8,
    ]
    for setting in settings:
        got = runs[setting.name]
        lines.append(
            f"| {setting.name} | {got['cost']['fold_fits']} | {got['cost']['boosting_rounds']:,} |"
            f" {got['seconds']['whole']:.0f} | {got['n_models']} | {got['best']['n_rounds']} |"
            f" {got['inference']['us_per_row']:.0f} | {got['inference']['ms_single']:.1f} |"
        )
    return "\n".join(lines)
