"""Application: the judgement: what people say about evidence."""

from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    """Registers the app, the work of its jobs and its part of home."""

    name = "reviews"
    verbose_name = "Labels"

    def ready(self) -> None:
        from evalplatform import home
        from reviews import bulk, queue_adding, queue_datasets  # noqa: F401
        from reviews.home_parts import next_up, reviews_need
        from reviews.overview import overview_of
        from reviews.reviewed_rows import reviewers_of, reviews_of
        from runs.readiness import reviews_are_counted_by
        from runs.run_listing import reviews_are_told_by

        home.show(overview_of)
        home.show(next_up)
        home.ask(reviews_need)
        reviews_are_counted_by(reviewers_of)
        reviews_are_told_by(reviews_of)
