"""What the commands have in common that write a webinar's data to a file."""

import os
import tempfile
import time
from argparse import ArgumentTypeError
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone, translation

from stats.exports.kinds import Exported, exported, write_file
from stats.models import Export
from stats.selectors.attendance import AttendanceQuery
from stats.services.exports import record_export
from stats.sql import exports as sql
from webinars.models import Webinar

PROGRESS_EVERY_SECONDS = 1


def known_language(text: str) -> str:
    if text not in dict(settings.LANGUAGES):
        raise ArgumentTypeError(f"there is no {text}; there are: {', '.join(dict(settings.LANGUAGES))}")
    return text


class FileCommand(BaseCommand):
    """Writes the kind of file that `kind` names, whole or not at all."""

    kind: Export.Kind

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("webinar", help="slug or UUID")
        parser.add_argument("--format", choices=Export.Format.values, help="by default, what --output ends with")
        parser.add_argument("--output", type=Path, help="a file or a folder (default: here, named by the webinar)")
        parser.add_argument("--language", type=known_language, help="of its texts (default: the webinar's)")

    def handle(self, *args: Any, **options: Any) -> None:
        webinar = Webinar.objects.select_related("client").by_ref(options["webinar"]).first()
        if webinar is None:
            raise CommandError(f"There is no webinar {options['webinar']}.")
        output: Path = options["output"] or Path()
        file_format = options["format"] or output.suffix.removeprefix(".").lower()
        if file_format not in Export.Format.values:
            raise CommandError("Say --format csv or --format xlsx, or give an --output that ends with one of them.")
        personal, now = not options.get("without_people", False), timezone.now()
        # On record before anything is written: a file that was written in part was taken out all the same.
        record_export(
            webinar=webinar, user_id=None, file_format=file_format, kind=self.kind, personal=personal, now=now
        )
        with translation.override(options["language"] or webinar.language), sql.one_moment():
            contents = exported(self.kind, webinar=webinar, query=AttendanceQuery(), personal=personal, now=now)
            target = output / contents.file_name(file_format) if output.is_dir() else output
            rows = self._write(contents, target, file_format)
        self.stdout.write(f"{target}: {rows:,} rows")

    def _write(self, contents: Exported, target: Path, file_format: str) -> int:
        report = self._report(contents.rows_expected(file_format) or 0)
        try:
            with tempfile.TemporaryDirectory(prefix=".export-", dir=target.parent) as folder:
                unfinished = Path(folder, "unfinished")
                rows = write_file(contents, unfinished, file_format=file_format, report=report)
                os.replace(unfinished, target)  # noqa: PTH105  says that an older file is replaced
        except OSError as error:
            raise CommandError(f"{target} cannot be written: {error.strerror or error}") from error
        return rows

    def _report(self, total: int) -> Callable[[int], None]:
        """Says how far it is, once a second at most."""
        said = time.monotonic()

        def report(rows: int) -> None:
            nonlocal said
            if time.monotonic() - said >= PROGRESS_EVERY_SECONDS:
                said = time.monotonic()
                self.stderr.write(f"{rows:,} of {max(rows, total):,} rows")

        return report
