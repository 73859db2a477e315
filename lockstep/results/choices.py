"""The choices of params.yaml behind a result, each under its dotted name."""

import json
from collections.abc import Iterator, Mapping
from typing import Any


def effective_choices(params: Mapping[str, Any]) -> dict[str, Any]:
    """All choices, flattened, with the options of the chosen pruner and without spaces and other pruners."""
    choices = {key: value for key, value in params.items() if key not in ("spaces", "pruners")}
    # Its keys are features, whose names MLflow may refuse as parts of a parameter's name.
    monotone = json.dumps(params["booster"]["monotone"], sort_keys=True, ensure_ascii=False)
    choices["booster"] = {**params["booster"], "monotone": monotone}
    pruner = params["tune"]["pruner"]
    return flatten(choices) | flatten(params["pruners"][pruner], f"pruners.{pruner}.")


def flatten(nested: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested keys joined with dots; lists become JSON text."""
    return dict(_leaves(nested, prefix))


def _leaves(nested: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in nested.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", json.dumps(value) if isinstance(value, list) else value
