"""How far reviewers agree: pure functions on arrays, without Django and without a database.

numpy is loaded with these modules, so import them where a view, task or command needs them.
"""
