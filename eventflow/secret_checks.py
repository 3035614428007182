"""Whether secrets deserve the name (docs/security.md). Only in production: with DEBUG on, nothing is worth one."""

import ipaddress
from collections.abc import Iterator

from django.conf import settings

from eventflow.socket_origin import ANY

SHORTEST_SECRET_KEY = 50  # as Django's own deployment check
SHORTEST_CRON_SECRET = 16
FEWEST_CHARACTERS = 8  # different ones
# What examples, generators and impatience write where a secret belongs. `-` stands for any mark or none between words.
PLACEHOLDERS = (
    "change-me", "django-insecure", "debug-only", "not-secret", "your-secret", "my-secret", "secret-key-here",
    "replace-me", "replace-this", "replace-with", "placeholder", "insert-here", "password", "letmein", "example",
    "xxxxxxxx", "12345678", "abcdefgh", "qwerty",
)  # fmt: skip
# Nothing shorter: four letters turn up by chance in one of ten thousand good keys.
MARKS = str.maketrans("", "", "-_ .:/")


def weakness(secret: str, *, shortest: int) -> str | None:
    """What is wrong with a secret, as the end of a sentence, or None. Never shows the secret."""
    plain = secret.lower().translate(MARKS)
    if any(word.translate(MARKS) in plain for word in PLACEHOLDERS):
        return "is a placeholder, not a secret"
    if len(secret) < shortest:
        return f"must have at least {shortest} characters"
    if len(set(secret)) < FEWEST_CHARACTERS or secret in (secret + secret)[1:-1]:
        return "is too easy to guess: its characters repeat"
    return None


def named_secrets(live_pass_keys: dict[str, str]) -> Iterator[tuple[str, str, int]]:
    """Name, secret and least length of each."""
    yield "SECRET_KEY", settings.SECRET_KEY, SHORTEST_SECRET_KEY
    for number, former in enumerate(settings.SECRET_KEY_FALLBACKS, start=1):
        yield f"SECRET_KEY_FALLBACKS (number {number})", former, SHORTEST_SECRET_KEY
    for key_id, secret in live_pass_keys.items():
        yield f"The secret of key {key_id!r} in LIVE_PASS_KEYS", secret, 0  # its length is looked at as it is read
    if settings.CRON_SECRET:
        yield "CRON_SECRET", settings.CRON_SECRET, SHORTEST_CRON_SECRET


def secret_problems(live_pass_keys: dict[str, str]) -> list[str]:
    """What is wrong in production. One value for two purposes is none: whoever gets one of them has both."""
    if settings.DEBUG:
        return []
    problems, seen = [], dict[str, str]()
    for name, secret, shortest in named_secrets(live_pass_keys):
        if weak := weakness(secret, shortest=shortest):
            problems.append(f"{name} {weak}.")
        if secret in seen:
            problems.append(f"{name} is the same as {seen[secret]}: give each its own.")
        seen[secret] = name
    return problems


def is_local(host: str) -> bool:
    """Whether a name of ALLOWED_HOSTS is one that only this machine or its own network knows."""
    name = host.strip("[]").lower()
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        ending = name.rpartition(".")[2]
        return name != ANY and ("." not in name or ending in ("localhost", "local", "test", "internal"))
    return address.is_loopback or address.is_private


def exposed_debug() -> list[str]:
    """The hosts by which strangers would reach a server that shows them its traces and settings."""
    return [host for host in settings.ALLOWED_HOSTS if not is_local(host)] if settings.DEBUG else []
