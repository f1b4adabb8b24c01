"""`stancegraph annotator import`: adds the people in a CSV file and makes a token for each."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from api.cli.database import with_ready_database
from api.errors import StancegraphError
from api.exchange.formats.lib.csv_files import csv_bytes, escape_formula, read_table
from api.security.viewer import OPERATOR

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from api.services.annotator_import import AddedPerson, AnnotatorImport, Person

_MAX_ERRORS = 50
"""Wrong lines in the error message."""
_HEADER = ("name", "role", "token")


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="File to write names and tokens to, readable by you alone (mode 600); default stdout.",
)
@click.option(
    "--expires",
    type=click.IntRange(1, 36_500),
    metavar="DAYS",
    help="Days until the tokens expire; default never.",
)
def import_(file: Path, output: Path | None, expires: int | None) -> None:
    """Add the people in a CSV file with the columns `name` and `role`, and make a token for each.

    Atomic: if a line is wrong, nobody is added, and all wrong lines are listed. People who exist with the same role get
    no token, so a list that has grown can be imported again.
    """
    from api.services.annotator_import import import_annotators

    people, ignored = _people(file)
    if ignored:
        click.echo(f"stancegraph: {file}: not read: {', '.join(ignored)}", err=True)

    with _tokens_to(output) as write:

        async def work(session: "AsyncSession") -> "AnnotatorImport":
            imported = await import_annotators(session, OPERATOR, people, days=expires)
            # Before the commit: if the file cannot be written, no annotator without a known token remains.
            write(imported.added)
            return imported

        imported = with_ready_database(lambda database: database.perform(work))
        if imported.errors:
            raise StancegraphError(_message(file, imported.errors))
    where = f"; tokens in {output}" if output is not None and imported.added else ""
    click.echo(f"{len(imported.added):,} added, {imported.matched:,} there already{where}.", err=True)


def _people(file: Path) -> "tuple[list[Person], list[str]]":
    """Return the people in a file, and the names of columns that were ignored.

    :raises Malformed: if the file is no CSV table with these columns.
    """
    from api.services.annotator_import import Person

    rows = read_table(file)
    places, ignored = rows.places(("name", "role"))
    name, role = places["name"], places["role"]
    return [Person(row.place, row.cells[name].strip(), row.cells[role].strip()) for row in rows.full_rows()], ignored


def _message(file: Path, errors: Sequence[tuple[int, str]]) -> str:
    lines = [f"{file}: line {place}: {message}" for place, message in errors[:_MAX_ERRORS]]
    more = len(errors) - len(lines)
    return "\n".join([*lines, *([f"{more:,} more lines are wrong"] if more else []), "nobody was added"])


@contextmanager
def _tokens_to(output: Path | None) -> Iterator[Callable[[Sequence["AddedPerson"]], None]]:
    """Yield a function that writes people and tokens; a second call replaces the first. Without people no file is made.

    :raises StancegraphError: if the file cannot be written or exists: nothing else has the tokens in it.
    """
    content = b""
    file: IO[bytes] | None = None

    def write(added: Sequence["AddedPerson"]) -> None:
        nonlocal content, file
        content = _csv(added) if added else b""
        if output is None or not (content or file):
            return
        try:
            file = file or os.fdopen(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", buffering=0)
            file.seek(0)
            file.truncate()
            file.write(content)
            os.fsync(file.fileno())
        except FileExistsError:
            reason = "already exists, and may hold tokens that nothing else has: name another file"
            raise StancegraphError(f"{output}: {reason}; nobody was added") from None
        except OSError as error:
            raise StancegraphError(f"{output}: cannot be written: {error.strerror}; nobody was added") from error

    try:
        yield write
    except BaseException:
        if output is not None and file is not None:
            output.unlink(missing_ok=True)  # its tokens are invalid
        raise
    finally:
        if file is not None:
            file.close()
    if output is None:
        click.echo(content.decode(), nl=False)


def _csv(added: Sequence["AddedPerson"]) -> bytes:
    return csv_bytes([_HEADER, *((escape_formula(each.name), each.role, each.secret) for each in added)])
