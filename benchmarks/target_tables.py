"""The tables of the study of targets: how each is described, what is run, and by which metric it is judged."""

from collections.abc import Mapping
from dataclasses import dataclass, field

# One budget for all tables.
BUDGET = (
    *("-S", "tune.n_trials=12", "-S", "train_best.n_models=2", "-S", "evaluate.bootstrap_samples=200"),
    *("-S", "evaluate.permutation_repeats=2"),
)


@dataclass(frozen=True)
class TargetTable:
    """One table and its question.

    Attributes:
        file: Name of the CSV file, without .csv.
        target: Column to predict.
        metric: By which both models are judged.
        settings: Of the experiment, beside the budget.
        options: Of new-dataset.
        edits: Replacements in the dataset file, by regular expression.
        costs: Of a false positive and a false negative; None: no threshold is chosen.
    """

    file: str
    target: str
    metric: str
    settings: tuple[str, ...]
    options: str = ""
    edits: Mapping[str, str] = field(default_factory=dict)
    costs: tuple[float, float] | None = None

    def describe(self, name: str) -> str:
        """The command that writes the dataset file."""
        command = f"lockstep new-dataset tables/{self.file}.csv --target {self.target} {self.options}".strip()
        return command if name == self.file else f"{command} --name {name}"

    def command(self, name: str) -> list[str]:
        """The words of the command that runs the experiment, without the budget."""
        settings = (f"dataset={name}", *self.settings, *self._threshold())
        return ["dvc", "exp", "run", *(word for setting in settings for word in ("-S", setting))]

    def _threshold(self) -> tuple[str, ...]:
        if self.costs is None:
            return ()
        costs = "{{false_positive: {:g}, false_negative: {:g}}}".format(*self.costs)
        return ("split.strategy=stratified", f"train_best.threshold={costs}")


AVERAGE_PRECISION = "booster.metric=average_precision"
TABLES = {
    "nass_crashes": TargetTable(
        *("nass_crashes", "dead", "auc", ("booster.metric=auc", "split.strategy=stratified"), "--weight weight"),
        # An injury of severity 4 is a death.
        {r",\s*injSeverity": ""},
    ),
    "singapore_auto": TargetTable(
        *("singapore_auto", "Clm_Count", "poisson_deviance", ("booster.objective=poisson",), "--exposure Exp_weights")
    ),
    "ohlsson_counts": TargetTable(
        *("ohlsson_motor", "antskad", "poisson_deviance", ("booster.objective=poisson",), "--exposure duration")
    ),
    "ohlsson_costs": TargetTable(
        *("ohlsson_motor", "skadkost", "tweedie_deviance", ("booster.objective=tweedie",), "--exposure duration")
    ),
    "attrition": TargetTable(
        *("attrition", "Attrition", "average_precision", (AVERAGE_PRECISION, "booster.class_weight=balanced")),
        costs=(1, 5),
    ),
    "telco_churn": TargetTable(
        *("telco_churn", "churn", "average_precision", (AVERAGE_PRECISION, "booster.class_weight=balanced")),
        costs=(1, 5),
    ),
    "chicago_ridership": TargetTable(
        *("chicago_ridership", "ridership", "rmse", ("split.strategy=time", "split.time=date", "split.gap=14d"))
    ),
    "fraud": TargetTable("fraud", "fraud", "average_precision", (AVERAGE_PRECISION,), costs=(1, 10)),
    "claims": TargetTable(
        *("claims", "claims", "poisson_deviance", ("booster.objective=poisson",), "--exposure exposure")
    ),
}
