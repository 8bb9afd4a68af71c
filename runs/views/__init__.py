"""Pages of runs and of what they are made with."""
