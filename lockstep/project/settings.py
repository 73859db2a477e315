"""The common base of all settings: strict types, no unknown keys, immutable."""

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """A validated, immutable group of settings."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


# YAML has lists, not tuples: strict applies to the items, not to the container.
Names = Annotated[tuple[str, ...], Field(strict=False, min_length=1)]
# params.yaml: seed
Seed = Annotated[int, Field(ge=0, lt=2**31)]
# Columns that the pipeline adds.
ROW_ID = "row_id"
# The column that says which rows train the final model; only some splits need it.
TRAINS_FINAL = "trains_final"
RESERVED = (ROW_ID, "fold", TRAINS_FINAL)
# The fold number of rows that validate in no fold: with one fold (holdout) they are its training rows.
ALWAYS_TRAIN = -1


def trains_fold(number: int) -> str:
    """The name of the training table's column that says which rows train a fold; only some splits need it."""
    return f"trains_fold_{number}"


def is_reserved(name: str) -> bool:
    """Whether the pipeline gives the name to one of its own columns."""
    return name in RESERVED or re.fullmatch(r"trains_fold_\d+", name) is not None
