"""`stancegraph import` and `stancegraph export`."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.cli.database import with_ready_database
from api.cli.format_options import FormatGroup, click_options, require_installed, take_options
from api.cli.output import open_output, progress_bar
from api.errors import StancegraphError
from api.exchange.exports.filter_names import FILTERS
from api.exchange.format import Format
from api.exchange.formats.lib.csv_files import csv_bytes, escape_formula
from api.exchange.imports.report import RecordResult, Report
from api.security.viewer import OPERATOR

if TYPE_CHECKING:
    from api.database.database import Database
    from api.exchange.imports.context import ImportOptions

_MAX_NOTES = 20
"""Notes of each kind in the printed report."""


class ImportRefused(StancegraphError):
    """The file, or records in it, cannot be imported."""


def _import_command(declared: Format) -> click.Command | None:
    if declared.read is None:
        return None
    files = click.Argument(
        ["files"], nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
    )
    return click.Command(
        declared.name,
        params=[files, *click_options(declared, "import"), *_IMPORT_OPTIONS],
        callback=partial(_import, declared),
        help=f"Import {declared.title}.",
        short_help=declared.not_installed and f"({declared.not_installed})",
    )


_IMPORT_OPTIONS: list[click.Parameter] = [
    click.Option(
        ["--project"],
        metavar="SLUG",
        help="Project of stances in the file that name no project.",
    ),
    click.Option(["--dry-run"], is_flag=True, help="Report the results of the import, and change nothing."),
    click.Option(["--skip-refused"], is_flag=True, help="Import the other records of a file with refused records."),
    click.Option(
        ["--contradictions"],
        type=click.Choice(["refuse", "mixed"]),
        default="refuse",
        show_default=True,
        help="Treatment of stances with several labels in the file: refuse them, or record MIXED.",
    ),
    click.Option(
        ["--report", "report_file"],
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="CSV file to write all notes of the report to, one per line.",
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
    **arguments: Any,
) -> None:
    from api.exchange.imports.context import ImportOptions
    from api.exchange.imports.run import FileRefused, import_files

    require_installed(declared)
    options = take_options(declared, arguments)
    import_options = ImportOptions(
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
        with progress_bar("Importing") as progress:
            async for report in import_files(database, readings, import_options, progress):
                reports.append(report)  # noqa: PERF401 (a broken file must not lose the reports before it)

    broken = None
    try:
        with_ready_database(run)
    except FileRefused as error:
        broken = ImportRefused(f"{files[error.number]}: {error}; nothing of the file was imported")
    if report_file is not None:
        _write_notes(report_file, dict(zip(files, reports, strict=False)))
    for file, report in zip(files, reports, strict=False):
        _print_report(file, report, import_options, declared.counted)
    if broken is not None:
        raise broken


def _write_notes(output: Path, reports: Mapping[Path, Report]) -> None:
    """Write every note as a row of a CSV file."""
    notes = ((file, note) for file, report in reports.items() for note in report.every_note or ())
    with open_output(output) as file:
        file.write(csv_bytes([("file", "place", "fate", "record", "reason")]))
        for name, (place, fate, what, why) in notes:
            file.write(csv_bytes([(escape_formula(str(name)), place, fate.value, what, escape_formula(why))]))


def _print_report(file: Path, report: Report, options: "ImportOptions", counted: str) -> None:
    """Print the report of a file.

    :raises ImportRefused: if the import of the file was rolled back.
    """
    click.echo(
        "\n".join(
            [
                f"{file}: nothing of it was imported; the result would have been:"
                if options.refuses(report)
                else f"{file}:",
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
    if options.refuses(report):
        records = f"{refused:,} record{'s'[: refused > 1]} {'were' if refused > 1 else 'was'} refused"
        reason = f"{file}: {records}, so nothing of the file was imported (--skip-refused imports the rest)"
        raise ImportRefused("\n".join([reason, *_notes(report, RecordResult.REFUSED, counted)]))
    if refused:
        click.echo("\n".join(_notes(report, RecordResult.REFUSED, counted)))
    if options.dry_run:
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
    """Yield the results of the records in the terms of the file; the numbers add up to all its records."""
    for kind, counts in report.source_lines():
        number = sum(counts.values())
        fates = ", ".join(f"{several:,} {fate.value}" for fate, several in counts.items() if several)
        yield f"  in the file: {number:,} {kind if number == 1 else _plural(kind)}: {fates}"


def _plural(kind: str) -> str:
    if kind.endswith("y"):
        return f"{kind[:-1]}ies"
    return kind if kind.endswith("s") else f"{kind}s"


def _notes(report: Report, fate: RecordResult, counted: str) -> Iterator[str]:
    notes, number = report.notes(fate)[:_MAX_NOTES], report.number(fate)
    for note in notes:
        yield f"  {fate.value}: {note.text(counted)}"
    if more := number - sum(note.number for note in notes):
        yield f"  {fate.value}: {more:,} more"


def _export_command(declared: Format) -> click.Command | None:
    if declared.write is None:
        return None
    return click.Command(
        declared.name,
        params=[*_EXPORT_OPTIONS, *click_options(declared, "export")],
        callback=partial(_export, declared),
        help=f"Export {declared.title}.",
        short_help=declared.not_installed and f"({declared.not_installed})",
    )


_EXPORT_OPTIONS: list[click.Parameter] = [
    click.Option(
        ["-o", "--output"],
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="File to write, replaced when complete; default stdout.",
    ),
    click.Option(
        ["--filter", "filters"],
        multiple=True,
        metavar="NAME=VALUE",
        help=f"Export only matching rows; the names are {', '.join(FILTERS)}.",
    ),
]


def _export(declared: Format, output: Path | None, filters: Sequence[str], **arguments: Any) -> None:
    from api.exchange.exports.database_source import open_source

    require_installed(declared)
    options, pairs = take_options(declared, arguments), [_pair(one) for one in filters]

    async def run(database: "Database") -> None:
        assert declared.write is not None
        with progress_bar("Exporting (bytes)") as progress, open_output(output) as file:
            async with open_source(database, OPERATOR, pairs) as source:
                async for piece in declared.write(source, options):
                    file.write(piece)
                    progress(len(piece))

    with_ready_database(run)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"--filter must be NAME=VALUE, such as project=default, not {text!r}.")
    return name, value


import_ = FormatGroup(
    _import_command,
    name="import",
    help="Import files, each in one transaction.\n\n"
    "Existing rows are matched and stay unchanged: a second import adds nothing.",
)

export = FormatGroup(
    _export_command,
    name="export",
    help="Export a snapshot of the database, or a part of it.",
)
