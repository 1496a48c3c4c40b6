"""The report as one page: self-contained, readable without a network, everything escaped."""
