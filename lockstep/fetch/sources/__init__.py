"""The sources of tables, one in each file; the name of the file is the `kind` of the source."""
