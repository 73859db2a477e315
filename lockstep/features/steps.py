"""The transformer of each step."""

from collections.abc import Mapping

from lockstep.features.base import Transformer
from lockstep.features.clusters import Clusters
from lockstep.features.columns import Columns
from lockstep.features.count import Count
from lockstep.features.date_parts import DateParts
from lockstep.features.distance import Distance
from lockstep.features.features_block import Step
from lockstep.features.interaction import Interaction
from lockstep.features.linear import Linear
from lockstep.features.local_linear import LocalLinear
from lockstep.features.log import Log
from lockstep.features.multi_value import MultiValue
from lockstep.features.neighbours import Neighbours
from lockstep.features.ratio import Ratio
from lockstep.features.rotate import Rotate
from lockstep.features.target_encode import TargetEncode
from lockstep.features.text import Text

TRANSFORMERS: Mapping[str, type[Transformer]] = {
    "clusters": Clusters,
    "columns": Columns,
    "count": Count,
    "date_parts": DateParts,
    "distance": Distance,
    "interaction": Interaction,
    "linear": Linear,
    "local_linear": LocalLinear,
    "log": Log,
    "multi_value": MultiValue,
    "neighbours": Neighbours,
    "ratio": Ratio,
    "rotate": Rotate,
    "target_encode": TargetEncode,
    "text": Text,
}
# Arguments that a transformer may take besides its step's fields.
CONTEXT = ("random_state", "n_classes")


def make_transformer(step: Step, random_state: int, n_classes: int) -> Transformer:
    """The unfitted transformer of a step.

    Args:
        step: The step; its fields are the transformer's arguments.
        random_state: Seed of the transformer's random draws.
        n_classes: Number of classes of the target, whose values are then 0 .. n_classes - 1; 0 for a number.
    """
    kind = TRANSFORMERS[step.step]
    context = {"random_state": random_state, "n_classes": n_classes}
    arguments = {name: context[name] for name in CONTEXT if name in kind._get_param_names()}
    fields = {name: getattr(step, name) for name in type(step).model_fields if name != "step"}
    return kind(**fields, **arguments)
