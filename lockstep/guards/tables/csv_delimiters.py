"""The delimiters that a CSV file may have."""

# The most common first.
DELIMITERS = (",", ";", "\t", "|")
# The same as a message lists them.
DELIMITERS_SHOWN = "comma, semicolon, tab or |"
