"""What has to be done once the servers run and before the web does: tables, static files, demo."""

import hashlib
import os
from pathlib import Path

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

from evalplatform import env

COLLECTED = ".collected"  # in the folder of static files: of which files they are


def prepare() -> None:
    """Bring the database and the static files up to date; each step may be repeated."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evalplatform.settings")
    django.setup()
    call_command("migrate", interactive=False)
    collect_static()
    if env.flag("EVALPLATFORM_DEMO", default=True):
        call_command("seed_demo", if_empty=True)


def collect_static() -> None:
    """Collect the static files, unless those there are were made of the same files the same way:
    to hash and compress them takes longer than the rest of a start.
    """
    root = Path(settings.STATIC_ROOT)
    stamp, digest = root / COLLECTED, _digest_of_sources()
    if stamp.is_file() and stamp.read_text() == digest:
        return
    stamp.unlink(missing_ok=True)
    call_command("collectstatic", interactive=False, verbosity=0)
    root.mkdir(parents=True, exist_ok=True)
    stamp.write_text(digest)


def _digest_of_sources() -> str:
    """Of the way static files are stored, and of path, size and time of each."""
    found = [str(settings.STORAGES["staticfiles"])]
    for finder in get_finders():
        for name, storage in finder.list([]):
            about = os.stat(storage.path(name))
            found.append(f"{storage.path(name)} {about.st_size} {about.st_mtime_ns}")
    return hashlib.sha256("\n".join(sorted(found)).encode()).hexdigest()


if __name__ == "__main__":
    prepare()
