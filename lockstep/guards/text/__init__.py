"""YAML within limits; names, values and addresses as messages show them."""
