"""Where both results come from, so that they can be found and made again."""

from lockstep.compare.document import Name, Section, Table, text
from lockstep.compare.pair import Pair
from lockstep.compare.sides import Side
from lockstep.evaluate.differences import test_rows_digest

# Of a hash: as many digits as tell results apart.
DIGITS = 12


def section(pair: Pair) -> Section:
    """Hashes and versions."""
    columns = [_column(side) for side in pair]
    names = list(dict.fromkeys([*columns[0], *columns[1]]))
    rows = tuple((name, *(column.get(name, "") for column in columns)) for name in names)
    return Section(
        "Provenance",
        (
            Table("Provenance", ("provenance", "A", "B"), rows),
            text("MLflow has the run of a result under the tag ", Name("lockstep.result"), ", which begins as shown."),
        ),
    )


def _column(side: Side) -> dict[str, str]:
    settings = side.result.search["settings"]
    hashes = {
        "result": side.result.key,
        "study": side.result.search["study_key"],
        "training rows": settings["data_sha256"],
        "test rows": test_rows_digest(side.result.predictions),
    }
    shown: dict[str, str] = {name: Name(value[:DIGITS]) for name, value in hashes.items()}
    return shown | dict(sorted(settings["versions"].items()))
