"""The tables of the yardstick: which column is predicted, and what a person would tell new-dataset."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """One table and its question.

    Attributes:
        file: Name of the CSV file in the folder of tables, without .csv; empty for a table that Lockstep ships.
        target: Column to predict; empty for a table that Lockstep ships.
        options: Further words for new-dataset.
        settings: What a person who knows the table would set beside what new-dataset suggests, such as a group column.
    """

    file: str = ""
    target: str = ""
    options: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()


# Small tables first: a run that is stopped early has as many tables as possible.
TABLES = {
    "diabetes": Table(),
    "titanic": Table("titanic", "survived"),
    "sacramento": Table("sacramento", "price"),
    "epa2021": Table("epa2021", "comb_mpg"),
    "attrition": Table("attrition", "Attrition"),
    "credit_status": Table("credit_status", "Status"),
    "stackoverflow": Table("stackoverflow", "Salary"),
    "remote": Table("stackoverflow", "Remote"),
    "chicago_ridership": Table("chicago_ridership", "ridership"),
    "nyc_taxis": Table("nyc_taxis", "fare"),
    "telco_churn": Table("telco_churn", "churn"),
    "singapore_auto": Table("singapore_auto", "Clm_Count", ("--exposure", "Exp_weights")),
    "california_housing": Table(),
    # One accident has several rows.
    "nass_crashes": Table(
        *("nass_crashes", "dead", ("--weight", "weight"), ("split.strategy=stratified_group", "split.group=caseid"))
    ),
    "spotify_songs": Table(),
    "ohlsson_counts": Table("ohlsson_motor", "antskad", ("--exposure", "duration")),
    "ohlsson_costs": Table("ohlsson_motor", "skadkost", ("--exposure", "duration")),
}
