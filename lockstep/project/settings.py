"""The common base of all settings: strict types, no unknown keys, immutable."""

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
RESERVED = (ROW_ID, "fold")
# The fold number of rows that validate in no fold: with one fold (holdout) they are its training rows.
ALWAYS_TRAIN = -1
