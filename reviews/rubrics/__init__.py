"""Rubrics as values: what is asked, what may be answered, and those that come with the product."""
