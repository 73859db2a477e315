"""The shape of params.yaml and datasets/*.yaml: frozen, validated models without behaviour."""
