"""Digests of the table after a rule, here and in a fresh process."""

import json
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from lockstep.clean.apply_rules import apply_rule
from lockstep.clean.rule import RULES, Rule
from lockstep.storage.tables import read_table, write_table
from lockstep.testing.processes import class_at, fresh_output

# The files of `digest_of`: the table before the rule and after it.
BEFORE, AFTER = "before.parquet", "after.parquet"
PRINT_DIGEST = "from lockstep.testing.rule_digests import digest_of; import sys; print(digest_of(*sys.argv[1:]))"


def digests_here_and_elsewhere(rule: Rule, frame: pd.DataFrame) -> tuple[str, str]:
    """`digest_of` the table after the rule in this process and in a fresh one.

    Raises:
        AssertionError: if the rule fails in the fresh process.
    """
    kind = type(rule)
    with TemporaryDirectory() as folder:
        write_table(frame, Path(folder, BEFORE))
        where = (kind.__module__, kind.__qualname__, rule.model_dump_json(), folder)
        return digest_of(*where), fresh_output(PRINT_DIGEST, *where).strip()


def digest_of(module: str, name: str, settings: str, folder: str) -> str:
    """sha256 of the Parquet file of the table after a rule.

    Args:
        module: The module of the rule's class.
        name: The name of the class.
        settings: The rule's settings as JSON.
        folder: The folder with BEFORE.
    """
    rule: Rule = class_at(module, name, RULES).model_validate(json.loads(settings))
    after = Path(folder, AFTER)
    write_table(apply_rule(read_table(Path(folder, BEFORE)), rule), after)
    return sha256(after.read_bytes()).hexdigest()
