"""Figures of agreement of a queue: read from the database, measured, told on pages and in files.

The arithmetic is in `reviews.agreement`, which knows no database.
"""
