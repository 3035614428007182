import os
import tempfile
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations
from django.utils import timezone

from webinars.services.erasure import find_person
from webinars.services.personal_export import NothingLeft, export_person

ERASED = 2


class Command(BaseCommand):
    help = (
        "Write everything that is stored about a person as JSON, of that person and of nobody else. On record in the "
        "audit log. Exits with 1 when there is no such person or no room, with 2 when the person was erased."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("person", help="email address or UUID")
        parser.add_argument(
            "--out", type=Path, metavar="FILE", help="put in place when it is whole; else the terminal"
        )

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        user = find_person(options["person"].replace("\x00", ""))
        if user is None:
            raise CommandError("There is no such person.")
        try:
            pieces = export_person(user, actor_id=None, now=timezone.now())
        except NothingLeft as gone:
            raise CommandError("This person was erased: nothing is left.", returncode=ERASED) from gone
        target: Path | None = options["out"]
        if target is None:
            for piece in pieces:
                self.stdout.write(piece, ending="")
            return
        try:
            with tempfile.TemporaryDirectory(prefix=".export-", dir=target.parent) as folder:
                unfinished = Path(folder, "unfinished")
                unfinished.touch(mode=0o600)  # the server's other accounts cannot read it
                with unfinished.open("w", encoding="utf-8") as file:
                    file.writelines(pieces)
                os.replace(unfinished, target)  # noqa: PTH105  says that an older file is replaced
        except OSError as error:
            raise CommandError(f"{target} cannot be written: {error.strerror or error}") from error
        self.stdout.write(f"{user.pk}: {target}")
