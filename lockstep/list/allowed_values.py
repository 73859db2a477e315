"""The values that a setting allows, in a few words, read from its type."""

import datetime
import types
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
from pydantic import BaseModel
from pydantic.fields import FieldInfo

_SIGNS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
_PLAIN = {
    bool: "true | false",
    int: "whole number",
    float: "number",
    str: "text",
    datetime.date: "date",
    type(None): "null",
    Any: "anything",
    object: "anything",
}


def allowed_values(annotation: Any, metadata: Sequence[Any] = ()) -> str:
    """The values of a type in words, such as `whole number >= 1` or `list of texts`.

    Args:
        annotation: The type of a field of a pydantic class.
        metadata: Pydantic's constraints of that type.
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return allowed_values(arguments[0], [*arguments[1:], *metadata])
    limits = _limits(metadata)
    if origin in (Union, types.UnionType):
        return " or ".join(f"{allowed_values(part)}{'' if part is type(None) else limits}" for part in arguments)
    if origin is Literal:
        return " | ".join(map(_as_yaml, arguments))
    if origin in (list, tuple, set, frozenset, Sequence):
        return _list_of(arguments, metadata)
    if origin in (dict, Mapping):
        return f"mapping of {_plural(arguments[0])} to {_plural(arguments[1])}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"mapping with {', '.join(annotation.model_fields)}"
    return f"{_PLAIN.get(annotation, getattr(annotation, '__name__', str(annotation)))}{limits}"


def default_of(field: FieldInfo) -> str | None:
    """The default of a setting as in YAML; None if the setting has none."""
    return None if field.is_required() else _as_yaml(field.get_default(call_default_factory=True))


def _list_of(arguments: tuple[Any, ...], metadata: Sequence[Any]) -> str:
    items = [each for each in arguments if each is not Ellipsis]
    if len(set(items)) > 1:
        return f"list of {len(items)}: {', '.join(map(allowed_values, items))}"
    least, most = (len(items), len(items)) if Ellipsis not in arguments and len(items) > 1 else _length(metadata)
    if least is not None and least == most:
        return f"list of {least} {_plural(items[0])}"
    return f"list of {_plural(items[0])}" + (f", {least} or more" if least and least > 1 else "")


def _plural(annotation: Any) -> str:
    if get_origin(annotation) in (Union, types.UnionType):
        return " or ".join(map(_plural, get_args(annotation)))
    words = allowed_values(annotation)
    for one, many in (("whole number", "whole numbers"), ("number", "numbers"), ("text", "texts"), ("date", "dates")):
        if words == one or words.startswith(f"{one} "):
            return many + words[len(one) :]
    return words.replace("list of", "lists of", 1) if words.startswith("list of") else words


def _constraints(metadata: Sequence[Any]) -> list[Any]:
    """Single constraints, from those that pydantic's Field collects too."""
    return [part for each in metadata for part in (each.metadata if isinstance(each, FieldInfo) else [each])]


def _limits(metadata: Sequence[Any]) -> str:
    """The limits of a number, with a space before them; empty if it has none."""
    limits = {
        name: getattr(each, name)
        for each in _constraints(metadata)
        for name in _SIGNS
        if getattr(each, name, None) is not None
    }
    if limits.keys() == {"ge", "le"}:
        return f" {limits['ge']} to {limits['le']}"
    return " and".join(f" {_SIGNS[name]} {limit}" for name, limit in limits.items())


def _length(metadata: Sequence[Any]) -> tuple[int | None, int | None]:
    least: int | None = None
    most: int | None = None
    for each in _constraints(metadata):
        if isinstance(each, annotated_types.MinLen):
            least = each.min_length
        elif isinstance(each, annotated_types.MaxLen):
            most = each.max_length
    return least, most


def _as_yaml(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple | set | frozenset):
        return f"[{', '.join(map(_as_yaml, value))}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {_as_yaml(each)}' for key, each in value.items())}}}"
    if isinstance(value, str) and (not value or not value.strip(" ;,:#-{}[]")):
        return f'"{value}"'
    return str(value)
