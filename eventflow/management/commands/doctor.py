"""`manage.py doctor`: is everything that EventFlow needs there and at work, and if not, what to do."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from eventflow.checkup import Finding, checkup


class Command(BaseCommand):
    help = (
        "Checks Python, settings, database, migrations, Redis, static files, worker and beat; exits with 1 on trouble."
    )
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        findings = list(checkup())
        width = max(len(finding.name) for finding in findings)
        for finding in findings:
            self.stdout.write(self.line(finding, width=width))
        troubles = sum(not finding.ok for finding in findings)
        if troubles:
            self.stdout.write(f"\n{troubles} of {len(findings)} need attention.")
            sys.exit(1)
        self.stdout.write("\nAll is well.")

    def line(self, finding: Finding, *, width: int) -> str:
        mark = self.style.SUCCESS("ok     ") if finding.ok else self.style.ERROR("trouble")
        advice = "" if finding.ok else f"\n{' ' * (width + 11)}→ {finding.advice}"
        return f"{mark}  {finding.name.ljust(width)}  {finding.state}{advice}"
