"""The view of a result in MLflow; only this package imports mlflow."""
