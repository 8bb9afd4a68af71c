"""Celery tasks of delivery."""
