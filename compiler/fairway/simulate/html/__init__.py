"""A simulation as one page: self-contained, readable without a network, everything escaped."""
