"""The picture: best score against time of each contestant, and how time and memory grow with the table."""

from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

PICTURE = Path(__file__).with_name("results.png")
COLOURS = {
    "reference": "#4c566a",
    "flaml, all learners": "#b48ead",
    "flaml, xgboost": "#8fbcbb",
    "lockstep, same space": "#5e81ac",
    "lockstep, defaults": "#bf616a",
}
TICKS = (2, 5, 10, 20, 50, 100, 200)


def draw(results: dict[str, Any]) -> None:
    """Draw results.png."""
    figure = Figure(figsize=(14, 4.4), layout="constrained")
    race, spotify, growth = figure.subplots(1, 3)
    _race(race, results.get("california", {}), "California housing, raw columns", (0.437, 0.495))
    _race(spotify, results.get("spotify", {}), "Spotify songs, audio, one holdout", (19.94, 20.1))
    _growth(growth, results.get("scaling", {}))
    figure.savefig(PICTURE, dpi=110, metadata={"Software": None})


def _race(axes: Axes, section: dict[str, Any], title: str, limits: tuple[float, float]) -> None:
    for name, colour in COLOURS.items():
        if got := section.get(name):
            points = [(max(at, 1), score) for at, score in got["curve"]]
            # Down from above at the first score, and level until the end.
            points = [(points[0][0], 2 * limits[1]), *points, (got["wall"], points[-1][1])]
            label = f"{name} ({got['cv_rmse']:.4g})"
            axes.step(*zip(*points, strict=True), where="post", color=colour, label=label, lw=1.8)
    axes.set(title=title, xlabel="seconds since the start", ylabel="best CV RMSE so far", xscale="log", ylim=limits)
    axes.set_xlim(2, 300)
    axes.set_xticks(TICKS, [str(tick) for tick in TICKS])
    axes.minorticks_off()
    if section:
        axes.legend(fontsize=8, frameon=False, loc="upper right")
    axes.grid(alpha=0.3)


def _growth(axes: Axes, section: dict[str, Any]) -> None:
    sizes = sorted(section, key=int)
    rows = [int(size) for size in sizes]
    for what, label, colour in (
        ("cpu", "CPU seconds, all stages", "#5e81ac"),
        ("peak_mib", "peak MiB of a stage", "#bf616a"),
    ):
        combine = sum if what == "cpu" else max
        values = [combine(cost[what] for cost in section[size].values()) for size in sizes]
        axes.plot(rows, values, "o-", color=colour, label=label)
    axes.set(title="friedman, 10 features, 2 trials of 10 rounds", xlabel="rows", xscale="log", yscale="log")
    if section:
        axes.legend(fontsize=8, frameon=False)
    axes.grid(alpha=0.3)
