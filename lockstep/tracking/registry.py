"""The registered model of a dataset: a version per result, and the champion."""

from typing import TYPE_CHECKING

from lockstep.results.result import Result
from lockstep.tracking.champion_choice import decide_champion
from lockstep.tracking.champion_history import CHAMPION, Cause, ChampionHistory
from lockstep.tracking.run_content import metrics_of
from lockstep.tracking.trial_runs import RESULT

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel
    from mlflow.entities.model_registry import ModelVersion, RegisteredModel


def register(client: "MlflowClient", model: "LoggedModel", result: Result, *, new: bool) -> tuple[bool, str]:
    """Register a result's model once under the dataset's name, and make it champion if it is better.

    The alias moves when the rule of `lockstep compare` prefers the new model to the champion (see
    lockstep.evaluate.ranking); the first model whose gates pass gets it. The decision is made once, when the version
    is created: a champion that a person sets stays until a later model is preferred to it.

    Args:
        client: The store.
        model: The result's logged model.
        result: The result in DVC's outputs.
        new: Register the result if it has no version; false only renews a version whose model was logged again.

    Returns:
        Whether anything was written, and a sentence about the state; empty if nothing is registered.
    """
    name = result.dataset
    versions = versions_of(client, name)
    own = _versions_of_result(versions, result)
    if not own and not new:
        return False, ""
    if not versions:
        _make_model(client, name)
    registered: RegisteredModel = client.get_registered_model(name)
    holder = champion_among(registered, versions)
    version_of_model = next((version for version in own if _is_of(version, model)), None)
    # The notes are written last: a version without them was interrupted.
    if version_of_model and version_of_model.description:
        return False, _state_sentence(name, version_of_model, holder)
    version, others = (version_of_model, own) if version_of_model else _new_version(client, name, model, result)
    if any(old.description for old in own):
        becomes_champion, reason = holder in own, "its run was recreated"
    elif holder in own:
        becomes_champion, reason = True, "its registration was interrupted after it had become champion"
    else:
        becomes_champion, reason = decide_champion(client, holder, version.version, result)
        reason += _doubts(result) if becomes_champion else ""
    replaced = [old.version for old in others if old.version != version.version]
    history = ChampionHistory.of(registered).renamed({str(number) for number in replaced}, str(version.version))
    if becomes_champion:
        client.set_registered_model_alias(name, CHAMPION, version.version)
        history = history.moved(str(version.version), Cause.RULE)
    history.keep(client, name)
    for number in replaced:
        client.delete_model_version(name, number)
    sentence = _sentence(name, version.version, None if holder in own else holder, becomes_champion, reason)
    client.update_model_version(name, version.version, _notes(result, sentence))
    return True, sentence


def is_registered(client: "MlflowClient", model: "LoggedModel", result: Result) -> bool:
    """Whether the result's model has a version."""
    return any(_is_of(version, model) for version in _versions_of_result(versions_of(client, result.dataset), result))


def _state_sentence(name: str, version: "ModelVersion", holder: "ModelVersion | None") -> str:
    if holder is None:
        return f"{name} version {version.version} is registered; there is no champion"
    if holder.version == version.version:
        return f"{name} version {version.version} is the champion"
    return f"{name} version {version.version} is registered; version {holder.version} is the champion"


def versions_of(client: "MlflowClient", name: str) -> "list[ModelVersion]":
    """All versions of the registered model."""
    versions: list[ModelVersion] = []
    token = None
    while True:
        page = client.search_model_versions(f"name = '{name}'", page_token=token)
        versions += page
        token = page.token
        if not token:
            return versions


def _versions_of_result(versions: "list[ModelVersion]", result: Result) -> "list[ModelVersion]":
    """The versions of a result."""
    return [version for version in versions if version.tags.get(RESULT) == result.key]


def _make_model(client: "MlflowClient", name: str) -> None:
    from mlflow.exceptions import MlflowException

    if client.search_registered_models(f"name = '{name}'"):
        return
    try:
        client.create_registered_model(name, description=f"Models of the dataset {name}, registered by Lockstep.")
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":  # another machine has created it since
            raise


def champion_among(model: "RegisteredModel", versions: "list[ModelVersion]") -> "ModelVersion | None":
    """The version that has the alias `champion`."""
    number = model.aliases.get(CHAMPION)
    return next((version for version in versions if str(version.version) == str(number)), None)


def _is_of(version: "ModelVersion", model: "LoggedModel") -> bool:
    return model.model_id in (version.source or "") or version.model_id == model.model_id


def _new_version(
    client: "MlflowClient", name: str, model: "LoggedModel", result: Result
) -> "tuple[ModelVersion, list[ModelVersion]]":
    """The model's version, created unless another machine has just done so, and all versions of the result."""
    from mlflow.exceptions import MlflowException
    from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST

    # mlflow.register_model does the same, but drops the run and prints.
    client.create_model_version(
        name,
        model.model_uri,
        run_id=model.source_run_id,
        tags={RESULT: result.key},
        await_creation_for=0,
        model_id=model.model_id,
    )
    own = _versions_of_result(versions_of(client, name), result)
    created = [version for version in own if _is_of(version, model)]
    if not created:
        raise MlflowException("the version was deleted during registration", RESOURCE_DOES_NOT_EXIST)
    return min(created, key=lambda version: int(version.version)), own


def _sentence(name: str, number: str, holder: "ModelVersion | None", becomes_champion: bool, reason: str) -> str:
    if becomes_champion:
        after = f" after version {holder.version}" if holder else ""
        return f"{name} version {number} is the champion{after}: {reason}"
    stays = f"version {holder.version} stays champion: " if holder else ""
    return f"{name} version {number} is registered; {stays}{reason}"


def _doubts(result: Result) -> str:
    """The findings that ask for action, as the end of a sentence: gates measure a score that they cast doubt on."""
    names = [finding["name"].replace("_", " ") for finding in result.findings if finding["kind"] == "act"]
    return f"; doubtful, see the page: {', '.join(names)}" if names else ""


def _notes(result: Result, sentence: str) -> str:
    """The version's description: content, scores, and why it is or is not the champion."""
    metric, metrics = result.fitting.metric, metrics_of(result)
    lines = [
        f"Features {result.params['features']}, best trial {result.best['trial']} of {len(result.trials)}.",
        f"{metric}: test {metrics.get(f'test.{metric}')}, CV {metrics.get(f'cv.{metric}')},"
        f" untuned XGBoost {metrics.get(f'baseline.untuned_xgboost.{metric}')}.",
        f"When it was registered: {sentence}.",
    ]
    return "\n\n".join(lines)
