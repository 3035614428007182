"""What must hold of the settings, said at start (spec 19): by `manage.py check`, and by every process that starts."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.utils import translation

from eventflow import intervals
from eventflow.secret_checks import exposed_debug, secret_problems
from eventflow.socket_origin import ANY

POSITIVE = (
    *intervals.NAMES,
    "SESSION_SWEEP_INTERVAL_SECONDS",
    "ADMIN_POLL_INTERVAL_SECONDS",
    "ADMIN_POLL_DEGRADED_SECONDS",
    "CHAT_FALLBACK_INTERVAL_SECONDS",
    "QUESTIONS_FALLBACK_INTERVAL_SECONDS",
    "CHAT_RATE_MESSAGES",
    "CHAT_RATE_SECONDS",
    "QUESTION_RATE_QUESTIONS",
    "QUESTION_RATE_SECONDS",
    "LIVE_PASS_LIFE_SECONDS",
    "PRESENCE_RETENTION_DAYS",
    "SESSION_RETENTION_DAYS",
    "ACCESS_LOG_RETENTION_MONTHS",
    "EXPORT_RETENTION_HOURS",
    "ALLOWED_EMAIL_RETENTION_DAYS",
    "IMPORT_REPORT_RETENTION_HOURS",
    "INVITATION_RETENTION_DAYS",
    "UNUSED_ACCOUNT_RETENTION_DAYS",
    "EXPORTS_AT_ONCE",
    "REALTIME_HEARTBEAT_SECONDS",
    "REALTIME_QUEUE_FRAMES",
    "REDIS_TIMEOUT_SECONDS",
    "EMAIL_TIMEOUT",
    "INVITATION_DAYS",
    "INVITATIONS_PER_PERSON_HOUR",
    "INVITATIONS_PER_AGENCY_HOUR",
    "INVITATIONS_PER_ADDRESS_HOUR",
)
BUCKETS = (60, 300, 900)


@register()
def check_numbers(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Bounds first: relations between numbers that are out of bounds say nothing."""
    found = [f"{name} must be more than 0." for name in POSITIVE if getattr(settings, name) <= 0]
    if settings.REGISTRATION_RETENTION_DAYS < 0:
        found.append("REGISTRATION_RETENTION_DAYS must not be less than 0.")
    if settings.SNAPSHOT_BUCKET_SECONDS not in BUCKETS:
        found.append("SNAPSHOT_BUCKET_SECONDS must be 60, 300 or 900.")
    with translation.override("en"):  # for the terminal, as everything it says
        return [Error(problem, id="eventflow.E001") for problem in found or intervals.problems({})]


@register()
def check_secrets(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    from webinars.services.live_pass import KeysMalformed, parse_keys

    problems: list[CheckMessage] = []
    keys: dict[str, str] = {}
    try:
        keys = dict(parse_keys(settings.LIVE_PASS_KEYS))
    except KeysMalformed as error:
        problems.append(Error(str(error), id="eventflow.E002"))
    return [*problems, *(Error(problem, id="eventflow.E003") for problem in secret_problems(keys))]


@register()
def check_reach(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Debugging is for a machine of one's own; a public address is a whole one."""
    problems: list[CheckMessage] = [
        Error(
            f"DEBUG is on, and ALLOWED_HOSTS names {host}: whoever comes there would see traces and settings. "
            "Switch DEBUG off.",
            id="eventflow.E006",
        )
        for host in exposed_debug()
    ]
    if settings.PUBLIC_URL:
        parts = urlsplit(settings.PUBLIC_URL)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query or parts.fragment:
            problems.append(Error("PUBLIC_URL must look like https://eventflow.example.", id="eventflow.E007"))
    if settings.TRUSTED_PROXIES < 0:
        problems.append(Error("TRUSTED_PROXIES must not be less than 0.", id="eventflow.E007"))
    return problems


@register(Tags.security, deploy=True)
def check_hosts(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """With any host allowed, whoever asks for a mail decides where its link leads."""
    if ANY not in settings.ALLOWED_HOSTS or settings.PUBLIC_URL:
        return []
    advice = "Name the hosts, or set PUBLIC_URL, so that links in mails lead here whatever host a request names."
    return [Warning("ALLOWED_HOSTS allows any host.", hint=advice, id="eventflow.W001")]


@register()
def check_private_files(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Where anybody may fetch, nothing private is kept."""
    storages: dict[str, Any] = dict(settings.STORAGES)
    private = storages["private"].get("OPTIONS", {}).get("location")
    if private is None:  # no disk of ours
        return []
    place = Path(private).resolve()
    return [
        Error(f"PRIVATE_ROOT must not lie in {name}, where anybody may fetch files.", id="eventflow.E004")
        for name in ("MEDIA_ROOT", "STATIC_ROOT")
        if place.is_relative_to(Path(getattr(settings, name)).resolve())
    ]


@register()
def check_room_servers(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A room finds its server by the list, so the list must name servers, and each once."""
    urls: list[str] = settings.REALTIME_REDIS_URLS
    if not all(url.startswith(("redis://", "rediss://", "unix://")) for url in urls):
        return [Error("REALTIME_REDIS_URLS must be addresses that begin with redis://.", id="eventflow.E005")]
    if len(set(urls)) < len(urls):
        return [Error("REALTIME_REDIS_URLS names a server twice.", id="eventflow.E005")]
    return []


@register(Tags.security, deploy=True)
def check_mail(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """What is printed is kept by whoever keeps the output, and codes to sign in with are in it."""
    if not settings.EMAIL_BACKEND.endswith(("console.EmailBackend", "TerminalMail")):
        return []
    advice = "Set EMAIL_BACKEND=django.core.mail.backends.smtp.EmailBackend, and EMAIL_HOST."
    return [Warning("Mails are printed instead of sent.", hint=advice, id="eventflow.W002")]


def refuse_to_start_wrong() -> None:
    """For servers and workers, which run no system checks: raises ImproperlyConfigured with all that is wrong."""
    checks = (check_numbers, check_secrets, check_reach, check_private_files, check_room_servers)
    problems = [problem.msg for check in checks for problem in check(None)]
    if problems:
        raise ImproperlyConfigured(" ".join(problems))
