"""The arithmetic of runs, all of them at once; numpy and scipy are imported here only."""
