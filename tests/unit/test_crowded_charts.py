"""Charts of very many trials: usual marks while there is room, then smaller ones."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from lockstep.report.search_parameters import ParameterScale
from lockstep.report.sections.search_section import optimisation_history, parallel_coordinates, score_by_parameter


def _axes() -> Axes:
    return Figure().add_subplot()


@pytest.mark.parametrize("count", [100, 500, 10_000])
def test_marks_shrink_only_where_they_would_hide_each_other(count: int) -> None:
    scores = pd.Series(np.linspace(2.0, 1.0, count))
    trials = pd.DataFrame({"number": range(count), "cv_rmse": scores, "state": "COMPLETE"})
    scale = ParameterScale("rate", 0.0, 1.0, False, None, np.linspace(0, 1, count))
    usual = count <= 500

    history = _axes()
    optimisation_history(trials, trials.assign(best_so_far=scores), "cv_rmse", "RMSE")(history)
    assert (history.collections[0].get_sizes()[0] == 16) == usual  # type: ignore[attr-defined]

    figure = Figure()
    score_by_parameter([scale], trials, "cv_rmse", "RMSE")(figure)
    assert (figure.axes[0].collections[0].get_sizes()[0] == 18) == usual  # type: ignore[attr-defined]

    lines = _axes()
    parallel_coordinates([scale], scores, "RMSE")(lines)
    grey, blue, best = [each for each in lines.collections if isinstance(each, LineCollection)]
    assert (grey.get_alpha() == 0.35) == usual
    coloured = len(blue.get_segments()) + len(best.get_segments())
    assert coloured == min(count // 10, 50)
    assert len(grey.get_segments()) == count - coloured
