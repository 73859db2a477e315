"""Tables of random kinds whose truth is known, and the judge of what `lockstep new-dataset` makes of them.

A kind (kinds.py) is one function that makes a column: the texts of the file, and what a person would read in them. A
table (table.py) has three to twelve columns of random kinds and a target, in a random dialect. The judge (judge.py)
compares the values that the written dataset file gives with the truth, and every column left out with the reasons that
are true. `python -m tests.generated_tables [SEEDS]` prints the shares.
"""
