"""Application: the judgement: what people say about evidence."""

from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    """Registers the app."""

    name = "reviews"
