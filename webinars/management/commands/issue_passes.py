"""`manage.py issue_passes WEBINAR --count N`: people with passes, for load tools."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from webinars.models import Webinar
from webinars.services.sample_people import issue_sample_passes


class Command(BaseCommand):
    help = (
        "Makes sample attendees, registered in the webinar, and prints one line of JSON each: userId, sessionId (new "
        "at each call) and token (a live pass). The same people come again at the next call."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("webinar", help="slug or id")
        parser.add_argument("--count", type=int, required=True, help="how many people")
        parser.add_argument("--group", default="load", help="which sample people; tools side by side take their own")
        parser.add_argument("--yes", action="store_true", help="also outside debug")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG and not options["yes"]:
            raise CommandError(
                "This makes people up and registers them in a real webinar. Outside debug it needs --yes."
            )
        if options["count"] < 1:
            raise CommandError("--count must be 1 or more.")
        webinar = Webinar.objects.by_ref(options["webinar"]).first()
        if webinar is None:
            raise CommandError(f"There is no webinar {options['webinar']!r}.")
        passes = issue_sample_passes(
            webinar=webinar, count=options["count"], group=options["group"], now=timezone.now()
        )
        for made in passes:
            line = {"userId": str(made.user_id), "sessionId": made.session_id, "token": made.token}
            self.stdout.write(json.dumps(line))
