"""Coverage-guided fuzzing with atheris, which is no dependency: install it into an environment of its own.

    pip install atheris
    python -m tests.fuzz.coverage_guided TARGET FOLDER -max_total_time=600 -rss_limit_mb=4096 -timeout=60

TARGET is one of tests.fuzz.targets.TARGETS, or `rules`. FOLDER keeps what was found to reach new code; the good inputs
are put there first. The process ends at the first input that neither works nor is refused in one line.
"""

import sys
import warnings
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["lockstep", "yaml", "csv"]):
    from tests.fuzz.targets import FOLDER, TARGETS, beginnings
    from tests.fuzz.test_fuzz import test_cleaning_ends_well_whatever_the_table_and_the_rules


def main() -> None:
    """Fuzz one target for as long as the options say."""
    name, corpus = sys.argv[1], Path(sys.argv[2])
    corpus.mkdir(parents=True, exist_ok=True)
    if name == "rules":
        one = test_cleaning_ends_well_whatever_the_table_and_the_rules.hypothesis.fuzz_one_input  # type: ignore[attr-defined]
    else:
        one = TARGETS[name]
        for number, content in enumerate(beginnings(name)):
            (corpus / f"good_{number}").write_bytes(content)
    warnings.simplefilter("ignore")
    print(f"scratch folder: {FOLDER}")

    def test_one_input(data: bytes) -> None:
        one(data)

    atheris.Setup([sys.argv[0], str(corpus), *sys.argv[3:]], test_one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
