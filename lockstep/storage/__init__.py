"""Tables, JSON and CSV as deterministic files; locks; scratch folders."""
