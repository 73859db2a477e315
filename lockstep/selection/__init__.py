"""The choice of features: what an automatic recipe adds to the steps that it begins with."""
