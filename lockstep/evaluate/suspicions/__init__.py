"""One suspicion about a result in each file."""
