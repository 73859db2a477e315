"""The ordered search: identical suggestions and pruning for any number of workers."""
