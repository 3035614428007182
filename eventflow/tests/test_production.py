"""What a server says and refuses in production (docs/security.md), with an environment of its own."""

import json
import os
import secrets
import subprocess
import sys

import pytest

from eventflow.secret_checks import exposed_debug, is_local, weakness

KEPT = ("PATH", "HOME", "LANG", "DATABASE_URL", "REDIS_URL")
SECRETS = ("SECRET_KEY", "SECRET_KEY_FALLBACKS", "LIVE_PASS_KEYS", "CRON_SECRET")


def production(**changed: str | None) -> dict[str, str]:
    """An environment as one would write it for a site behind one proxy, and as little as that takes. None removes."""
    kept = {
        name: os.environ[name] for name in ("PATH", "HOME", "LANG", "DATABASE_URL", "REDIS_URL") if name in os.environ
    }
    given: dict[str, str | None] = {
        "EVENTFLOW_DATA_DIR": "/nonexistent",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "LIVE_PASS_KEYS": f"k1:{secrets.token_urlsafe(48)}",
        "CRON_SECRET": secrets.token_urlsafe(32),
        "ALLOWED_HOSTS": "eventflow.example",
        "TRUSTED_PROXIES": "1",
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        **changed,
    }
    return kept | {name: value for name, value in given.items() if value is not None}


def run(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], env=env, capture_output=True, text=True, check=False)


def test_the_deployment_check_finds_nothing():
    done = run("manage.py", "check", "--deploy", "--fail-level", "WARNING", env=production())

    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        "System check identified no issues (3 silenced).\n",
        "",
    )


def test_any_host_is_warned_of_unless_links_have_an_address_of_their_own():
    bare = run("manage.py", "check", "--deploy", env=production(ALLOWED_HOSTS="*"))
    named = run(
        "manage.py", "check", "--deploy", env=production(ALLOWED_HOSTS="*", PUBLIC_URL="https://eventflow.example")
    )

    assert ("eventflow.W001" in bare.stderr, "eventflow.W001" in named.stderr) == (True, False)


def test_printing_mails_is_warned_of():
    done = run("manage.py", "check", "--deploy", env=production(EMAIL_BACKEND=None))

    assert "eventflow.W002" in done.stderr


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"SECRET_KEY": None}, "SECRET_KEY is not set"),
        ({"SECRET_KEY": "django-insecure-" + "k3j" * 20}, "SECRET_KEY is a placeholder"),
        ({"SECRET_KEY": "Please change me, or everybody knows this one by heart"}, "SECRET_KEY is a placeholder"),
        ({"SECRET_KEY": "q8Zt2Lw0Xn5"}, "SECRET_KEY must have at least 50 characters"),
        ({"SECRET_KEY": "q8Zt2Lw0Xn" * 6}, "SECRET_KEY is too easy to guess"),
        ({"SECRET_KEY": "ab" * 30}, "SECRET_KEY is too easy to guess"),
        ({"SECRET_KEY_FALLBACKS": "changeme"}, "SECRET_KEY_FALLBACKS (number 1) is a placeholder"),
        ({"LIVE_PASS_KEYS": None}, "LIVE_PASS_KEYS is not set"),
        ({"LIVE_PASS_KEYS": "k1:" + "not-secret-" * 4}, "The secret of key 'k1' in LIVE_PASS_KEYS is a placeholder"),
        ({"CRON_SECRET": "changeme-changeme"}, "CRON_SECRET is a placeholder"),
        ({"CRON_SECRET": "short"}, "CRON_SECRET must have at least 16 characters"),
        ({"DEBUG": "true"}, "DEBUG is on, and ALLOWED_HOSTS names eventflow.example"),
        ({"DEBUG": "true", "ALLOWED_HOSTS": "*"}, "DEBUG is on, and ALLOWED_HOSTS names *"),
        ({"PUBLIC_URL": "eventflow.example"}, "PUBLIC_URL must look like https://eventflow.example."),
        ({"PUBLIC_URL": "https://eventflow.example/live"}, "PUBLIC_URL must look like https://eventflow.example."),
    ],
)
def test_commands_refuse_to_start(changed, said):
    env = production(**changed)

    done = run("manage.py", "migrate", "--plan", env=env)

    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    told = [
        value.partition(":")[2] or value
        for name, value in changed.items()
        if name.startswith(("SEC", "LIV", "CRON")) and value
    ]
    assert [secret for secret in told if secret in done.stderr] == []


def test_one_value_for_two_purposes_is_refused():
    one = secrets.token_urlsafe(48)

    done = run("manage.py", "check", env=production(SECRET_KEY=one, LIVE_PASS_KEYS=f"k1:{one}", CRON_SECRET=one))

    assert done.returncode == 1
    assert "The secret of key 'k1' in LIVE_PASS_KEYS is the same as SECRET_KEY" in done.stderr
    assert "CRON_SECRET is the same as" in done.stderr
    assert one not in done.stderr


@pytest.mark.parametrize(
    "start", [["-c", "import eventflow.wsgi"], ["-c", "import eventflow.asgi"],
              ["-m", "celery", "-A", "eventflow", "report"], ["manage.py", "check"]]
)  # fmt: skip
def test_servers_workers_and_commands_refuse_a_known_secret(start):
    done = run(*start, env=production(CRON_SECRET="changeme-changeme"))

    assert done.returncode != 0
    assert "CRON_SECRET is a placeholder" in done.stderr + done.stdout


def test_good_secrets_are_taken():
    for _ in range(2000):
        assert weakness(secrets.token_urlsafe(48), shortest=50) is None
        assert weakness(secrets.token_hex(32), shortest=50) is None


def test_debugging_is_for_machines_that_strangers_do_not_reach(settings):
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", ".localhost", "web", "10.0.0.7", "eventflow.test"]

    assert [host for host in settings.ALLOWED_HOSTS if not is_local(host)] == []
    assert [is_local(host) for host in ("*", ".example.com", "203.0.114.9", "local.example.com")] == [False] * 4
    assert exposed_debug() == []


SHOW = """
import json, sys, django
from django.conf import settings
django.setup()
print(json.dumps({name: getattr(settings, name) for name in sys.argv[1:]}))
"""
HTTPS = {
    "SESSION_COOKIE_NAME": "__Host-eventflow_session",
    "CSRF_COOKIE_NAME": "__Host-csrftoken",
    "GUEST_COOKIE_NAME": "__Host-eventflow_guest",
    "LANGUAGE_COOKIE_NAME": "__Host-language",
    "SESSION_COOKIE_SECURE": True,
    "CSRF_COOKIE_SECURE": True,
    "LANGUAGE_COOKIE_SECURE": True,
    "SECURE_HSTS_SECONDS": 31_536_000,
    "SECURE_HSTS_INCLUDE_SUBDOMAINS": False,
    "SECURE_HSTS_PRELOAD": False,
    "SECURE_SSL_REDIRECT": True,
    "SECRET_KEY_FALLBACKS": [],
}
PLAIN = {
    "SESSION_COOKIE_NAME": "eventflow_session",
    "CSRF_COOKIE_NAME": "csrftoken",
    "GUEST_COOKIE_NAME": "eventflow_guest",
    "LANGUAGE_COOKIE_NAME": "language",
    "SESSION_COOKIE_SECURE": False,
    "CSRF_COOKIE_SECURE": False,
    "LANGUAGE_COOKIE_SECURE": False,
    "SECURE_HSTS_SECONDS": 0,
    "SECURE_SSL_REDIRECT": False,
}
FORMER = "Zk3vQ0s8Lr5xTn2bWc7yHd9mJf4gPa6eUi1oZk3vQ0s8Lr5xTn2bWx"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, HTTPS),
        ({"TRUSTED_PROXIES": "0"}, HTTPS | {"SECURE_SSL_REDIRECT": False}),
        ({"SECURE_COOKIES": "false"}, HTTPS | PLAIN),
        (
            {"HSTS_SECONDS": "60", "HSTS_SUBDOMAINS": "true", "HSTS_PRELOAD": "true", "HTTPS_REDIRECT": "false"},
            HTTPS
            | {
                "SECURE_HSTS_SECONDS": 60,
                "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
                "SECURE_HSTS_PRELOAD": True,
                "SECURE_SSL_REDIRECT": False,
            },
        ),
        ({"SECRET_KEY_FALLBACKS": FORMER}, HTTPS | {"SECRET_KEY_FALLBACKS": [FORMER]}),
    ],
)
def test_https_decides_what_cookies_and_visitors_are_told(changed, expected):
    done = run("-c", SHOW, *expected, env=production(**changed, DJANGO_SETTINGS_MODULE="eventflow.settings"))

    assert done.stderr == ""
    assert json.loads(done.stdout) == expected
