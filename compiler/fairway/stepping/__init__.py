"""Moving releases: the next step, the promotion and the rollback, as edits of the spec in git.

What is known of the past comes from git history, what is known of the present from the gates'
evidence. A move is decided first, then proved in memory, then written: all of it, or nothing.
"""
