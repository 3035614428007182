"""Whoever prunes is told of everything that goes (spec 5, Retention)."""

import re

from django.conf import settings

from stats.management.commands.prune import Command
from stats.services import retention

# Sessions say themselves when they run out.
WITHOUT_A_SETTING = {"sign_ins"}
KEPT_FOR = re.compile(r"[A-Z_]+_RETENTION_(?:HOURS|DAYS|MONTHS)")


def test_the_help_names_every_setting_of_how_long_something_is_kept():
    told = KEPT_FOR.findall(Command.help)

    assert sorted(told) == sorted(name for name in dir(settings) if KEPT_FOR.fullmatch(name))
    assert len(told) == len(retention.parts) - len(WITHOUT_A_SETTING)
