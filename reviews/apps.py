"""Application: the judgement: what people say about evidence."""

from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    """Registers the app, and its part of home."""

    name = "reviews"
    verbose_name = "Labels"

    def ready(self) -> None:
        from evalplatform import home
        from reviews.overview import overview_of

        home.show(overview_of)
