"""`lockstep champion`: list the versions of a registered model, and make one of them the champion by hand."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockstep.errors import DataError, TrackingError
from lockstep.metrics.names import metric_label
from lockstep.tracking.champion_choice import run_of
from lockstep.tracking.champion_history import CHAMPION, Cause, ChampionHistory
from lockstep.tracking.registry import versions_of
from lockstep.tracking.store import display_uri, existing_store, store_lock, tracking_errors
from lockstep.tracking.trial_runs import RESULT

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

HEAD = ("", "version", "test", "CV", "gates", "result", "from")
UNKNOWN = "-"
# Digits of a result's key that suffice to tell results apart.
DIGITS = 10
HOW = {
    Cause.RULE: "by the rule of `lockstep compare`",
    Cause.HAND: "set by hand",
    Cause.BACK: "set back by hand",
    Cause.ELSEWHERE: "set in MLflow itself or by an earlier version of Lockstep",
}


@dataclass(frozen=True)
class RegisteredVersions:
    """The versions of a registered model.

    Attributes:
        client: The store.
        name: The model's name, which is the dataset's.
        versions: All versions by number, the first one first.
        history: Which of them were champion.
    """

    client: "MlflowClient"
    name: str
    versions: "dict[str, ModelVersion]"
    history: ChampionHistory

    @property
    def previous(self) -> str | None:
        """The champion before the present one."""
        return self.history.previous(self.versions)

    def refuse_unknown(self, number: str) -> None:
        """Make sure that a version exists.

        Raises:
            DataError: naming the existing ones.
        """
        if number not in self.versions:
            raise DataError(f"champion: {self.name} has no version {number}; it has: {', '.join(self.versions)}")

    def make_champion(self, number: str, cause: Cause) -> None:
        """Move the alias to a version, and record why."""
        self.client.set_registered_model_alias(self.name, CHAMPION, number)
        self.history.moved(number, cause).keep(self.client, self.name)


def champions(dataset: str) -> str:
    """A table of all versions with their scores, and a sentence about the champion.

    Args:
        dataset: Name of the dataset, which is the registered model's.

    Raises:
        TrackingError: if the store cannot be read or has no such model.
    """
    with tracking_errors("could not be read"):
        model = _registered(dataset)
        rows = [HEAD, *(_row(model, version) for version in model.versions.values())]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([f"{dataset}, registered in MLflow at {display_uri()}", *lines, _about_champion(model)])


def set_champion(dataset: str, number: str | None) -> str:
    """Make a version the champion; the next new model is compared with it.

    Args:
        dataset: Name of the dataset, which is the registered model's.
        number: The version; None: the champion before the present one.

    Returns:
        A sentence about what was done.

    Raises:
        DataError: if there is no such version, or no earlier champion.
        TrackingError: if the store cannot be used or has no such model.
    """
    with tracking_errors("could not be changed"):
        _registered(dataset)  # before a lock file is made beside a store that does not exist
        with store_lock("publish"):
            model = _registered(dataset)
            present, chosen = model.history.present, model.previous if number is None else number
            if chosen is None:
                raise DataError(
                    f"champion: {dataset} has had no other champion that still exists; `lockstep champion VERSION` sets"
                    " one"
                )
            model.refuse_unknown(chosen)
            if chosen == present:
                return f"{dataset} version {chosen} is the champion already"
            model.make_champion(chosen, Cause.BACK if number is None else Cause.HAND)
    after = f" after version {present}" if present else ""
    return f"{dataset} version {chosen} is the champion{after}: {'set back' if number is None else 'set'} by hand"


def _registered(dataset: str) -> RegisteredVersions:
    """The registered model of a dataset.

    Raises:
        TrackingError: if there is none, or it has no version.
    """
    store = existing_store(dataset)
    versions = versions_of(store[0], dataset) if store else []
    if store is None or not versions:
        raise TrackingError(
            f"MLflow at {display_uri()}: no model {dataset!r} is registered; `dvc repro` or `lockstep sync` registers"
            " the workspace's"
        )
    by_number = {str(version.version): version for version in sorted(versions, key=lambda each: int(each.version))}
    return RegisteredVersions(store[0], dataset, by_number, ChampionHistory.of(store[0].get_registered_model(dataset)))


def _row(model: RegisteredVersions, version: "ModelVersion") -> tuple[str, ...]:
    """A line of the table; what MLflow has lost is unknown."""
    number = str(version.version)
    mark, key = "*" if number == model.history.present else "", version.tags.get(RESULT, UNKNOWN)[:DIGITS]
    try:
        data = run_of(model.client, version).data
    except DataError:
        return mark, number, UNKNOWN, UNKNOWN, UNKNOWN, key, "its run is gone from MLflow"
    metric = data.tags.get("lockstep.metric")
    scores = [
        UNKNOWN if metric is None else _score(metric, data.metrics.get(f"{rows}.{metric}")) for rows in ("test", "cv")
    ]
    place = data.tags.get("dvc.exp_name") or f"commit {data.tags.get('git.commit', UNKNOWN)[:7]}"
    return mark, number, *scores, data.tags.get("lockstep.gates", UNKNOWN), key, place


def _score(metric: str, value: float | None) -> str:
    return UNKNOWN if value is None else f"{metric_label(metric)} {value:.6g}"


def _about_champion(model: RegisteredVersions) -> str:
    present = model.history.present
    if present is None:
        return "there is no champion; `lockstep champion VERSION` sets one"
    back = f"; before it: version {model.previous} (`lockstep champion --back`)" if model.previous else ""
    return f"version {present} is the champion, {HOW[model.history.moves[-1].cause]}{back}"
