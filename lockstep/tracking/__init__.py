"""The view of a result in MLflow; nothing outside this package imports mlflow."""
