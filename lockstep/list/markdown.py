"""The pages of the documentation about kinds: docs/steps.md, docs/rules.md and so on."""

from lockstep.list.description import Description, description_of
from lockstep.list.families import Family
from lockstep.list.wrapping import wrapped


def page(family: Family) -> str:
    """The page of a kind in Markdown; it describes the built-in classes only."""
    kind = family.kind
    descriptions = [description_of(family, name) for name in kind.built_in()]
    own = f", and the project's own in custom/{kind.folder}/" if kind.folder else ""
    lines = [
        f"<!-- `make docs` writes this page from the docstrings in {kind.package.replace('.', '/')}/. -->",
        "",
        f"# {family.title}",
        "",
        *wrapped(f"{family.place} `lockstep list {family.plural}` prints what there is{own}. {family.more}".rstrip()),
        "",
        *_overview(family, descriptions),
    ]
    for about in descriptions:
        lines += ["", *_section(about, entries=family.block == "- ")]
    return "\n".join(lines) + "\n"


def _overview(family: Family, descriptions: list[Description]) -> list[str]:
    """A table with a row per class and a column per fact, and what the facts mean."""
    facts = descriptions[0].facts
    lines = [
        _row([family.kind.name, *(fact.name for fact in facts), "what it does"]),
        _row(["---"] * (len(facts) + 2)),
        *(
            _row([f"[`{each.name}`](#{each.name})", *(fact.value for fact in each.facts), each.summary])
            for each in descriptions
        ),
    ]
    meanings = [line for fact in facts if fact.meaning for line in wrapped(f"{fact.name}: {fact.meaning}", "- ", "  ")]
    return [*lines, "", *meanings] if meanings else lines


def _section(about: Description, *, entries: bool) -> list[str]:
    """All about one class; examples that are entries of a list are one list."""
    lines = [f"## {about.name}"]
    for paragraph in (about.summary, *about.prose):
        lines += ["", *wrapped(paragraph)]
    if about.options:
        lines += ["", _row(["setting", "values", "default", "meaning"]), _row(["---"] * 4)]
        for option in about.options:
            default = "" if option.default is None else f"`{option.default}`"
            lines.append(_row([f"`{option.name}`", option.values, default, option.meaning]))
    blocks = ["\n".join(about.examples)] if entries and about.examples else about.examples
    for block in blocks:
        lines += ["", "```yaml", *block.splitlines(), "```"]
    return lines


def _row(cells: list[str]) -> str:
    escaped = [cell.replace("|", "\\|") for cell in cells]
    return f"| {' | '.join(escaped)} |"
