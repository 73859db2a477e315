"""The result of a rule in another process, with another order of Python's sets."""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pandas as pd

import lockstep
from lockstep.clean.apply_rules import apply_rule
from lockstep.clean.rule import RULES, Rule
from lockstep.errors import LockstepError
from lockstep.storage.tables import read_table, write_table

HASH_SEED = "4711"


def result_digest(rule: Rule, frame: pd.DataFrame) -> str:
    """sha256 of the table after the rule, for a table that was stored in a Parquet file."""
    with tempfile.TemporaryDirectory() as folder:
        stored, result = Path(folder, "stored.parquet"), Path(folder, "result.parquet")
        write_table(frame, stored)
        write_table(apply_rule(read_table(stored), rule), result)
        return hashlib.sha256(result.read_bytes()).hexdigest()


def digest_in_fresh_process(rule: Rule, frame: pd.DataFrame) -> str:
    """`result_digest` as another process computes it, which imports the rule's class anew.

    Raises:
        LockstepError: if the other process fails.
    """
    kind = type(rule)
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder, "table.parquet")
        write_table(frame, table)
        place = [kind.__module__, str(sys.modules[kind.__module__].__file__), kind.__qualname__]
        code = f"import sys; from {__name__} import print_digest; print_digest(*sys.argv[1:])"
        path = os.pathsep.join([str(Path(lockstep.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
        done = subprocess.run(  # noqa: S603 - this Python and our own code
            [sys.executable, "-c", code, *place, json.dumps(rule.model_dump(mode="json")), str(table)],
            env={**os.environ, "PYTHONHASHSEED": HASH_SEED, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        raise LockstepError(done.stderr.strip().rpartition("\n")[2])
    return done.stdout.strip()


def print_digest(module: str, file: str, name: str, settings: str, table: str) -> None:
    """Print the digest of the result of a rule of another process.

    Args:
        module: Name of the rule's module.
        file: The module's file, for a module that is neither built in nor in custom/.
        name: Name of the rule's class.
        settings: The settings of the rule as JSON.
        table: A Parquet file.
    """
    if module.partition(".")[0] in ("custom", "lockstep"):
        kind = RULES[module.rpartition(".")[2]]
    else:
        spec = spec_from_file_location(module, file)
        if spec is None or spec.loader is None:
            raise LockstepError(f"{file}: cannot be imported")
        source = sys.modules[module] = module_from_spec(spec)
        spec.loader.exec_module(source)
        kind = getattr(source, name)
    print(result_digest(kind.model_validate(json.loads(settings)), read_table(Path(table))))
