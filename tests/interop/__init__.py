"""The real programs load our files and read what was stored."""
