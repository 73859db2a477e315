"""README.md of an export: what the files are, and how to make the result again."""

from lockstep.tracking.provenance import Provenance

TEXT = """# A result of Lockstep: dataset {dataset}

| file | is |
|---|---|
| index.html | the report: open it in a browser |
| results.json | the numbers, for scripts; what is not known is null |
| optimization_history.png, param_importance.png | pictures of the search |
| optuna_study.db | the search as an Optuna study: `optuna-dashboard sqlite:///optuna_study.db` |
| mlruns/ | the result in MLflow: run, trials, artefacts, registered model |
| params.yaml, datasets/, dvc.lock, reports/, models/, data/ | settings and outputs, as they are in the repository |

MLflow's pages, from this folder:

    mlflow server --host 127.0.0.1 --backend-store-uri sqlite:///mlruns/mlflow.db \\
        --artifacts-destination mlruns/artifacts

Predictions and comparisons, with Lockstep installed: `lockstep predict IN.csv OUT.csv --model models/model`,
`lockstep compare THIS_FOLDER ANOTHER`.

## To make the result again

{again}

`commit` in results.json is the commit that the run started from: settings, and code, that were changed after it are not
in it. This folder holds the settings; a table that is read from a file of one's own must be at its place again.
"""
ELSEWHERE = "`git checkout {commit}`, copy params.yaml and datasets/ of this folder over the repository's, `dvc repro`."
APPLY = "In the repository that has the experiment: `dvc exp apply {experiment}`. Elsewhere: "


def readme(dataset: str, place: Provenance) -> str:
    """The text.

    Args:
        dataset: Its name.
        place: Where the result stands.
    """
    again = ELSEWHERE.format(commit=place.commit or "COMMIT")
    if place.exp_name:
        again = APPLY.format(experiment=place.exp_name) + again
    return TEXT.format(dataset=dataset, again=again)
