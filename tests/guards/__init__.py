"""Guards: tests that walk the product and fail where a rule could be forgotten."""
