"""The Celery application: it carries "run job N" and the beat's two clocks."""

import os

from celery import Celery
from celery.signals import heartbeat_sent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evalplatform.settings")

app = Celery("evalplatform")
app.set_default()  # for every thread of the web server, not only the one that imports this
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@heartbeat_sent.connect
def tell_readyz(**signal: object) -> None:
    """Let /readyz see that a worker lives."""
    from evalplatform.health import write_heartbeat

    write_heartbeat(**signal)
