"""Charts of two results."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from lockstep.compare.pair import Pair
from lockstep.report.drawing import BLUE, GREY, MOST_BARS, ORANGE, Draw, shortened

COLOURS = {"A": GREY, "B": BLUE}


def differences(pair: Pair) -> Draw:
    """How the paired difference falls over the resamples, with 0 and the ends of the interval."""

    def draw(axes: Axes) -> None:
        found = pair.verdict.difference
        axes.hist(found.drawn, bins=40, color=BLUE, alpha=0.7)
        axes.axvline(0, color=GREY, linewidth=1.5, label="equally good")
        for end, label in ((found.low, f"{100 * pair.confidence:.3g}% interval"), (found.high, None)):
            axes.axvline(end or 0.0, color=ORANGE, linewidth=1.2, linestyle="--", label=label)
        axes.set(
            title="Paired difference over the resamples",
            xlabel=f"A's {pair.score_name} less B's; right of 0 B is better",
            ylabel="resamples",
        )
        axes.legend(frameon=False)

    return draw


def best_so_far(pair: Pair) -> Draw:
    """The best score of either search by trial."""

    def draw(axes: Axes) -> None:
        for side in pair:
            trials = side.result.complete_trials
            colour = COLOURS[side.letter]
            axes.scatter(trials["number"], trials["score"], s=12, color=colour, alpha=0.35, linewidths=0)
            best = trials["score"].cummin()
            axes.step(
                trials["number"], best, where="post", color=colour, linewidth=2, label=f"{side.letter}: best so far"
            )
        both = pd.concat([side.result.complete_trials["score"] for side in pair])
        low, high = both.min(), both.quantile(0.9)
        margin = 0.05 * (high - low) or 1.0
        axes.set_ylim(low - margin, high + margin)
        axes.set(title="Search: best so far", xlabel="trial", ylabel=f"CV {pair.score_name} (worst tenth cut off)")
        axes.legend(frameon=False)

    return draw


def importance(title: str, label: str, names: list[str], a: list[float], b: list[float]) -> Draw:
    """Bars of both sides for each name, the first on top."""

    def draw(axes: Axes) -> None:
        count = min(len(names), MOST_BARS)
        places = np.arange(count)[::-1]
        for letter, values, offset in (("A", a, 0.2), ("B", b, -0.2)):
            axes.barh(places + offset, values[:count], height=0.4, color=COLOURS[letter], label=letter)
        axes.set_yticks(places, [shortened(name) for name in names[:count]])
        axes.set(title=title, xlabel=label)
        axes.legend(frameon=False)

    return draw
