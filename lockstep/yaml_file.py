"""Settings as YAML 1.2, read without running anything and within limits, whoever wrote the file."""

import re
from pathlib import Path
from typing import Any

import yaml

from lockstep.errors import ConfigError

# A dataset file of 10,000 columns has a megabyte and 200,000 nodes.
MAX_BYTES = 16 * 2**20
MAX_NODES = 2_000_000


def read_yaml(path: Path, shown: Path | None = None) -> Any:
    """Content of a YAML 1.2 file: `1e-05` is a number and a key given twice is an error.

    Raises:
        ConfigError: if the file is missing, unreadable, too large or no YAML.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
        text = content.decode("utf-8")
    except FileNotFoundError:
        raise ConfigError(f"{shown or path}: no such file; run this from the repository's root") from None
    except OSError as error:
        raise ConfigError(f"{shown or path}: {error.strerror}; make the file readable") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{shown or path}: is not UTF-8 text (byte {error.start}); save it as UTF-8") from None
    if len(content) > MAX_BYTES:
        raise ConfigError(f"{shown or path}: is larger than {MAX_BYTES >> 20} MiB; make the file smaller")
    return parsed_yaml(text, shown or path)


def parsed_yaml(text: str, shown: Path) -> Any:
    """Content of a YAML 1.2 text.

    Raises:
        ConfigError: with one line that calls the file `shown`.
    """
    try:
        loader = _Loader(text.removeprefix("\ufeff"))
        node = loader.get_single_node()
        if node is None:
            return None
        _limit(node)
        return loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise ConfigError(f"{shown}: line {line}: {error.problem}; mend the YAML") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{shown}: is not valid YAML: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise ConfigError(f"{shown}: is nested too deeply; mend the YAML") from None


def _limit(root: yaml.Node) -> None:
    """Refuse aliases that multiply into more nodes than settings have, and those that contain themselves."""
    sizes = dict[int, int]()

    def size(node: yaml.Node) -> int:
        if id(node) not in sizes:
            sizes[id(node)] = 0
            children = [] if isinstance(node, yaml.ScalarNode) else node.value
            inside = (part for child in children for part in (child if isinstance(child, tuple) else (child,)))
            sizes[id(node)] = 1 + sum(map(size, inside))
        elif not sizes[id(node)]:
            raise yaml.MarkedYAMLError(problem="an alias stands inside what it names", problem_mark=node.start_mark)
        if sizes[id(node)] > MAX_NODES:
            problem = f"aliases make more than {MAX_NODES} values of it"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)
        return sizes[id(node)]

    size(root)


class _Loader(yaml.SafeLoader):
    """YAML 1.2's core schema, as DVC reads it.

    PyYAML reads YAML 1.1, where 1e-05 is text, `no` is false, 010 is eight, 12:30 is a number and a repeated key
    silently wins.
    """

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            value = super().construct_object(node, deep=deep)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            kind = node.tag.rpartition(":")[2]
            short = f"a value of type {kind} cannot be read: {' '.join(str(error).split())[:100]}"
            raise yaml.MarkedYAMLError(problem=short, problem_mark=node.start_mark) from None
        if isinstance(value, str) and not value.isascii() and any("\ud800" <= sign <= "\udfff" for sign in value):
            raise yaml.MarkedYAMLError(problem="half a character, a lone surrogate", problem_mark=node.start_mark)
        return value

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem="a key must be plain text", problem_mark=key.start_mark)
            if key.value in seen:
                raise yaml.MarkedYAMLError(problem=f"key {key.value!r} stands twice", problem_mark=key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)

    def construct_decimal(self, node: yaml.ScalarNode) -> int:
        """A whole number without YAML 1.1's octal reading of a leading zero."""
        return int(node.value)


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"^(true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("int", r"^[-+]?[0-9]+$", "-+0123456789"),
    (
        "float",
        r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$|^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$",
        "-+.0123456789",
    ),
    ("null", r"^(~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("merge", r"^<<$", "<"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_first))
_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_decimal)
