"""README.md of an export."""

from lockstep.tracking.provenance import Provenance

README = """# A result of Lockstep: dataset {dataset}

| file | is |
|---|---|
| index.html | the report: open it in a browser |
| results.json | the numbers, for scripts; unknown ones are null |
| optimization_history.png, param_importance.png | pictures of the search |
| optuna_study.db | the search as an Optuna study: `optuna-dashboard sqlite:///optuna_study.db` |
| mlruns/ | the result in MLflow: run, trials, artefacts, registered model |
| params.yaml, datasets/, dvc.lock, reports/, models/, data/ | settings and outputs, as in the repository |

MLflow's pages, from this folder:

    mlflow server --host 127.0.0.1 --backend-store-uri sqlite:///mlruns/mlflow.db \\
        --artifacts-destination mlruns/artifacts

Predictions and comparisons, with Lockstep installed: `lockstep predict IN.csv OUT.csv --model models/model`,
`lockstep compare THIS_FOLDER ANOTHER`.

## To reproduce the result

{again}

`commit` in results.json is the commit from which the run started: settings and code that were changed afterwards are
not in it. This folder contains the settings; a table from a local file must be at its path again.
"""
REPRODUCE = "`git checkout {commit}`, copy params.yaml and datasets/ of this folder over the repository's, `dvc repro`."
REPRODUCE_EXPERIMENT = "In the repository that has the experiment: `dvc exp apply {experiment}`. Elsewhere: "


def readme(dataset: str, place: Provenance) -> str:
    """README.md of an export: a description of the files, and how to reproduce the result.

    Args:
        dataset: Its name.
        place: Provenance of the result.
    """
    steps = REPRODUCE.format(commit=place.commit or "COMMIT")
    if place.exp_name:
        steps = REPRODUCE_EXPERIMENT.format(experiment=place.exp_name) + steps
    return README.format(dataset=dataset, again=steps)
