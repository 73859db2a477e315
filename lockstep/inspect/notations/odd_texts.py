"""The few texts of a column that are no values of its type and would become missing."""

import re
from collections.abc import Collection

from lockstep.inspect.notations.missing import is_known

# 0000-00-00, 00.00.0000 00:00:00, 00000000
ZEROS = re.compile(r"0[0/.: \-]*")
MAX_OTHERS, VALUES_PER_ODD = 3, 3


def are_odd_ones(odd: Collection[str], n_values: int) -> bool:
    """Whether texts are few beside the different values of a column, and few or well-known as words.

    Args:
        odd: Texts that are no values of the type.
        n_values: The number of different values that are read.
    """
    if not odd:
        return True
    others = [text for text in odd if not (is_known(text) or ZEROS.fullmatch(text.strip()))]
    return n_values >= 3 and n_values > VALUES_PER_ODD * len(odd) and len(others) <= MAX_OTHERS
