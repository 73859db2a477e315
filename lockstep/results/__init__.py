"""One result of the pipeline, and its entries in dvc.lock."""
