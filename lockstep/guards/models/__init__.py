"""Checks of the files of a model before XGBoost and numpy read them."""
