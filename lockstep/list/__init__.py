"""List: the classes of every kind and their settings, on the terminal and as pages of the documentation."""
