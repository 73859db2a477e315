"""The page's section about the search."""

from collections.abc import Mapping
from typing import Any

from lockstep.report import trial_figures
from lockstep.report.drawing import drawn_all
from lockstep.report.parameters import scales_of
from lockstep.report.pictures import Picture
from lockstep.report.run import Run
from lockstep.report.search_facts import bounds_hit, distribution, quarters, top_trials, varied
from lockstep.report.templates import number

# Fewer complete trials make no picture, more than so many parameters none that can be read.
FEWEST_TRIALS, MOST_PARAMETERS = 3, 16
MOST_FAILURES = 5


def search_section(run: Run, pictures: Mapping[str, Picture]) -> dict[str, Any]:
    """What was searched, how it went on, and where the range was too narrow."""
    search, trials, complete = run.story.search, run.story.trials, run.complete
    score, space = run.story.score, run.space
    failed = trials.loc[trials["state"] == "FAIL", ["number", "message"]].fillna("no message")
    return {
        "about": search,
        "settings": search["settings"],
        "spread": distribution(complete, score),
        "quarters": quarters(trials, score),
        "top": top_trials(complete, score, run.metric, space),
        "parameters": list(dict.fromkeys([*space, *run.model.training.params])),
        "space": space,
        "varied": varied(space),
        "best": run.best,
        "training": run.model.training,
        "bounds": bounds_hit(run.best, space, search["space_name"]),
        "failures": failed.head(MOST_FAILURES).to_dict("records"),
        "importance": run.story.parameters().set_index("parameter")["importance"].to_dict(),
        "pictures": [pictures["optimisation_history"], pictures["parameter_importance"], *_all_trials(run)],
    }


def _all_trials(run: Run) -> list[Picture]:
    complete, score = run.complete, run.story.score
    scales = scales_of(complete, run.space)[:MOST_PARAMETERS]
    if len(complete) < FEWEST_TRIALS or not scales:
        return []
    names, label = ", ".join(scale.name for scale in scales), f"CV {run.score}"
    lines = trial_figures.parallel_coordinates(scales, complete[score], label)
    points = trial_figures.score_by_parameter(scales, complete, score, label)
    best = run.best["params"]
    at = ", ".join(f"{scale.name} {number(best[scale.name])}" for scale in scales if scale.name in best)
    return [
        Picture.of(
            drawn_all(lambda figure: lines(figure.add_subplot()), trial_figures.LINES_INCHES),
            f"Parallel coordinates of {len(complete)} complete trials over {names} and {label}. The best has {at}.",
            "Each line is a complete trial. Where the coloured lines meet, the search is sure of the value; where they"
            " fan out, the parameter hardly matters.",
            title="parallel coordinates",
        ),
        Picture.of(
            drawn_all(points, trial_figures.panel_inches(len(scales)), placed=True),
            f"Small scatter charts of {label} against each of {names}, one point per complete trial.",
            "A valley inside the range is a good sign; scores that still fall towards a dotted end ask for a wider"
            " range.",
            title="score along each parameter",
        ),
    ]
