"""What `lockstep list` prints."""

import shutil
from functools import partial

from lockstep.list.description import NONE, Description, Option, description_of
from lockstep.list.families import Family
from lockstep.list.wrapping import WIDTH, wrapped

NAME_WIDTH = 16
_INDENT = " " * (NAME_WIDTH + 2)


def listing(family: Family) -> str:
    """All classes of a kind: names, settings and one line each; the project's own at the end.

    Raises:
        ConfigError: if one of the project's own files has a mistake.
    """
    kind, fitted = family.kind, partial(wrapped, width=_width())
    descriptions = [description_of(family, name) for name in kind.names()]
    lines = fitted(f"{family.place} `lockstep list {family.plural} NAME` prints all about one.")
    for custom in (False, True):
        entries = [each for each in descriptions if (each.file is not None) == custom]
        if entries:
            lines += ["", f"the project's own, in custom/{kind.folder}/:" if custom else "built-in:"]
            lines += [line for each in entries for line in _brief(each)]
    return "\n".join(lines)


def entry(family: Family, name: str) -> str:
    """All about one class.

    Raises:
        ConfigError: if there is no such class, or the project's own file has a mistake.
    """
    about, fitted = description_of(family, name), partial(wrapped, width=_width())
    lines = [f"{family.kind.name} {name}, {about.file or 'built-in'}"]
    for paragraph in (about.summary, *about.prose):
        lines += ["", *fitted(paragraph)]
    if about.options:
        lines += ["", "settings:", *(line for option in about.options for line in _full(option))]
    if about.facts:
        lines.append("")
    for fact in about.facts:
        lines += fitted(f"{fact.name}: {fact.value}" + (f" ({fact.meaning})" if fact.meaning else ""))
    if about.examples:
        lines += ["", "example:" if len(about.examples) == 1 else "examples:"]
        lines += [f"  {line}" for example in about.examples for line in example.splitlines()]
    return "\n".join(lines)


def _brief(about: Description) -> list[str]:
    lines = wrapped(about.summary, _named(about.name), _INDENT, _width())
    settings = [_short(option) for option in about.options]
    details = "; ".join(settings or [f"{fact.name}: {fact.value}" for fact in about.facts if fact.value != NONE])
    return lines + wrapped(details, _INDENT, _INDENT, _width())


def _short(option: Option) -> str:
    """A setting with its default, which shows the type if it is not empty."""
    if option.default is None:
        return f"{option.name}: {option.values}"
    if option.default in ("null", "[]", "{}"):
        return f"{option.name}: {option.values} = {option.default}"
    return f"{option.name} = {option.default}"


def _full(option: Option) -> list[str]:
    default = "must be given" if option.default is None else f"default {option.default}"
    lines = wrapped(f"{option.values}; {default}", _named(option.name), _INDENT, _width())
    return lines + wrapped(option.meaning, _INDENT, _INDENT, _width())


def _named(name: str) -> str:
    """The beginning of a line with a name; a long one moves the rest to the right."""
    return f"  {name:<{NAME_WIDTH - 1}} "


def _width() -> int:
    """The terminal's width, within limits."""
    return max(60, min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns))
