"""The files of a model, looked at before XGBoost and numpy read them."""
