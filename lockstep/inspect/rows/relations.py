"""The relations of a table's rows, found from its columns."""

from collections.abc import Mapping

import pandas as pd

from lockstep.evaluate.screens.copies import find_copies
from lockstep.inspect.findings import Finding
from lockstep.inspect.reading import ReadColumn
from lockstep.inspect.rows.calendar_columns import calendar_moments, find_calendars
from lockstep.inspect.rows.places import find_places
from lockstep.inspect.rows.split_choice import choose_split
from lockstep.inspect.rows.structure import Relations

# The share of the rows in the test part, as params.yaml comes.
TEST_SIZE = 0.2


def find_relations(
    findings: Mapping[str, Finding], reads: Mapping[str, ReadColumn], target: str, *, classes: bool
) -> Relations:
    """Copies, order in time, groups and places.

    Args:
        findings: The columns with their roles.
        reads: Their values.
        target: The column to predict.
        classes: Whether it names classes.
    """
    compared = [name for name, column in findings.items() if column.role not in ("identifier", "unreadable")]
    frame = pd.DataFrame({name: reads[name].values.reset_index(drop=True) for name in compared})
    copies = find_copies(frame, target, classes=classes, test_size=TEST_SIZE)
    features = {name: reads[name] for name, column in findings.items() if column.role in ("plain", "encoded")}
    places = find_places(features, reads[target].values, classes=classes)
    whole_dates = any(read.type == "date" and not read.missing for read in features.values())
    calendars = [] if whole_dates else find_calendars(features, findings)
    dates = {calendar.name: calendar_moments(calendar, reads) for calendar in calendars}
    split = choose_split(findings, reads, target, dates, classes=classes, has_places=bool(places))
    return Relations(copies, split, tuple(calendars), tuple(places))
