"""Which files a file imports is read from its statements alone."""

from pathlib import Path

from lockstep.project.imports import import_closure, imports_of

FILES = {
    "ours/__init__.py": "",
    "ours/a.py": "import os\nfrom ours.room import b\ndef f():\n    from ours import late\n",
    "ours/late.py": "import ours.room.c as c\n",
    "ours/room/__init__.py": "",
    "ours/room/b.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ours import types_only\n",
    "ours/room/c.py": "from ours.a import f\nfrom . import near\nfrom ..far import x\n",
    "ours/room/near.py": "",
    "ours/far.py": "",
    "ours/types_only.py": "",
    "ours/unused.py": "",
}


def test_imports_inside_functions_count_and_those_for_types_do_not(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    start = tmp_path / "ours/a.py"
    direct = {file.relative_to(tmp_path).as_posix() for file in imports_of(start, tmp_path, ["ours"])}
    assert direct == {"ours/__init__.py", "ours/a.py", "ours/late.py", "ours/room/__init__.py", "ours/room/b.py"}
    everything = {file.relative_to(tmp_path).as_posix() for file in import_closure(start, tmp_path, ["ours"])}
    assert everything == set(FILES) - {"ours/types_only.py", "ours/unused.py"}
