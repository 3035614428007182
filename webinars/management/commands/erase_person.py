import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations
from django.db import transaction
from django.utils import timezone

from webinars.services.erasure import CannotErase, erase_person, find_person, is_erased

REFUSED = 2


class Command(BaseCommand):
    help = (
        "Erase a person for good: name, address, sign-in, memberships, answers, what they wrote, where their pages "
        "were opened. Every count and every figure stays. Exits with 1 when there is no such person, with 2 when the "
        "person must be kept: a super admin, or the last owner of an agency or client."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("person", help="email address or UUID; a person who was erased is known by UUID only")
        parser.add_argument("--dry-run", action="store_true", help="say what would be erased, change nothing")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        dry_run = options["dry_run"]
        user = find_person(options["person"])
        if user is None:
            raise CommandError("There is no such person.")
        if not dry_run and not options["yes"] and not is_erased(user):
            self._ask(str(user.pk))
        try:
            with transaction.atomic():
                counts = erase_person(user_id=user.pk, now=timezone.now())
                transaction.set_rollback(dry_run)
        except CannotErase as refusal:
            raise CommandError(str(refusal.message), returncode=REFUSED) from refusal
        verb = "would be erased" if dry_run else "erased"
        self.stdout.write(f"{user.pk}: {verb}" if counts["person"] else f"{user.pk}: was erased before")
        for name, count in counts.items():
            if name != "person":
                self.stdout.write(f"  {name}: {count}")

    def _ask(self, user_id: str) -> None:
        """Nothing brings a person back; the answer is a part of the id, so that no habit types it."""
        if not sys.stdin.isatty():
            raise CommandError("Nothing brings an erased person back. Without a terminal this needs --yes.")
        expected = user_id[:8]
        self.stdout.write(f"Nothing brings person {user_id} back. To go on, type {expected}: ", ending="")
        self.stdout.flush()
        if sys.stdin.readline().strip() != expected:
            raise CommandError("Nothing was erased.")
