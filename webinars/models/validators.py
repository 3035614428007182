"""What a webinar's fields may hold; the texts are for the console's forms."""

import re
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from eventflow import intervals

OVERRIDABLE_INTERVALS = (
    "PRESENCE_PING_INTERVAL_SECONDS",
    "PRESENCE_PING_JITTER_SECONDS",
    "ACCESS_TRACK_INTERVAL_SECONDS",
    "CHAT_FALLBACK_INTERVAL_SECONDS",
    "QUESTIONS_FALLBACK_INTERVAL_SECONDS",
)
LONGEST_INTERVAL_SECONDS = 3600
UUID_FORM = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
# What would end a directive of the Content-Security-Policy, or a header.
NOT_IN_AN_ADDRESS = re.compile(r"[\s;,<>\"'\\\x00-\x1f\x7f]")


def check_time_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValidationError(
            _("“%(name)s” is not a time zone. Use a name such as Asia/Seoul."), params={"name": name}
        ) from None


def check_slug(slug: str) -> None:
    """A URL names a webinar by slug or by UUID, so a slug must not look like the other."""
    if UUID_FORM.fullmatch(slug):
        raise ValidationError(_("Choose an address that does not look like an id."))


def check_web_address(address: str) -> None:
    """An http(s) address, or a path of our own site; it goes into the Content-Security-Policy."""
    wrong = ValidationError(_("Enter a web address that begins with https:// or http://."))
    if NOT_IN_AN_ADDRESS.search(address):
        raise wrong
    try:
        parts = urlsplit(address)
        _port = parts.port
    except ValueError:
        raise wrong from None
    ours = not parts.scheme and not parts.netloc and address.startswith("/")
    if not ours and not (parts.scheme in ("http", "https") and parts.hostname):
        raise wrong


def check_speakers(value: object) -> None:
    if not isinstance(value, list) or not all(isinstance(item, dict) and item.get("name") for item in value):
        raise ValidationError(_("Speakers are a list of entries with a name and, if wanted, a title."))


def check_interval_overrides(value: object) -> None:
    """Known names, whole seconds, and the same relations between them as between the settings."""
    if not isinstance(value, dict) or not all(
        name in OVERRIDABLE_INTERVALS and type(seconds) is int and 0 < seconds <= LONGEST_INTERVAL_SECONDS
        for name, seconds in value.items()
    ):
        raise ValidationError(
            _("Intervals are whole seconds from 1 to 3600, by name: %(names)s."),
            params={"names": ", ".join(OVERRIDABLE_INTERVALS)},
        )
    if problems := intervals.problems(value):
        raise ValidationError(problems)
