"""dvc.yaml says the truth: deps are the real imports, params the real reads, and every choice has a stage."""

import ast
import json
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from lockstep.guards.text.yaml_file import read_yaml
from tests.conftest import ROOT, SETTINGS
from tests.pipeline.code_used import expanded, imported, used_by
from tests.pipeline.project import Project

DVC = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
PARAMS = read_yaml(SETTINGS)
STAGES = ["fetch", "clean", "split", "tune", "train_best", "evaluate"]
CODE = ("lockstep", "stages")
# Rooms and files of lockstep/, from the ground up: each imports only from layers below its own.
LAYERS = (
    ("errors", "signals", "storage", "terminal", "version"),
    ("guards",),
    ("project",),
    ("metrics", "table"),
    ("clean", "features", "fetch", "split", "stage"),
    ("fitting",),
    ("model", "workers"),
    ("search",),
    ("selection",),
    ("results",),
    ("caches", "evaluate"),
    ("report", "tracking"),
    ("check", "predict", "sync", "testing"),
    ("export", "inspect", "list", "verify"),
    ("compare",),
    ("cli",),
)

# Runs a stage as DVC would and tells which of our files it imported and which settings it read.
RECORDER = """
import importlib, json, runpy, sys
from pathlib import Path
importlib.import_module(f"stages.{sys.argv[1]}")
from lockstep.project.blocks import Blocks
from lockstep.project.settings import Settings

reads, recording = set(), False

def watch(kind):
    plain = kind.__getattribute__
    def read(self, name):
        if recording and name in getattr(kind, "__dataclass_fields__", getattr(kind, "__pydantic_fields__", {})):
            reads.add(f"{kind.__name__}.{name}")
        return plain(self, name)
    kind.__getattribute__ = read

def recorded(load):
    def loaded(*arguments):
        global recording
        recording = False
        content = load(*arguments)
        recording = True
        return content
    return loaded
Blocks.facts, Blocks.choices = recorded(Blocks.facts), recorded(Blocks.choices)

kinds = [Settings]
for kind in kinds:
    kinds += kind.__subclasses__()
for kind in [Blocks, *kinds[1:]]:
    watch(kind)

if __name__ == "__main__":  # the fork server imports this file again in every worker
    stage = sys.argv[1]
    runpy.run_module(f"stages.{stage}", run_name="__main__")
    root = Path.cwd()
    files = {Path(module.__file__) for module in list(sys.modules.values()) if getattr(module, "__file__", None)}
    ours = sorted(file.relative_to(root).as_posix() for file in files if file.is_relative_to(root))
    heavy = sorted({"xgboost", "mlflow", "optuna", "matplotlib"} & set(sys.modules))
    Path("recorded.json").write_text(json.dumps({"files": ours, "reads": sorted(reads), "heavy": heavy}))
"""

# What a read of a settings object means in params.yaml or the dataset file.
MEANS = {
    "Blocks.dataset_name": "dataset",
    "RecipeChoice.features": "features",
    "TuneBlocks.features": "features",
    "SplitBlocks.seed": "seed",
    "TuneBlocks.seed": "seed",
    "TrainBlocks.seed": "seed",
    "SearchBlocks.spaces": "spaces.${tune.space}",
    "SearchBlocks.pruners": "pruners.${tune.pruner}",
    "SourceBlock.source": "datasets:source",
    "SourceOptions.source": "datasets:source",
    "TargetBlock.target": "datasets:target",
    "MetricBlock.metric": "datasets:metric",
    "WeightedTargetBlock.weight": "datasets:weight",
    "WeightedTargetBlock.exposure": "datasets:exposure",
    "TableBlocks.columns": "datasets:columns",
    "TableBlocks.clean": "datasets:clean",
    "TableBlocks.missing_values": "datasets:missing_values",
    "RecipesBlock.features": "datasets:features.${features}",
    "JudgingBlock.judging": "datasets:judging",
}
BLOCKS = {
    "BoosterSettings": "booster",
    "Split": "split",
    "FoldRule": "split",
    "RoundSettings": "tune",
    "Tune": "tune",
    "TrainBest": "train_best",
    "Evaluate": "evaluate",
}


def _declared(stage: str) -> set[str]:
    declared = set[str]()
    for entry in DVC[stage]["params"]:
        if isinstance(entry, str):
            declared.add(entry)
        else:
            declared |= {f"datasets:{key}" for keys in entry.values() for key in keys}
    return declared


@pytest.fixture(scope="module")
def recorded(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, Any]]:
    """Runs a stage, once, and tells what it used."""
    project = finished.copy(tmp_path_factory.mktemp("contracts") / "project")
    (project.folder / ".git/info/exclude").write_text("recorded.json\nrecorder.py\n")
    (project.folder / "recorder.py").write_text(RECORDER)
    # some settings are read with this protocol only
    project.edit("params.yaml", "protocol: single", "protocol: nested")
    project.edit("params.yaml", "repeats: 10", "repeats: 2")

    @cache
    def record(stage: str) -> dict[str, Any]:
        project.run("python3", "recorder.py", stage)
        content: dict[str, Any] = json.loads((project.folder / "recorded.json").read_text())
        return content

    return record


def _declared_code(stage: str) -> set[str]:
    return {file for each in DVC[stage]["deps"] if each.startswith(CODE) for file in expanded(each)}


# Of every stage by its imports; those that are quick are run too.
run_stages = pytest.mark.parametrize(
    "stage", [*STAGES[:3], *(pytest.param(stage, marks=pytest.mark.long) for stage in STAGES[3:])]
)


@pytest.mark.parametrize("stage", STAGES)
def test_declared_code_is_the_code_imported(stage: str) -> None:
    used = used_by(stage)
    assert used <= _declared_code(stage)
    for entry in DVC[stage]["deps"]:
        assert not entry.startswith(CODE) or expanded(entry) & used, f"{entry} is declared, not imported"


@run_stages
def test_declared_code_is_the_code_used(stage: str, recorded: Callable[[str], dict[str, Any]]) -> None:
    matter = {file for file in recorded(stage)["files"] if expanded_or_empty(file)}
    assert matter - {"recorder.py"} <= _declared_code(stage)


def expanded_or_empty(file: str) -> bool:
    """False for __init__ files that hold only a docstring: they cannot change a result."""
    path = ROOT / file
    return path.name != "__init__.py" or path.as_posix() in {
        (ROOT / f).as_posix() for f in expanded(str(Path(file).parent))
    }


@run_stages
def test_declared_params_are_the_params_read(stage: str, recorded: Callable[[str], dict[str, Any]]) -> None:
    read = set[str]()
    for name in recorded(stage)["reads"]:
        kind, _, field = name.partition(".")
        if name in MEANS:
            read.add(MEANS[name])
        elif kind in BLOCKS:
            read.add(f"{BLOCKS[kind]}.{field}")
    declared = _declared(stage)
    for setting in read:
        assert any(setting == d or setting.startswith(f"{d}.") for d in declared), f"{setting} is read, not declared"
    for setting in declared:
        assert any(setting == r or r.startswith(f"{setting}.") for r in read), f"{setting} is declared, not read"


@pytest.mark.parametrize("stage", ["fetch", "clean", "split"])
def test_data_stages_start_without_the_heavy_libraries(stage: str, recorded: Callable[[str], dict[str, Any]]) -> None:
    assert recorded(stage)["heavy"] == []


def test_every_choice_belongs_to_a_stage() -> None:
    declared = {setting for stage in STAGES for setting in _declared(stage)}
    declared = {setting.split(".${")[0] for setting in declared}
    for leaf in _leaves(PARAMS):
        assert any(leaf == d or leaf.startswith(f"{d}.") for d in declared), f"{leaf} belongs to no stage"


def _leaves(node: dict[str, Any], prefix: str = "") -> list[str]:
    found = []
    for key, value in node.items():
        found += _leaves(value, f"{prefix}{key}.") if isinstance(value, dict) and value else [f"{prefix}{key}"]
    return found


def test_exactly_the_six_stages_each_described() -> None:
    assert list(DVC) == STAGES
    assert all(stage["desc"] for stage in DVC.values())


def test_only_metrics_plots_and_what_evaluate_reports_are_outside_the_cache() -> None:
    """A plain output outside the cache switches off its stage's run cache: no other stage may have one."""
    plain = {name: [out for out in stage["outs"] if isinstance(out, dict)] for name, stage in DVC.items()}
    assert [name for name, outs in plain.items() if outs] == ["evaluate"]
    assert all(file.startswith("reports/") for out in plain["evaluate"] for file in out)


def test_arrows_point_one_way() -> None:
    """Every room is known and imports only from layers below its own; none imports a stage, one alone MLflow."""
    layer = {room: number for number, rooms in enumerate(LAYERS) for room in rooms}
    assert {path.stem for path in (ROOT / "lockstep").iterdir() if not path.name.startswith(("_", "py."))} == {*layer}
    for path in (ROOT / "lockstep").rglob("*.py"):
        room, used = _room(path.relative_to(ROOT).as_posix()), imported(path)
        assert not any(file.startswith("stages/") for file in used)
        for other in {_room(file) for file in used} - {room, "__init__"}:
            assert layer[other] < layer[room], f"{path.relative_to(ROOT)} uses {other}"
        assert room == "tracking" or "import mlflow" not in path.read_text(encoding="utf-8"), path


def _room(file: str) -> str:
    return file.split("/")[1].removesuffix(".py")


def test_a_name_belongs_to_one_class_and_to_files_of_two_rooms_at_most() -> None:
    """No two public classes share a name, and no file name stands in three rooms: who searches for one finds it."""
    classes, files = defaultdict[str, list[str]](list), defaultdict[str, list[str]](list)
    for path in sorted((ROOT / "lockstep").rglob("*.py")):
        file = path.relative_to(ROOT).as_posix()
        files[path.name].append(file)
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                classes[node.name].append(file)
    del files["__init__.py"]
    shared = {name: found for name, found in classes.items() if len(found) > 1}
    assert shared | {name: found for name, found in files.items() if len(found) > 2} == {}
