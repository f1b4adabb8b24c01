"""`stancegraph annotator import`: a list of people, and a token for each of them."""

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

    from api.services.annotator_import import AddedPerson, Imported, Person

_SHOWN = 50
"""So many wrong lines are told."""
_HEADER = ("name", "role", "token")


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The file to write names and tokens to, for your eyes alone (mode 600); stdout where left out.",
)
@click.option(
    "--expires",
    type=click.IntRange(1, 36_500),
    metavar="DAYS",
    help="After how many days the tokens are no longer good.",
)
def import_(file: Path, output: Path | None, expires: int | None) -> None:
    """Add the people in a CSV file with the columns `name` and `role`, and make a token for each.

    All or nothing: every line that is wrong is told with its number. Whoever is there already, with the same role, is
    left as is and gets no token: a list that has grown can be imported again.
    """
    from api.services.annotator_import import import_annotators

    people, left_out = _people(file)
    if left_out:
        click.echo(f"stancegraph: {file}: not read: {', '.join(left_out)}", err=True)

    with _tokens_to(output) as write:

        async def work(session: "AsyncSession") -> "Imported":
            imported = await import_annotators(session, OPERATOR, people, days=expires)
            # Before the commit: a token that could not be written down would be lost, and its annotator there.
            write(imported.added)
            return imported

        imported = with_ready_database(lambda database: database.perform(work))
        if imported.errors:
            raise StancegraphError(_told(file, imported.errors))
    where = f"; tokens in {output}" if output is not None and imported.added else ""
    click.echo(f"{len(imported.added):,} added, {imported.matched:,} there already{where}.", err=True)


def _people(file: Path) -> "tuple[list[Person], list[str]]":
    """Return the people in a file, and the columns that were not read.

    :raises Malformed: if the file is no table with these columns.
    """
    from api.services.annotator_import import Person

    rows = read_table(file)
    places, left_out = rows.places(("name", "role"))
    name, role = places["name"], places["role"]
    return [Person(row.place, row.cells[name].strip(), row.cells[role].strip()) for row in rows.full_rows()], left_out


def _told(file: Path, errors: Sequence[tuple[int, str]]) -> str:
    lines = [f"{file}: line {place}: {message}" for place, message in errors[:_SHOWN]]
    more = len(errors) - len(lines)
    return "\n".join([*lines, *([f"{more:,} more lines are wrong"] if more else []), "nobody was added"])


@contextmanager
def _tokens_to(output: Path | None) -> Iterator[Callable[[Sequence["AddedPerson"]], None]]:
    """Yield what writes people and tokens; called again, it begins anew. Without people no file is made.

    :raises StancegraphError: if the file cannot be written, or is there already: the tokens in it are nowhere else.
    """
    made = b""
    file: IO[bytes] | None = None

    def write(added: Sequence["AddedPerson"]) -> None:
        nonlocal made, file
        made = _csv(added) if added else b""
        if output is None or not (made or file):
            return
        try:
            file = file or os.fdopen(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", buffering=0)
            file.seek(0)
            file.truncate()
            file.write(made)
            os.fsync(file.fileno())
        except FileExistsError:
            why = "is there already, and the tokens in it are nowhere else: name another file"
            raise StancegraphError(f"{output}: {why}; nobody was added") from None
        except OSError as error:
            raise StancegraphError(f"{output}: cannot be written: {error.strerror}; nobody was added") from error

    try:
        yield write
    except BaseException:
        if output is not None and file is not None:
            output.unlink(missing_ok=True)  # the tokens in it are good for nothing
        raise
    finally:
        if file is not None:
            file.close()
    if output is None:
        click.echo(made.decode(), nl=False)


def _csv(added: Sequence["AddedPerson"]) -> bytes:
    return csv_bytes([_HEADER, *((escape_formula(each.name), each.role, each.secret) for each in added)])
