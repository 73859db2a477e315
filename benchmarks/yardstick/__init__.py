"""Lockstep as a person would run it, beside untuned LightGBM and CatBoost, FLAML and AutoGluon, on many tables."""
