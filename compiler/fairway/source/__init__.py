"""Sources: files read within limits and parsed into documents that remember every position."""
