"""Search: its progress, the importance of the parameters, charts of all trials, and the best trials."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from lockstep.evaluate.ceiling import fold_scores
from lockstep.evaluate.evaluation import ModelEvaluation
from lockstep.model.training_summary import configurations, gain_in_words, rounds_ratio
from lockstep.report.drawing import (
    BLUE,
    GREY,
    MAX_BARS,
    ORANGE,
    Draw,
    DrawAll,
    Picture,
    bars,
    ink,
    one_chart,
    panels,
    shortened,
)
from lockstep.report.evaluated_run import Run
from lockstep.report.search_parameters import ParameterScale, scales_of
from lockstep.report.search_progress import distribution, quarters
from lockstep.report.templates import number, percent, records_of
from lockstep.search.gain import standard_error

MAX_TRIALS = 10
MAX_FAILURES = 5
# Keys of records that have a score, of which less is better.
LEVELS = ("best", "median", "worst", "best_so_far", "score")
# Charts of all trials need this many complete ones; with more parameters they are unreadable.
MIN_TRIALS, MAX_PARAMETERS = 3, 16
PANEL_COLUMNS = 4
# Coloured lines: the best tenth of the trials, within these limits.
MIN_BEST, MAX_BEST = 3, 50
LINES_INCHES = (12.0, 4.6)
# Without the yellow end, which is hard to see on white and on black.
EARLY_TO_LATE = ListedColormap(colormaps["viridis_r"](np.linspace(0.2, 1, 256)))


def search_section(run: Run, _: ModelEvaluation) -> dict[str, Any]:
    """The space, the progress of the search, and its best trials."""
    search, trials, complete = run.history.search, run.history.trials, run.complete
    score, space = run.history.score, run.space
    failed = trials.loc[trials["state"] == "FAIL", ["number", "message"]].fillna("no message")
    return {
        "about": search,
        "settings": search["settings"],
        "ended": run.search_ending,
        "spread": _shown(run, distribution(complete, score)),
        "below": _below_the_median(run, distribution(complete, score)),
        "quarters": [_shown(run, part) for part in quarters(trials, score)],
        "top": [_shown(run, trial) for trial in top_trials(complete, score, run.metric, space)],
        "parameters": list(dict.fromkeys([*space, *run.model.training.params])),
        "space": space,
        "varied": varied(space),
        "best": run.best,
        "training": run.model.training,
        "final": final_model(run),
        "failures": failed.head(MAX_FAILURES).to_dict("records"),
        "importance": {record["parameter"]: record for record in records_of(run.parameters)},
        "shown": run.parameters.loc[run.parameters["shown"], "parameter"].tolist(),
        "judged": is_judged(run.parameters),
        "pictures": [_history(run), _importance(run), *_all_trials(run)],
    }


def final_model(run: Run) -> dict[str, Any]:
    """How the final model was made: its members with their weights, the ensemble's gain, and what they cost."""
    training, boosters = run.model.training, len(run.model.boosters)
    members = [
        {"trial": member.trial, "fold": member.fold, "n_models": member.n_models, "rounds": member.n_rounds}
        | {"weight": member.n_models / boosters, "params": [member.params.get(name) for name in varied(run.space)]}
        for member in training.members
    ]
    return {
        "kind": training.final,
        "configurations": configurations(training),
        "members": members,
        "gain": None if training.gain is None else gain_in_words(training.gain, run.metric),
        "rounds": training.n_rounds_of(boosters),
        "times": rounds_ratio(training, boosters, run.best["n_rounds"]),
    }


def _shown(run: Run, record: Mapping[str, Any]) -> dict[str, Any]:
    """A record of scores with the metric's values as people read them; differences stay."""
    return {name: run.shown(value) if name in LEVELS else value for name, value in record.items()}


def _below_the_median(run: Run, spread: Mapping[str, float | None]) -> str | None:
    """How much better the best trial is than the median, in words."""
    best, median = spread["best"], spread["median"]
    if best is None or not median:
        return None
    if run.greater_is_better:
        return f"{number(median - best, 2)} above the median"
    return f"{percent(1 - best / median, 2)} below the median"


def top_trials(complete: pd.DataFrame, score: str, metric: str, space: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The ten best trials: number, score, behind (its score minus the best), noise, rounds and params.

    Params are the varied ones. The noise is the standard error of `behind` over the folds, None with one fold and for
    the best; the rounds are the median over the folds, as for the final model.
    """
    best = complete.sort_values([score, "number"], kind="stable").head(MAX_TRIALS)
    first = fold_scores(best.iloc[0], metric) if len(best) else np.empty(0)
    rounds = [name for name in complete.columns if name.startswith("fold_") and name.endswith("_rounds")]
    return [
        {
            "number": int(row["number"]),
            "score": float(row[score]),
            "behind": float(row[score] - best[score].iloc[0]),
            "noise": standard_error((fold_scores(row, metric) - first).tolist()) if place else None,
            "rounds": sorted(int(row[name]) for name in rounds)[len(rounds) // 2] if rounds else None,
            "params": [row[name] for name in varied(space)],
        }
        for place, (_, row) in enumerate(best.iterrows())
    ]


def varied(space: Mapping[str, Any]) -> list[str]:
    """The parameters of a space that have more than one value."""
    return [name for name, limits in space.items() if len(limits.get("choices", (1, 2))) > 1 and not _fixed(limits)]


def _fixed(limits: Mapping[str, Any]) -> bool:
    return "choices" not in limits and bool(limits["low"] == limits["high"])


def _history(run: Run) -> Picture:
    history, best = run.history, run.shown(run.best[run.history.score])
    states = history.trials["state"].tolist()
    counts = f"{states.count('COMPLETE')} complete, {states.count('PRUNED')} pruned, {states.count('FAIL')} failed"
    return Picture(
        one_chart(optimisation_history(history.trials, _as_shown(run, history.progress()), history.score, run.score)),
        f"CV {run.score} of each trial ({counts}) and the best so far, which ends at {number(best)}.",
        "Each dot is a complete trial; the line is the best so far. Marks at the bottom are pruned or failed trials.",
        file="optimisation_history",
    )


def _as_shown(run: Run, table: pd.DataFrame) -> pd.DataFrame:
    """Scores of trials and the best so far, as people read them."""
    if not run.greater_is_better:
        return table
    columns = [name for name in (run.history.score, "best_so_far") if name in table]
    return table.assign(
        **{name: pd.Series([run.shown(value) for value in table[name]], table.index) for name in columns}
    )


def optimisation_history(trials: pd.DataFrame, history: pd.DataFrame, score: str, label: str) -> Draw:
    """Complete trials, best so far, and marks for pruned and failed ones.

    Args:
        trials: The content of trials.csv.
        history: From lockstep.report.search_progress.optimisation_history.
        score: The column of the score.
        label: Display name of the score.
    """

    def draw(axes: Axes) -> None:
        size = ink(16, len(history), 2)
        axes.scatter(history["number"], history[score], s=size, color=BLUE, alpha=0.6, linewidths=0, label="complete")
        axes.step(history["number"], history["best_so_far"], where="post", color=ORANGE, label="best so far")
        low, high = axes.get_ylim()
        for state, marker in (("PRUNED", "|"), ("FAIL", "x")):
            numbers = trials.loc[trials["state"] == state, "number"]
            if len(numbers):
                axes.scatter(numbers, [low] * len(numbers), marker=marker, color=GREY, label=f"{state.lower()}")
        axes.set_ylim(low - 0.03 * (high - low), high)
        axes.set(title="Optimisation history", xlabel="trial", ylabel=f"CV {label}")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(frameon=False)

    return draw


def is_judged(parameters: pd.DataFrame) -> bool:
    """Whether the trials were enough to judge the importance of any parameter."""
    return bool(parameters["limit"].notna().any())


def _importance(run: Run) -> Picture:
    if not is_judged(run.parameters):
        return Picture(
            one_chart(unknown_importance),
            "No bars: the importance of the parameters is not known.",
            "It takes at least two trials for each varied parameter and two more, and scores that differ.",
            file="parameter_importance",
        )
    important = ", ".join(run.parameters.loc[run.parameters["shown"], "parameter"]) or "none"
    return Picture(
        one_chart(parameter_importance(run.parameters)),
        f"Bars: importance of the parameters; told from noise: {important}.",
        "What each parameter explains of the trials' scores beyond the others. A grey bar may be noise: it does not"
        " reach its mark, which at most 5% of searches without any effect reach.",
        file="parameter_importance",
    )


def unknown_importance(axes: Axes) -> None:
    """In place of the bars where no parameter can be judged."""
    axes.text(0.5, 0.5, "not known", ha="center", va="center", color=GREY, fontsize=12)
    axes.set(title="Parameter importance", xticks=[], yticks=[])
    axes.spines[["left", "bottom"]].set_visible(False)


def parameter_importance(table: pd.DataFrame) -> Draw:
    """Bars of the parameters' importance, grey and hatched where it may be noise, with a mark at the limit."""

    def draw(axes: Axes) -> None:
        top = table.head(MAX_BARS).iloc[::-1].reset_index(drop=True)
        drawn = bars(
            axes,
            [shortened(name) for name in top["parameter"]],
            top["importance"],
            color=[BLUE if shown else GREY for shown in top["shown"]],
        )
        for bar, shown in zip(drawn, top["shown"], strict=True):
            bar.set_hatch("" if shown else "///")
        limits = top["limit"].dropna()
        axes.plot(limits, limits.index, linestyle="", marker="|", markersize=12, color=ORANGE, label="limit of noise")
        axes.set(title="Parameter importance", xlabel="share of what the parameters explain")
        if len(limits):
            axes.legend(frameon=False, loc="lower right")

    return draw


def _all_trials(run: Run) -> list[Picture]:
    complete, score = run.complete, run.history.score
    scales = scales_of(complete, run.space)[:MAX_PARAMETERS]
    if len(complete) < MIN_TRIALS or not scales:
        return []
    names, label = ", ".join(scale.name for scale in scales), f"CV {run.score}"
    shown, sign = _as_shown(run, complete), -1 if run.greater_is_better else 1
    lines = parallel_coordinates(scales, shown[score], label, sign)
    points = score_by_parameter(scales, shown, score, label, sign)
    shape = "peak" if run.greater_is_better else "valley"
    turn = "rise" if run.greater_is_better else "fall"
    best = run.best["params"]
    best_values = ", ".join(f"{scale.name} {number(best[scale.name])}" for scale in scales if scale.name in best)
    return [
        Picture(
            one_chart(lines),
            f"Parallel coordinates of {len(complete)} complete trials: {names} and {label}. The best: {best_values}.",
            "Each line is a complete trial. Where the coloured lines meet, the best trials agree; where they fan out,"
            " the parameter hardly matters.",
            title="parallel coordinates",
            inches=LINES_INCHES,
        ),
        Picture(
            points,
            f"Small scatter charts of {label} against each of {names}, one point per complete trial.",
            f"A {shape} inside the range is a good sign; scores that still {turn} towards a dotted end call for a wider"
            " range.",
            title="score along each parameter",
            inches=(12.0, 0.4 + 2.5 * -(-len(scales) // PANEL_COLUMNS)),
            placed=True,
        ),
    ]


def parallel_coordinates(scales: Sequence[ParameterScale], scores: pd.Series, label: str, sign: int = 1) -> Draw:
    """A line per complete trial through its parameters to its score; the best tenth in colour, the best one thick.

    Args:
        scales: Parameters of the complete trials.
        scores: Their scores.
        label: Display name of the score.
        sign: 1 if less is better, -1 if more is.
    """
    values = scores.to_numpy(dtype=np.float64)
    low, high = float(values.min()), float(values.max())
    heights = np.column_stack(
        [*(scale.shares() for scale in scales), (values - low) / (high - low) if high > low else values * 0]
    )
    order = np.argsort(-sign * values, kind="stable")
    grey_alpha = ink(0.35, len(values), 0.02)
    n_best = min(len(values), max(MIN_BEST, len(values) // 10), MAX_BEST)

    def draw(axes: Axes) -> None:
        places = np.broadcast_to(np.arange(len(scales) + 1, dtype=np.float64), heights.shape)
        lines = list(np.stack([places, heights], axis=2)[order])
        # Collections, because thousands of separate lines take seconds.
        axes.add_collection(LineCollection(lines[:-n_best], colors=GREY, linewidths=0.8, alpha=grey_alpha))
        axes.add_collection(LineCollection(lines[-n_best:-1], colors=BLUE, linewidths=1.6, alpha=0.9))
        axes.add_collection(LineCollection(lines[-1:], colors=ORANGE, linewidths=3.0, alpha=0.9))
        for place, scale in enumerate(scales):
            axes.text(place, -0.04, _end(scale, scale.low), ha="center", va="top", fontsize=8)
            axes.text(place, 1.03, _end(scale, scale.high), ha="center", va="bottom", fontsize=8)
        last = len(scales)
        axes.text(last, -0.04, number(low), ha="center", va="top", fontsize=8)
        axes.text(last, 1.03, number(high), ha="center", va="bottom", fontsize=8)
        for place in range(last + 1):
            axes.axvline(place, color=GREY, linewidth=1)
        names = [shortened(scale.name) for scale in scales]
        axes.set_xticks(range(last + 1), [*names, label], rotation=20, ha="right")
        axes.tick_params(axis="x", length=0, pad=14)
        axes.set(yticks=[], ylim=(-0.03, 1.02), xlim=(-0.3, last + 0.3))
        runners_up = f", blue: the next {n_best - 1}" if n_best > 1 else ""
        axes.set_title(f"Complete trials: parameters and score (orange: the best{runners_up})", pad=18)
        axes.spines[["left", "bottom"]].set_visible(False)

    return draw


def score_by_parameter(
    scales: Sequence[ParameterScale], trials: pd.DataFrame, score: str, label: str, sign: int = 1
) -> DrawAll:
    """A small chart per parameter: its value and the score of every complete trial, coloured by its number.

    Args:
        scales: Parameters of the complete trials.
        trials: These trials.
        score: The column of their scores.
        label: Display name of the score.
        sign: 1 if less is better, -1 if more is.
    """
    numbers, scores = trials["number"].to_numpy(dtype=np.float64), trials[score].to_numpy(dtype=np.float64)
    best = int(np.argmin(sign * scores))
    size, edge = ink(18, len(scores), 2), ink(0.3, len(scores), 0)

    def draw(figure: Figure) -> None:
        charts = panels(figure, len(scales), PANEL_COLUMNS, below=0.6, right=1.0)
        for place, (axes, scale) in enumerate(zip(charts, scales, strict=True)):
            axes.scatter(scale.values, scores, c=numbers, cmap=EARLY_TO_LATE, s=size, linewidths=edge, edgecolors=GREY)
            axes.scatter(scale.values[best], scores[best], s=90, facecolors="none", edgecolors=ORANGE, linewidths=2)
            _along(axes, scale)
            axes.set_xlabel(shortened(scale.name))
            if place % PANEL_COLUMNS == 0:
                axes.set_ylabel(label)
        colours = ScalarMappable(Normalize(numbers.min(), numbers.max()), EARLY_TO_LATE)
        colour_axes = figure.add_axes((0.935, 0.15, 0.012, 0.7))
        figure.colorbar(colours, cax=colour_axes, label="trial", ticks=MaxNLocator(integer=True))
        figure.suptitle("Score along each parameter, complete trials (ring: the best)")

    return draw


def _along(axes: Axes, scale: ParameterScale) -> None:
    if scale.choices is not None:
        axes.set_xticks(range(len(scale.choices)), [shortened(choice) for choice in scale.choices])
        axes.set_xlim(-0.5, len(scale.choices) - 0.5)
        return
    if scale.log:
        axes.set_xscale("log")
        # matplotlib writes powers of ten as math text, which is switched off because of column names.
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_locator(NullLocator())
    for end in (scale.low, scale.high):
        axes.axvline(end, color=GREY, linewidth=1, linestyle=":")


def _end(scale: ParameterScale, value: float) -> str:
    return f"{value:.3g}" if scale.choices is None else shortened(scale.choices[int(value)])
