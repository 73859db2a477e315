"""A dataset file brought up to date: what a person wrote stays, new columns are added, other differences are told."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lockstep.guards.text.messages import shown
from lockstep.guards.text.yaml_file import parsed_yaml

# Facts about the bytes of the file, which follow the table.
OF_THE_FILE = ("sha256",)
MAX_SHOWN = 200


@dataclass(frozen=True)
class Update:
    """An updated dataset file.

    Attributes:
        text: Its text.
        added: Names of the columns that were added.
        differences: One line for each entry that differs from what would be written today.
    """

    text: str
    added: tuple[str, ...]
    differences: tuple[str, ...]


def updated(current: str, today: str, file: Path) -> Update:
    """A dataset file with the hash and the new columns of today's table.

    Args:
        current: Its text, perhaps changed by a person: valid YAML with the blocks `source` and `columns`.
        today: The text that would be written today.
        file: The dataset file, for messages.
    """
    old, new = parsed_yaml(current, file), parsed_yaml(today, file)
    text = current
    for key in OF_THE_FILE:
        if isinstance(before := old["source"].get(key), str):
            text = text.replace(before, str(new["source"].get(key)))
    added = tuple(name for name in new["columns"] if name not in old["columns"])
    return Update(_with_columns(text, today, added), added, tuple(_differences(old, new)))


def _with_columns(text: str, today: str, names: tuple[str, ...]) -> str:
    """The text with today's lines of some columns behind the line of the column before each."""
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    new_lines = today.splitlines(keepends=True)
    ranges = _entries(today)
    order = list(ranges)
    for name in names:
        before = order[: order.index(name)]
        present = _entries("".join(lines))
        position = max((present[other][1] for other in before if other in present), default=_first(present))
        start, end = ranges[name]
        lines[position:position] = new_lines[start:end]
    return "".join(lines)


def _first(ranges: Mapping[str, tuple[int, int]]) -> int:
    return min(start for start, _ in ranges.values())


def _entries(text: str) -> dict[str, tuple[int, int]]:
    """The first line of each column's entry with the comments above it, and the line behind its last one, from 0."""
    root: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    block = next(value for key, value in root.value if key.value == "columns")
    lines, ranges = text.splitlines(), dict[str, tuple[int, int]]()
    for key, value in block.value:
        start, end = key.start_mark.line, _last_line(value) + 1
        while start and _is_comment(lines[start - 1]):
            start -= 1
        # one that is indented like the keys of the entry belongs to them
        while end < len(lines) and _is_comment(lines[end], key.start_mark.column + 1):
            end += 1
        ranges[key.value] = (start, end)
    return ranges


def _is_comment(line: str, least_indent: int = 0) -> bool:
    text = line.lstrip()
    return text.startswith("#") and len(line) - len(text) >= least_indent


def _last_line(node: Any) -> int:
    """The last line of a value; PyYAML ends one in block style where the next token begins."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _last_line(last[1] if isinstance(last, tuple) else last)
    mark = node.end_mark
    return int(mark.line - 1 if mark.column == 0 and mark.line > node.start_mark.line else mark.line)


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """A line for each entry that both files have and that differs, comments aside."""
    pairs = list[tuple[str, Any, Any]]()
    for key, block in new.items():
        mine = old.get(key)
        if key not in ("columns", "features", "source") or not isinstance(mine, Mapping):
            pairs.append((key, mine, block))
            continue
        # a new column is added, and the hash is today's
        passed = OF_THE_FILE if key == "source" else block.keys() - mine.keys() if key == "columns" else ()
        pairs += [
            (f"{key}.{shown(name)}", mine.get(name), entry) for name, entry in block.items() if name not in passed
        ]
    return [f"{where}: kept {_brief(mine)}; today: {_brief(entry)}" for where, mine, entry in pairs if mine != entry]


def _brief(value: Any) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10**9)
    text = text.removesuffix("...\n").strip()
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."
