"""The picture: best score against time of each contestant, and how time and memory grow with the table."""

from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

PICTURE = Path(__file__).with_name("results.png")
COLOURS = ("#4c566a", "#5e81ac", "#d08770", "#b48ead", "#bf616a")


def draw(results: dict[str, Any]) -> None:
    """Draw results.png."""
    figure = Figure(figsize=(13, 4.2), layout="constrained")
    race, spotify, growth = figure.subplots(1, 3)
    _race(race, results.get("california", {}), "California housing", (0.437, 0.475))
    _race(spotify, results.get("spotify", {}), "Spotify songs (holdout)", None)
    _growth(growth, results.get("scaling", {}))
    figure.savefig(PICTURE, dpi=110, metadata={"Software": None})


def _race(axes: Axes, section: dict[str, Any], title: str, limits: tuple[float, float] | None) -> None:
    for colour, (name, got) in zip(COLOURS, section.items(), strict=False):
        points = [(max(at, 1), score) for at, score in got["curve"]]
        if points:
            points.append((got["wall"], points[-1][1]))
            axes.step(
                *zip(*points, strict=True), where="post", color=colour, label=f"{name} ({got['cv_rmse']:.4g})", lw=1.8
            )
    axes.set(title=title, xlabel="seconds since the start", ylabel="best CV RMSE so far", xscale="log")
    if limits:
        axes.set_ylim(*limits)
    if section:
        axes.legend(fontsize=8, frameon=False)
    axes.grid(alpha=0.3)


def _growth(axes: Axes, section: dict[str, Any]) -> None:
    sizes = sorted(section, key=int)
    rows = [int(size) for size in sizes]
    for what, label, colour in (("wall", "seconds, all stages", COLOURS[1]), ("peak_mib", "peak MiB", COLOURS[2])):
        combine = sum if what == "wall" else max
        values = [combine(cost[what] for cost in section[size].values()) for size in sizes]
        axes.plot(rows, values, "o-", color=colour, label=label)
    axes.set(title="friedman, 10 features", xlabel="rows", xscale="log", yscale="log")
    if section:
        axes.legend(fontsize=8, frameon=False)
    axes.grid(alpha=0.3)
