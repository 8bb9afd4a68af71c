"""What has to be done once the servers run and before the web does: tables, static files, demo."""

import os

import django
from django.core.management import call_command

from evalplatform import env


def prepare() -> None:
    """Bring the database and the static files up to date; each step may be repeated."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evalplatform.settings")
    django.setup()
    call_command("migrate", interactive=False)
    call_command("collectstatic", interactive=False, verbosity=0)
    if env.flag("EVALPLATFORM_DEMO", default=True):
        call_command("seed_demo", if_empty=True)


if __name__ == "__main__":
    prepare()
