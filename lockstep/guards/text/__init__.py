"""YAML within limits; what messages show of names, values and addresses."""
