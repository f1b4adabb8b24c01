"""Output of commands: files that are replaced when complete, and progress bars."""

import itertools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

import click

from api.errors import StancegraphError


@contextmanager
def open_output(output: Path | None) -> Iterator[IO[bytes]]:
    """Open a temporary file that replaces `output` at the end of the block and is removed on errors; None is stdout.

    :raises StancegraphError: if the file cannot be written.
    """
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        with NamedTemporaryFile(dir=output.parent, prefix=f".{output.name}.", delete=False) as file:
            temporary = Path(file.name)
            try:
                yield file
                file.flush()
                os.fsync(file.fileno())
                temporary.chmod(0o666 & ~_umask())
                temporary.replace(output)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise StancegraphError(f"{output}: cannot be written: {error.strerror or error}") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[int], object]]:
    """Yield a function that adds to a progress bar on stderr; without a terminal it does nothing."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    # The total is unknown until the end: the bar only shows progress.
    with click.progressbar(itertools.count(), label=label, show_pos=True, file=sys.stderr) as bar:
        yield bar.update
