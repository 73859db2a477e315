"""`python -m tests.generated_tables [SEEDS] [FIRST]`: the share of columns read right by kind, and examples."""

import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.generated_tables.judge import Judgement, Verdict, judged, prepare
from tests.generated_tables.table import make_table

EXAMPLES = 3


def judge_all(seeds: Iterable[int], folder: Path) -> list[Judgement]:
    """The judgement of the table of each seed."""
    prepare(folder)
    return [judged(make_table(seed), folder) for seed in seeds]


def share_right(verdicts: Sequence[Verdict]) -> float:
    """The share of columns that were read right; those of a refused table were not read."""
    return sum(not verdict.wrong for verdict in verdicts) / len(verdicts)


def report(judgements: Sequence[Judgement]) -> str:
    """The table of kinds, the worst first, with examples of what was wrong."""
    verdicts = [verdict for judgement in judgements for verdict in judgement.verdicts]
    crashes = [judgement for judgement in judgements if judgement.crash]
    kinds = defaultdict[str, list[Verdict]](list)
    for verdict in verdicts:
        kinds[verdict.kind].append(verdict)
    lines = [
        f"{len(judgements)} tables, {len(verdicts)} columns: {share_right(verdicts):.1%} read right,"
        f" {sum(verdict.unexplained for verdict in verdicts)} left out without a true reason,"
        f" {sum(any(v.refused for v in j.verdicts) for j in judgements)} tables refused, {len(crashes)} tracebacks",
        f"{'kind':<42} {'read':>7} {'right':>6} {'refused':>7}",
    ]
    judged_of = {name: [verdict for verdict in group if not verdict.refused] for name, group in kinds.items()}
    shares = {name: share_right(group) if group else 0.0 for name, group in judged_of.items()}
    for name in sorted(shares, key=lambda name: (shares[name], name)):
        refused = len(kinds[name]) - len(judged_of[name])
        lines.append(f"{name:<42} {len(judged_of[name]):>7} {shares[name]:>6.0%} {refused:>7}")
    for _, group in sorted(judged_of.items()):
        wrong = [verdict for verdict in group if verdict.wrong]
        lines += [example for verdict in _different(wrong) for example in _shown(verdict)]
    refusals = {verdict.wrong: verdict for verdict in verdicts if verdict.refused}
    lines += [f"seed {verdict.seed}: {verdict.wrong}" for verdict in refusals.values()]
    return "\n".join([*lines, *(judgement.crash for judgement in crashes[:EXAMPLES])])


def _different(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """The first verdicts whose mistakes differ."""
    return list({verdict.wrong[:24]: verdict for verdict in reversed(verdicts)}.values())[-EXAMPLES:]


def _shown(verdict: Verdict) -> list[str]:
    return [
        f"{verdict.kind}, seed {verdict.seed}, column {verdict.column!r}: {verdict.wrong}",
        f"    texts    {verdict.sample}",
        *([f"    written  {verdict.written}"] if verdict.written else []),
    ]


def main() -> None:
    """Print the report for some seeds."""
    n_seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    with tempfile.TemporaryDirectory() as name:
        print(report(judge_all(range(first, first + n_seeds), Path(name))))


if __name__ == "__main__":
    main()
