"""Raw blocks of settings, paths of files, the target."""
