"""Settings as YAML 1.2, read safely and within limits, because the file may be untrusted."""

import re
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from lockstep.errors import ConfigError, system_reason
from lockstep.guards.text.messages import LENGTH, safe_line
from lockstep.guards.text.secrets import masked


@dataclass(frozen=True)
class Limits:
    """The size of a file: bytes, and values including those of aliases.

    PyYAML needs some 30 microseconds and 700 bytes of memory per value. libyaml's loader is six times as fast, but a
    few hundred thousand brackets crash the process, and its error messages differ.
    """

    n_bytes: int
    n_values: int


# A dataset file that describes 10,000 columns in full has 1.5 MB and 140,000 values; dvc.lock repeats them per stage.
SETTINGS = Limits(4 * 2**20, 200_000)
LOCK = Limits(16 * 2**20, 1_000_000)
MAX_DEPTH = 20
INT64 = range(-(2**63), 2**63)
MAX_DIGITS = 1000
# The content of texts up to this many characters is cached.
MAX_CACHED = 2**18


def read_yaml(path: Path, label: Path | None = None) -> Any:
    """Content of a YAML 1.2 file: `1e-05` is a number and a key given twice is an error.

    Raises:
        ConfigError: if the file is missing, unreadable, too large or not YAML.
    """
    limits = LOCK if path.name == "dvc.lock" else SETTINGS
    try:
        with path.open("rb") as stream:
            content = stream.read(limits.n_bytes + 1)
        if len(content) > limits.n_bytes:
            raise ConfigError(f"{label or path}: is larger than {limits.n_bytes >> 20} MiB; make the file smaller")
        text = content.decode("utf-8")
    except FileNotFoundError:
        raise ConfigError(f"{label or path}: no such file; run this from the repository's root") from None
    except OSError as error:
        raise ConfigError(f"{label or path}: {system_reason(error)}; make the file readable") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{label or path}: is not UTF-8 text (byte {error.start}); save it as UTF-8") from None
    return parsed_yaml(text, label or path, limits)


def parsed_yaml(text: str, label: Path, limits: Limits = SETTINGS) -> Any:
    """Content of a YAML 1.2 text.

    Raises:
        ConfigError: in one line that names the file as `label`.
    """
    try:
        return deepcopy(_cached(text, limits) if len(text) <= MAX_CACHED else _loaded(text, limits))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise ConfigError(f"{label}: line {line}: {safe_line(error.problem)}; mend the YAML") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{label}: is not valid YAML: {safe_line(error)}") from None
    except RecursionError:
        raise ConfigError(f"{label}: is nested too deeply; mend the YAML") from None


def _loaded(text: str, limits: Limits) -> Any:
    loader = _Loader(text.removeprefix("\ufeff"), limits.n_values)
    node = loader.get_single_node()
    if node is None:
        return None
    _limit(node, limits.n_values)
    return loader.construct_document(node)


# A command reads the same settings for every stage, and dvc.lock several times.
_cached = lru_cache(maxsize=8)(_loaded)


def _limit(root: yaml.Node, most: int) -> None:
    """Refuse aliases that expand into more nodes than settings have, and those that contain themselves."""
    sizes = dict[int, int]()

    def size(node: yaml.Node) -> int:
        if id(node) not in sizes:
            sizes[id(node)] = 0
            children = [] if isinstance(node, yaml.ScalarNode) else node.value
            inside = (part for child in children for part in (child if isinstance(child, tuple) else (child,)))
            sizes[id(node)] = 1 + sum(map(size, inside))
        elif not sizes[id(node)]:
            raise yaml.MarkedYAMLError(problem="an alias stands inside what it names", problem_mark=node.start_mark)
        if sizes[id(node)] > most:
            problem = f"aliases make more than {most} values of it"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)
        return sizes[id(node)]

    size(root)


class _Loader(yaml.SafeLoader):
    """YAML 1.2's core schema, as DVC reads it, except that dates, 0x1F, 0o17 and 1_000 stay text.

    PyYAML reads YAML 1.1, where 1e-05 is text, `no` is false, 010 is eight, 12:30 is a number and a repeated key
    silently wins.
    """

    def __init__(self, text: str, most: int) -> None:
        super().__init__(text)
        self._most, self._values, self._depth = most, 0, 0

    def get_single_node(self) -> yaml.Node | None:
        try:
            return super().get_single_node()
        except (ValueError, OverflowError):
            # PyYAML does not convert these errors
            problem = "an escape or a version is out of range"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=self.get_mark()) from None

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """The next value, unless there are too many or it is nested too deeply, which would make PyYAML slow."""
        self._values += 1
        self._depth += 1
        if self._values > self._most:
            problem = f"the file holds more than {self._most} values"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=self.get_mark())
        if self._depth > MAX_DEPTH:
            problem = f"more than {MAX_DEPTH} values are nested"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=self.get_mark())
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            value = super().construct_object(node, deep=deep)
        except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
            kind = node.tag.rpartition(":")[2]
            short = f"a value of type {kind} cannot be read: {safe_line(error)[:100]}"
            raise yaml.MarkedYAMLError(problem=short, problem_mark=node.start_mark) from None
        if isinstance(value, str) and not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
            raise yaml.MarkedYAMLError(problem="half a character, a lone surrogate", problem_mark=node.start_mark)
        return value

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem="a key must be plain text", problem_mark=key.start_mark)
            if key.value in seen:
                problem = f"key {masked(key.value)[:LENGTH]!r} occurs twice"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)

    def construct_decimal(self, node: yaml.ScalarNode) -> int:
        """A whole number without YAML 1.1's octal reading of a leading zero."""
        # Python's own error for thousands of digits advises programmers
        if len(node.value) > MAX_DIGITS or (number := int(node.value)) not in INT64:
            problem = f"a whole number must lie between {INT64[0]} and {INT64[-1]}"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)
        return number


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
