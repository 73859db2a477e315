"""optuna_study.db: the search of one result as an Optuna study, with its times if they are known."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import optuna
import pandas as pd
from optuna.distributions import BaseDistribution
from optuna.exceptions import OptunaError
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState, create_trial
from sqlalchemy import URL
from sqlalchemy.exc import SQLAlchemyError

from lockstep.fitting.fitting import Fitting
from lockstep.report.search_parameters import value_of
from lockstep.results.result import Result
from lockstep.search.space import SearchSpace
from lockstep.search.tune_blocks import Range
from lockstep.storage.tables import significant
from lockstep.workers.trial import running_means

# trials.csv holds ten digits of each fold's score.
COMPARED_DIGITS = 8


def write_study(result: Result, study_file: Path, path: Path) -> None:
    """Write a file with exactly this study, for optuna.load_study and optuna-dashboard.

    Args:
        result: The result.
        study_file: The file with the studies of searches: its trials with their times are copied if they are the same.
            Otherwise the trials are created from trials.csv and have no duration.
        path: The file to write.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    name, trials = result.search["study_key"], _trials(result)
    # A search with fewer trials than an earlier one has the first trials of that one.
    recorded = _recorded_trials(study_file, name)[: len(trials)]
    has_times = list(map(_content, recorded)) == list(map(_content, trials))
    storage = RDBStorage(f"sqlite:///{path}")
    try:
        study = optuna.create_study(study_name=name, storage=storage, direction="minimize")
        study.set_user_attr("space", result.search["space_name"])
        study.set_user_attr("score", result.cv_column)
        study.set_user_attr("times", "measured" if has_times else "unknown")
        study.add_trials(recorded if has_times else trials)
    finally:
        storage.engine.dispose()


def _recorded_trials(path: Path, name: str) -> list[FrozenTrial]:
    """The trials of a study; none if the file or the study is missing or damaged, as it is no output of the search."""
    if not path.exists():
        return []
    storage = None
    try:
        # Read-only: a search may be creating the file at this moment.
        file = f"file:{quote(str(path.resolve()))}"
        url = URL.create("sqlite", database=file, query={"mode": "ro", "uri": "true"})
        storage = RDBStorage(url.render_as_string(), skip_table_creation=True)
        return optuna.load_study(study_name=name, storage=storage).get_trials(deepcopy=False)
    except (KeyError, ValueError, RuntimeError, SQLAlchemyError, OptunaError):
        return []
    finally:
        if storage is not None:
            storage.engine.dispose()


def _trials(result: Result) -> list[FrozenTrial]:
    """All trials of trials.csv."""
    settings, now = result.search["settings"], datetime.now()
    space = SearchSpace({name: Range.model_validate(value) for name, value in result.space.items()}).distributions()
    fitting = Fitting.from_json(settings["fitting"])
    trials = [_frozen(row, space, fitting, settings["n_folds"]) for _, row in result.trials.iterrows()]
    for trial in trials:
        # Optuna requires times; equal ones mean no duration.
        trial.datetime_start = trial.datetime_complete = now
    return trials


def _frozen(
    row: "pd.Series[Any]", space: Mapping[str, BaseDistribution], fitting: Fitting, n_folds: int
) -> FrozenTrial:
    """A trial as lockstep.search.study_file writes it."""
    state = TrialState[row["state"]]
    cells = [row[f"fold_{fold}_{fitting.metric}"] for fold in range(n_folds)]
    scores = [fitting.loss({fitting.metric: float(cell)}) for cell in cells if pd.notna(cell)]
    means = running_means(scores)
    message = row["message"]
    return create_trial(
        state=state,
        value=means[-1] if state is not TrialState.FAIL else None,
        params={name: value_of(row[name], distribution) for name, distribution in space.items()},
        distributions=dict(space),
        intermediate_values=dict(enumerate(means, start=1)),
        user_attrs={"message": message} if isinstance(message, str) and message else {},
    )


def _content(trial: FrozenTrial) -> tuple[Any, ...]:
    """The content that equal trials share, rounded to the digits that trials.csv keeps."""
    params = {name: _rounded(value) for name, value in trial.params.items()}
    steps = {step: _rounded(value) for step, value in trial.intermediate_values.items()}
    return trial.state, params, steps, trial.user_attrs.get("message")


def _rounded(value: Any) -> Any:
    return significant(value, COMPARED_DIGITS) if isinstance(value, float) else value
