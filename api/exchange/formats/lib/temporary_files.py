"""Temporary files of exports and imports."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from api.database.driver_errors import sqlite_error
from api.errors import Unavailable

_NO_SPACE_ERRNOS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.ENOENT)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Return a folder for temporary files, which is deleted at the end of the block.

    :raises Unavailable: if there is no space for the folder or its files.
    """
    try:
        with TemporaryDirectory(prefix="stancegraph-") as folder:
            yield Path(folder)
    except OSError as error:
        if error.errno not in _NO_SPACE_ERRNOS:
            raise
        raise _no_space() from error
    except sqlite3.OperationalError as error:
        if not isinstance(sqlite_error(error), Unavailable):
            raise
        raise _no_space() from error


def _no_space() -> Unavailable:
    return Unavailable("the server has no space for temporary files; try again when its operator has made some")
