"""`lockstep sync`: MLflow made to show what DVC holds."""
