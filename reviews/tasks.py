"""Celery tasks of the judgement; the works of its jobs are registered by this import."""

from reviews import bulk  # noqa: F401
