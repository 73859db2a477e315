"""`lockstep sync`: complete MLflow from DVC's outputs, or compare the two."""
