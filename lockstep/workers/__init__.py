"""Processes that fit: on this machine or on a cluster."""
