"""The curve and the table of docs/scaling.md: what a trial costs by how many there are."""

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from benchmarks.trial_search import SIZES

PICTURE = Path(__file__).parents[1] / "docs/pictures/trials.png"
LIMIT = 0.5
# Part, where its seconds are, what people call it, its colour.
PARTS = (
    (("tpe", "ask"), "asking TPE", "#5e81ac"),
    (("tpe", "judge"), "judging (race)", "#bf616a"),
    (("tpe", "tell"), "telling", "#8fbcbb"),
    (("tpe", "log"), "evaluation log", "#d08770"),
    (("study_file",), "study file", "#a3be8c"),
    (("mlflow",), "MLflow", "#b48ead"),
    (("trials_csv",), "trials.csv", "#4c566a"),
)


def draw(figures: dict[str, Any]) -> None:
    """Draw docs/pictures/trials.png: the same figures, the same bytes."""
    figure = Figure(figsize=(8, 4.6), layout="constrained")
    axes = figure.add_subplot()
    for where, label, colour in PARTS:
        axes.plot(SIZES, _seconds(figures, where), "o-", color=colour, label=label, markersize=4)
    axes.plot(SIZES, _sums(figures), "o-", color="black", label="all of it", linewidth=2)
    axes.axhline(LIMIT, color="grey", linestyle="--", linewidth=1)
    axes.text(SIZES[0], LIMIT * 1.12, "limit: 0.5 s", color="grey")
    axes.set(xscale="log", yscale="log", xlabel="trials so far", ylabel="CPU seconds per trial, fits left out")
    axes.set_xticks(SIZES, [f"{size:,}" for size in SIZES])
    axes.minorticks_off()
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=8, frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    figure.savefig(PICTURE, dpi=110, metadata={"Software": None})


def table(figures: dict[str, Any]) -> str:
    """Milliseconds of CPU per trial, in Markdown."""
    rows = [(label, _seconds(figures, where)) for where, label, _ in PARTS]
    lines = [*rows, ("**all of it**", _sums(figures))]
    head = f"| CPU per trial, ms | {' | '.join(f'{size:,}' for size in SIZES)} |"
    ruler = f"|---|{'---|' * len(SIZES)}"
    return "\n".join([head, ruler, *(_line(label, seconds) for label, seconds in lines)])


def _line(label: str, seconds: list[float]) -> str:
    return f"| {label} | {' | '.join(map(_milliseconds, seconds))} |"


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.0f}" if seconds >= 0.01 else f"{1000 * seconds:.2g}"


def _seconds(figures: dict[str, Any], where: tuple[str, ...]) -> list[float]:
    found: Any = figures
    for name in where:
        found = found[name]
    return [float(found[str(size)]) for size in SIZES]


def _sums(figures: dict[str, Any]) -> list[float]:
    every = [_seconds(figures, where) for where, *_ in PARTS]
    return [sum(part[place] for part in every) for place in range(len(SIZES))]
