"""How the files of strangers are read: their format, encoding, layout and names."""
