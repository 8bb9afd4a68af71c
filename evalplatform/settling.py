"""What a web process does once, before its first request, so that no page pays for it."""

from __future__ import annotations

import gc

from django.urls import reverse


def settle() -> None:
    """Load every address and its view, then leave all that is loaded out of garbage collections.

    Python looks through every object it knows now and then; with Django's 100,000 that is a pause
    of 100 ms in the middle of somebody's page.
    """
    reverse("front")  # the first look-up reads the addresses of every app
    gc.collect()
    gc.freeze()
