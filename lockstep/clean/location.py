"""Where a column's values are, for messages."""

from dataclasses import dataclass

from lockstep.errors import DataError

MAX_SHOWN_CHARACTERS = 80


@dataclass(frozen=True)
class Location:
    """The location of a column's values, for messages.

    Attributes:
        where: The file and the column.
        first_row: 0-based row of the first value in the file.
        correctable: Whether the column's facts can still be changed; a trained model's cannot.
    """

    where: str
    first_row: int = 0
    correctable: bool = True

    def error(self, row: int, text: str) -> DataError:
        """The error for the value in a row, counted from 0 at the first value."""
        return DataError(f"{self.where}: row {self.first_row + row + 1}: {text}")

    def remedy(self, correction: str) -> str:
        """The next step: the correction of the dataset file or, for a trained model, of the value."""
        return correction if self.correctable else "correct the value"


def shortened(text: str) -> str:
    """A value in quotes, of at most 80 characters."""
    return repr(text if len(text) <= MAX_SHOWN_CHARACTERS else f"{text[:MAX_SHOWN_CHARACTERS]}...")
