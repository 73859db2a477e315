"""From a recipe's steps to transformers."""

from collections.abc import Mapping

from lockstep.features.base import Transformer
from lockstep.features.columns import Columns
from lockstep.features.ratio import Ratio
from lockstep.schema.features import Step

TRANSFORMERS: Mapping[str, type[Transformer]] = {
    "columns": Columns,
    "ratio": Ratio,
}
# What a transformer may take besides its step's fields.
CONTEXT = ("random_state", "n_classes")


def make_transformer(step: Step, random_state: int, n_classes: int) -> Transformer:
    """The transformer a step describes, not fitted yet.

    Args:
        step: The step; its fields are the transformer's arguments.
        random_state: Seed of whatever the transformer draws.
        n_classes: Classes of the target (which then holds 0 .. n_classes - 1); 0 for a number.
    """
    kind = TRANSFORMERS[step.step]
    context = {"random_state": random_state, "n_classes": n_classes}
    wanted = {name: context[name] for name in CONTEXT if name in kind._get_param_names()}
    fields = {name: getattr(step, name) for name in type(step).model_fields if name != "step"}
    return kind(**fields, **wanted)
