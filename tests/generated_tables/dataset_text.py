"""What a written dataset file says of each column: its entry, the comments on it, and all comments."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import yaml

COMMENT = re.compile(r"(?:^|\s)# ?(.*)$")


@dataclass(frozen=True)
class Comments:
    """Comments of a dataset file.

    Attributes:
        entries: The lines of each column's entry, as written.
        columns: The comments on each column: beside its entry and in the lines above it.
        everywhere: All comments as one text.
    """

    entries: Mapping[str, str]
    columns: Mapping[str, str]
    everywhere: str

    @classmethod
    def of(cls, text: str) -> "Comments":
        """The comments of a dataset file's text."""
        lines = text.splitlines()
        root = yaml.compose(text, yaml.SafeLoader)
        assert isinstance(root, yaml.MappingNode)
        start, block = next((key.start_mark.line, value) for key, value in root.value if key.value == "columns")
        entries, comments = dict[str, str](), dict[str, str]()
        after = start + 1
        for key, value in block.value:
            first = key.start_mark.line
            end = _last_line(value)
            entries[key.value] = "\n".join(lines[first : end + 1])
            comments[key.value] = _comments(lines[after : end + 1])
            after = end + 1
        return cls(entries, comments, _comments(lines))

    def mention(self, column: str, text: str) -> bool:
        """Whether a comment names a text beside a column."""
        if text.lower() in self.columns[column].lower():
            return True
        name = re.escape(" ".join(column.split()))
        near = rf"(?is){name}.{{0,600}}{re.escape(' '.join(text.split()))}"
        return bool(re.search(near, self.everywhere))


def _last_line(node: yaml.Node) -> int:
    """The last line of a value; for PyYAML a block ends where the next token begins, below the comments between."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _last_line(last[1] if isinstance(last, tuple) else last)
    return node.end_mark.line if node.end_mark.column else node.end_mark.line - 1


def _comments(lines: list[str]) -> str:
    found = (match[1] for line in lines if (match := COMMENT.search(line)))
    return " ".join(" ".join(found).split())
