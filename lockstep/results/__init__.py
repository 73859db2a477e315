"""What a run of the pipeline left: one result, and what dvc.lock says of it."""
