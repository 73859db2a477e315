"""How the values of a column are written: numbers, dates, spans, truth values, words."""
