"""`stancegraph import` and `stancegraph export`."""

import itertools
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, TYPE_CHECKING, Any

import click

from api.cli.database import with_ready_database
from api.cli.format_options import ByFormat, options_of, require_installed, taken
from api.errors import StancegraphError
from api.exchange.exports.filter_names import FILTERS
from api.exchange.format import Format
from api.exchange.formats.lib.csv_files import csv_bytes, escape_formula
from api.exchange.imports.report import RecordResult, Report
from api.security.viewer import OPERATOR

if TYPE_CHECKING:
    from api.database.database import Database
    from api.exchange.imports.context import ImportOptions

_SHOWN = 20
"""So many lines are shown of what was refused, and of what was left as it is."""


class Refused(StancegraphError):
    """Records that cannot be carried in."""


def _import_command(declared: Format) -> click.Command | None:
    if declared.read is None:
        return None
    files = click.Argument(
        ["files"], nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
    )
    return click.Command(
        declared.name,
        params=[files, *options_of(declared, "import"), *_HOW],
        callback=partial(_import, declared),
        help=f"Carry in {declared.title}.",
        short_help=declared.not_installed and f"({declared.not_installed})",
    )


_HOW: list[click.Parameter] = [
    click.Option(
        ["--project"],
        metavar="SLUG",
        help="The project of stances that name none.",
    ),
    click.Option(["--dry-run"], is_flag=True, help="Say what would become of everything, and change nothing."),
    click.Option(["--skip-refused"], is_flag=True, help="Carry in the rest of a file of which something is refused."),
    click.Option(
        ["--contradictions"],
        type=click.Choice(["refuse", "mixed"]),
        default="refuse",
        show_default=True,
        help="What becomes of stances of which the file says several labels: refused, or recorded as MIXED.",
    ),
    click.Option(
        ["--report", "report_file"],
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="A CSV file with every note of the report, one to a line, however many there are.",
    ),
]


def _import(
    declared: Format,
    files: Sequence[Path],
    project: str | None,
    dry_run: bool,
    skip_refused: bool,
    contradictions: str,
    report_file: Path | None,
    **given: Any,
) -> None:
    from api.exchange.imports.context import ImportOptions
    from api.exchange.imports.run import FileRefused, import_files

    require_installed(declared)
    options = taken(declared, given)
    wanted = ImportOptions(
        project,
        dry_run,
        skip_refused,
        contradictions == "mixed",
        declared.counted,
        bool(report_file),
        [str(file) for file in files],
    )

    assert declared.read is not None
    readings = [partial(declared.read, file, options) for file in files]

    reports: list[Report] = []

    async def run(database: "Database") -> None:
        with _bar("Importing") as progress:
            async for report in import_files(database, readings, wanted, progress):
                reports.append(report)  # noqa: PERF401 (what came before a broken file is to be told too)

    broken = None
    try:
        with_ready_database(run)
    except FileRefused as error:
        broken = Refused(f"{files[error.number]}: {error}; nothing of the file was kept")
    if report_file is not None:
        _write_notes(report_file, dict(zip(files, reports, strict=False)))
    for file, report in zip(files, reports, strict=False):
        _tell(file, report, wanted, declared.counted)
    if broken is not None:
        raise broken


def _write_notes(output: Path, reports: Mapping[Path, Report]) -> None:
    """Write every note as a row of a CSV file."""
    notes = ((file, note) for file, report in reports.items() for note in report.every_note or ())
    with written(output) as file:
        file.write(csv_bytes([("file", "place", "fate", "record", "reason")]))
        for name, (place, fate, what, why) in notes:
            file.write(csv_bytes([(escape_formula(str(name)), place, fate.value, what, escape_formula(why))]))


def _tell(file: Path, report: Report, wanted: "ImportOptions", counted: str) -> None:
    """Say what became of a file.

    :raises Refused: where nothing of it was kept.
    """
    click.echo(
        "\n".join(
            [
                f"{file}: nothing of it was kept; it would have become:" if wanted.refuses(report) else f"{file}:",
                *_table(report),
                *_source_records(report),
                *_notes(report, RecordResult.DIFFERENT, counted),
                *_notes(report, RecordResult.SKIPPED, counted),
                *_notes(report, RecordResult.NOTED, counted),
                *_notes(report, RecordResult.SIMILAR, counted),
            ]
        )
    )
    refused = report.number(RecordResult.REFUSED)
    if wanted.refuses(report):
        records = f"{refused:,} record{'s'[: refused > 1]} {'were' if refused > 1 else 'was'} refused"
        why = f"{file}: {records}, so nothing of the file was kept (--skip-refused keeps the rest)"
        raise Refused("\n".join([why, *_notes(report, RecordResult.REFUSED, counted)]))
    if refused:
        click.echo("\n".join(_notes(report, RecordResult.REFUSED, counted)))
    if wanted.dry_run:
        click.echo("  Nothing was changed: this was a dry run.")


def _table(report: Report) -> Iterator[str]:
    lines = [(what, counts) for what, counts in report.lines() if what]
    if not lines:
        yield "  nothing in it"
        return
    width = max(len(what) for what, _ in lines)
    yield f"  {'':{width}}  " + "  ".join(f"{fate.value:>9}" for fate in _COUNTED)
    for what, counts in lines:
        yield f"  {what:{width}}  " + "  ".join(f"{counts[fate]:>9,}" for fate in _COUNTED)


_COUNTED = (RecordResult.CREATED, RecordResult.MATCHED, RecordResult.DIFFERENT, RecordResult.REFUSED)


def _source_records(report: Report) -> Iterator[str]:
    """What became of the records of the file in its own terms; the numbers add up to what it holds."""
    for kind, counts in report.source_lines():
        number = sum(counts.values())
        fates = ", ".join(f"{several:,} {fate.value}" for fate, several in counts.items() if several)
        yield f"  in the file: {number:,} {kind if number == 1 else _plural(kind)}: {fates}"


def _plural(kind: str) -> str:
    if kind.endswith("y"):
        return f"{kind[:-1]}ies"
    return kind if kind.endswith("s") else f"{kind}s"


def _notes(report: Report, fate: RecordResult, counted: str) -> Iterator[str]:
    notes, number = report.notes(fate)[:_SHOWN], report.number(fate)
    for note in notes:
        yield f"  {fate.value}: {note.text(counted)}"
    if more := number - sum(note.number for note in notes):
        yield f"  {fate.value}: {more:,} more"


def _export_command(declared: Format) -> click.Command | None:
    if declared.write is None:
        return None
    return click.Command(
        declared.name,
        params=[*_WHAT, *options_of(declared, "export")],
        callback=partial(_export, declared),
        help=f"Carry out {declared.title}.",
        short_help=declared.not_installed and f"({declared.not_installed})",
    )


_WHAT: list[click.Parameter] = [
    click.Option(
        ["-o", "--output"],
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="The file to write, which is there when it is whole; stdout where left out.",
    ),
    click.Option(
        ["--filter", "filters"],
        multiple=True,
        metavar="NAME=VALUE",
        help=f"What to carry out, where not everything: {', '.join(FILTERS)}.",
    ),
]


def _export(declared: Format, output: Path | None, filters: Sequence[str], **given: Any) -> None:
    from api.exchange.exports.database_source import open_source

    require_installed(declared)
    options, chosen = taken(declared, given), [_pair(one) for one in filters]

    async def run(database: "Database") -> None:
        assert declared.write is not None
        with _bar("Exporting (bytes)") as progress, written(output) as file:
            async with open_source(database, OPERATOR, chosen) as source:
                async for piece in declared.write(source, options):
                    file.write(piece)
                    progress(len(piece))

    with_ready_database(run)


def _pair(given: str) -> tuple[str, str]:
    name, equals, value = given.partition("=")
    if not equals:
        raise click.UsageError(f"--filter must be NAME=VALUE, such as project=default, not {given!r}.")
    return name, value


@contextmanager
def written(output: Path | None) -> Iterator[IO[bytes]]:
    """What is written to: a file beside `output` that takes its place at the end, or goes where something fails."""
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        with NamedTemporaryFile(dir=output.parent, prefix=f".{output.name}.", delete=False) as file:
            beside = Path(file.name)
            try:
                yield file
                file.flush()
                os.fsync(file.fileno())
                beside.chmod(0o666 & ~_umask())
                beside.replace(output)
            except BaseException:
                beside.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise StancegraphError(f"{output}: cannot be written: {error.strerror or error}") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@contextmanager
def _bar(label: str) -> Iterator[Callable[[int], object]]:
    """A bar on stderr that is told how much more was done, where somebody looks at it."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    # How much there will be is known at the end alone: the bar only shows that it goes on.
    with click.progressbar(itertools.count(), label=label, show_pos=True, file=sys.stderr) as bar:
        yield bar.update


import_ = ByFormat(
    _import_command,
    name="import",
    help="Carry files of a format into the database, each in one transaction.\n\n"
    "What is there already is matched and left as it is, so that importing twice adds nothing.",
)

export = ByFormat(
    _export_command,
    name="export",
    help="Carry out what is in the database, or a part of it, as one state of it.",
)
