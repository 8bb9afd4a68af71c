"""The one exception that ends a start: its text is the single line a person sees."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class StartError(Exception):
    """Something outside the program stands in the way; the message says what, then what to do."""


@contextmanager
def plain_disk_errors(folder: Path) -> Iterator[None]:
    """Turn a full, read-only or forbidden disk into one line about `folder`."""
    try:
        yield
    except OSError as error:
        raise StartError(_disk_line(error, folder)) from error


def full_disk_line(folder: Path) -> str:
    return f"The disk that holds {folder} is full. Free some space and start again."


def _disk_line(error: OSError, folder: Path) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return full_disk_line(folder)
    if error.errno == errno.EROFS:
        return f"{folder} is on a read-only disk. Set EVALPLATFORM_HOME to a folder you can write."
    if error.errno in (errno.EACCES, errno.EPERM):
        return (
            f"{error.filename or folder} belongs to another account. "
            "Start as that account, or set EVALPLATFORM_HOME to a folder of yours."
        )
    return f"Cannot use {folder}: {error.strerror or error}."
