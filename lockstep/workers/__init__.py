"""Worker processes for fits, on this machine or on a cluster."""
