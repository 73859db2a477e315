"""Screens of plain columns: fillers, values that determine the target, formulas; new-dataset and evaluate use them."""
