"""How many later rows, or rows of new groups, the prediction intervals contain: which folds should calibrate them?

`python -m benchmarks.interval_coverage --repeats 25` prints a table of Markdown; some five CPU minutes. Each repeat
draws a new table, whose test rows cost nothing. With `--tables FOLDER` it reads two real tables, FOLDER/NAME.csv: of
each only the first 80% of the rows in time, which the default split trains on. The first half of them, 60%, ... and all
have their last fifth in place of test rows.
"""

import argparse
import statistics
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.features.recipe import Features
from lockstep.features.steps.columns import Columns
from lockstep.fitting.fitting import Fitting, Value
from lockstep.fitting.make_folds import make_folds
from lockstep.fitting.matrices import quantise, row_matrix
from lockstep.model.interval import Interval, conformity_scores, fit_quantiles, offset_of
from lockstep.split.split_block import Split
from lockstep.split.splitting import split_table
from lockstep.table.target import Target

Numbers = npt.NDArray[np.float64]
NOMINAL = 0.9
N_ROWS, N_COLUMNS = 1200, 5
NAMES = [f"x{number}" for number in range(N_COLUMNS)]
PARAMS: Mapping[str, Value] = {
    **{"grow_policy": "lossguide", "max_depth": 0, "max_leaves": 8, "learning_rate": 0.1},
    **{"min_child_weight": 5.0, "subsample": 0.8},
}
ROUNDS = 60
FITTING = Fitting(objective="squared_error", metric="rmse")


def _signal(x: Numbers) -> Numbers:
    return np.asarray(2 * x[:, 0] + np.sin(3 * x[:, 1]) + x[:, 2] * x[:, 3])


def _grouped(n_groups: int) -> Callable[[np.random.Generator], pd.DataFrame]:
    def table(random: np.random.Generator) -> pd.DataFrame:
        x, group = random.normal(size=(N_ROWS, N_COLUMNS)), random.integers(0, n_groups, N_ROWS)
        y = _signal(x) + random.normal(size=n_groups)[group] + random.normal(size=N_ROWS)
        return pd.DataFrame(x, columns=NAMES).assign(y=y, group=group)

    return table


def _in_time(kind: str) -> Callable[[np.random.Generator], pd.DataFrame]:
    def table(random: np.random.Generator) -> pd.DataFrame:
        x, noise, past = random.normal(size=(N_ROWS, N_COLUMNS)), random.normal(size=N_ROWS), np.arange(N_ROWS) / N_ROWS
        y = _signal(x)
        if kind == "errors AR 0.9":
            for row in range(1, N_ROWS):
                noise[row] = 0.9 * noise[row - 1] + (1 - 0.9**2) ** 0.5 * noise[row]
            y = y + noise
        elif kind == "level rises":
            y = y + noise + 3 * past
        elif kind == "noise grows":
            y = y + noise * (0.5 + past)
        elif kind == "effect changes":
            y = y + noise + 3 * past * x[:, 4]
        elif kind == "level wanders":
            y = y + noise + np.cumsum(random.normal(size=N_ROWS)) * 0.06
        else:
            y = y + noise
        return pd.DataFrame(x, columns=NAMES).assign(y=y, moment=np.arange(N_ROWS))

    return table


CASES: dict[str, tuple[str, Callable[[np.random.Generator], pd.DataFrame]]] = {
    "random split": ("random", _in_time("stationary")),
    "8 groups": ("group", _grouped(8)),
    "15 groups": ("group", _grouped(15)),
    "40 groups": ("group", _grouped(40)),
    **{
        f"time: {kind}": ("time", _in_time(kind))
        for kind in ("stationary", "errors AR 0.9", "level rises", "level wanders", "noise grows", "effect changes")
    },
}


def coverages(strategy: str, clean: pd.DataFrame, seed: int) -> dict[str, tuple[float, float]]:
    """Share of the test rows inside, and mean width, by what calibrates."""
    features_of = tuple(str(name) for name in clean if name not in ("y", "moment", "group"))
    target, recipe = Target("y"), (Columns(columns=features_of),)
    group, time = ("group" if strategy == "group" else None), ("moment" if strategy == "time" else None)
    split = Split(strategy=strategy, test_size=0.2, folds=5, valid_size=0.15, group=group, time=time)
    train, test = split_table(clean.assign(row_id=np.arange(len(clean))), target, split, seed)
    folds = make_folds(train, target, recipe, split.cross_fitting, seed)
    outside = [
        np.array(conformity_scores(quantise(fold, 256, "in_core"), PARAMS, ROUNDS, seed, FITTING, NOMINAL)[0])
        for fold in folds
    ]
    features = Features(recipe, seed)
    x = features.fit_transform(train, target.values(train))
    names, types = tuple(features.names), tuple(features.types)
    matrix = row_matrix(x, target.values(train), None, names, types, 256, "in_core")
    booster = fit_quantiles(matrix, PARAMS, ROUNDS, seed, FITTING, NOMINAL)
    actual, found = target.values(test), {}
    for way, offset in offsets(outside, train).items():
        ends = Interval(NOMINAL, offset, booster).bounds(features.transform(test), list(names), list(types))
        inside = (ends[:, 0] <= actual) & (actual <= ends[:, 1])
        found[way] = float(np.mean(inside)), float(np.mean(ends[:, 1] - ends[:, 0]))
    return found


def offsets(outside: list[Numbers], train: pd.DataFrame) -> dict[str, float]:
    """The offset by what calibrates."""
    everything = np.concatenate(outside)
    ages = np.repeat(np.arange(len(outside))[::-1], [len(each) for each in outside])
    found = {
        "all folds": offset_of(everything.tolist(), NOMINAL),
        "last two folds": offset_of(np.concatenate(outside[-2:]).tolist(), NOMINAL),
        "last fold": offset_of(outside[-1].tolist(), NOMINAL),
        "each fold half the next": offset_of(everything.tolist(), NOMINAL, (0.5**ages).tolist()),
    }
    if "group" in train:
        groups = np.concatenate([train["group"][train["fold"] == number] for number in range(len(outside))])
        # A new group in place of a new row: what is above the largest distance has the mean weight of a group.
        share = min(NOMINAL * (1 + 1 / len(set(groups))), 1)
        found["all folds, new group"] = float(np.quantile(everything, share, method="higher"))
    return found


# Target and time of the real tables.
IN_FOLDER = {"chicago_ridership": ("ridership", "date"), "nyc_taxis": ("fare", "pickup")}
# A row number, and what holds the fare.
LEFT_OUT = ("rownames", "total", "tip", "tolls")
ORIGINS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


def real_tables(folder: Path, name: str) -> list[pd.DataFrame]:
    """The first rows in time of a table, up to each origin, with its numbers as columns."""
    y, time = IN_FOLDER[name]
    table = pd.read_csv(folder / f"{name}.csv", parse_dates=[time]).sort_values(time, kind="stable", ignore_index=True)
    weekday, columns = (
        table[time].dt.day_of_week,
        table.select_dtypes("number").drop(columns=[y, *(name for name in LEFT_OUT if name in table)]),
    )
    columns = columns.assign(weekday=weekday, y=table[y], moment=np.arange(len(table)))
    known = columns.iloc[: int(0.8 * len(columns))]
    return [known.iloc[: int(origin * len(known))].reset_index(drop=True) for origin in ORIGINS]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.interval_coverage", description=__doc__)
    parser.add_argument("--repeats", type=int, default=40)
    parser.add_argument("--tables", type=Path, help="folder of real tables; instead of made ones")
    chosen = parser.parse_args()
    print(
        "| table | calibrated on | mean coverage | mean distance from 90% | least | width |\n|---|---|---|---|---|---|"
    )
    for number, (name, (strategy, make)) in enumerate(CASES.items() if chosen.tables is None else ()):
        tables = (make(np.random.default_rng((number, repeat))) for repeat in range(chosen.repeats))
        _print(name, [coverages(strategy, table, repeat) for repeat, table in enumerate(tables)])
    for name in IN_FOLDER if chosen.tables else ():
        _print(name, [coverages("time", table, 0) for table in real_tables(chosen.tables, name)])


def _print(name: str, runs: list[dict[str, tuple[float, float]]]) -> None:
    for way in runs[0]:
        shares = [run[way][0] for run in runs]
        distance, width = (
            statistics.fmean(values) for values in ((abs(s - NOMINAL) for s in shares), (run[way][1] for run in runs))
        )
        print(
            f"| {name} | {way} | {statistics.fmean(shares):.3f} | {distance:.3f} | {min(shares):.2f} | {width:.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
