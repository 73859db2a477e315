"""The built-in cleaning rules, one in each file; the name of the file is the name of the rule."""
