import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DatabaseError
from django.utils import timezone

from eventflow.api.errors import ApiError
from stats import canonical
from stats.selectors.verification import Difference, Verdict, verify
from stats.services.exports import record_export
from webinars.models import Webinar

DIFFERS, CANNOT = 1, 2


class Command(BaseCommand):
    help = (
        "Prove a webinar's sealed attendance: that its rows and header hash to its SHA-256, that the client's chain "
        "of seals is whole, and that the ledger gives the same figures again. Names what differs. Exits with 0 when "
        "all matches, 1 when something differs, 2 when it cannot be verified."
    )

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """`--version` is the seal's here, not Django's."""
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("webinar", help="slug or UUID")
        parser.add_argument("--version", type=int, dest="seal_version", metavar="N", help="not the newest")
        parser.add_argument("--sha256", default="", metavar="HEX", help="a hash written down elsewhere")
        parser.add_argument("--json", action="store_true", help="the verdict for programs")
        parser.add_argument("--canonical", metavar="FILE", help="also write the canonical export, for third parties")
        parser.add_argument("--identities", metavar="FILE", help="also write who the rows are: personal data")

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            verdict = self._verify(options)
            if options["identities"]:
                record_export(
                    webinar=verdict.seal.webinar,
                    user_id=None,
                    file_format="jsonl",
                    kind="identities",
                    personal=True,
                    now=timezone.now(),
                )
            for name, lines in (("canonical", canonical.export), ("identities", canonical.identities)):
                if options[name]:
                    self._write(options[name], lines(verdict.seal))
        except (ApiError, DatabaseError, OSError) as error:
            said = str(error.message) if isinstance(error, ApiError) else str(error)
            raise CommandError(said, returncode=CANNOT) from error
        if options["json"]:
            self.stdout.write(json.dumps(verdict.as_dict(), cls=DjangoJSONEncoder, ensure_ascii=False))
        else:
            self._tell(verdict)
        if not verdict.matches:
            raise SystemExit(DIFFERS)

    def _verify(self, options: dict[str, Any]) -> Verdict:
        webinar = Webinar.objects.by_ref(options["webinar"]).first()
        if webinar is None:
            raise CommandError(f"There is no webinar {options['webinar']}.", returncode=CANNOT)
        return verify(webinar, version=options["seal_version"], sha256=options["sha256"])

    def _write(self, path: str, lines: Iterator[bytes]) -> None:
        with Path(path).open("wb") as file:
            file.writelines(lines)

    def _tell(self, verdict: Verdict) -> None:
        seal = verdict.seal
        self.stdout.write(
            f"{seal.webinar.slug}: version {seal.version}, sealed {seal.sealed_at.isoformat()}, "
            f"{seal.people_count} people, SHA-256 {seal.sha256}"
        )
        for note in verdict.notes:
            self.stdout.write(f"note: {note.text}")
        for found in verdict.differences:
            self.stdout.write(f"differs: {_said(found)}")
        self.stdout.write("match" if verdict.matches else f"{len(verdict.differences)} differences")


def _said(found: Difference) -> str:
    place = f"row {found.row}, " if found.row is not None else ""
    person = f"{found.display_name} <{found.email}> {found.user_id or ''}".strip() if found.email else found.user_id
    values = f": sealed {found.sealed}, now {found.now}" if (found.sealed, found.now) != (None, None) else ""
    return f"{place}{f'{person}: ' if person else ''}{found.what}{values}"
