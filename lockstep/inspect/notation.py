"""What a finding says of how a column's values are written."""

from dataclasses import replace

from lockstep.clean.column_block import WORDS
from lockstep.inspect.findings import Finding
from lockstep.inspect.reading import ReadColumn

MAX_ODD_SHOWN = 3


def with_notation(finding: Finding, read: ReadColumn) -> Finding:
    """The finding with the keys of its column's notation, and the reason for them."""
    if finding.type == "ignore":
        return finding
    keys = read.facts.model_dump(exclude_defaults=True, exclude={"type", "missing", "missing_values"})
    keys |= {key: keys[key][0] for key in ("unit", "format") if len(keys.get(key, ())) == 1}
    if finding.type != read.type and not (finding.type in WORDS and read.type in WORDS and read.type != "boolean"):
        keys = {}
    if read.odd:
        keys["missing_values"] = list(read.odd)
    reasons = [read.why if keys else "", _odd(read), finding.why]
    return replace(finding, facts=keys, why="; ".join(reason for reason in reasons if reason))


def _odd(read: ReadColumn) -> str:
    """The texts that are missing values, with their counts."""
    odd = [f"{text!r} {count} times" if count else repr(text) for text, count in list(read.odd.items())[:MAX_ODD_SHOWN]]
    more = len(read.odd) - len(odd)
    return f"missing where it says {', '.join(odd)}{f' and {more} more' if more else ''}" if odd else ""
