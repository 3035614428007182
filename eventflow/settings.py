"""Every setting, by environment (spec 19).

`<EVENTFLOW_DATA_DIR>/env` is read first, so that commands find the servers that `make demo` started; a real
environment variable wins over it. Relations between intervals are checked in `eventflow/checks.py`.
"""

import sys
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.retry import Retry

from eventflow.console_theme import UNFOLD  # noqa: F401  the console's setting, too long for this file
from eventflow.sign_in_providers import configured_providers

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
DATA_DIR = Path(env.str("EVENTFLOW_DATA_DIR", default=str(BASE_DIR / ".data"))).expanduser().resolve()
if (DATA_DIR / "env").is_file():
    environ.Env.read_env(DATA_DIR / "env", overwrite=False)

DEBUG = env.bool("DEBUG", default=False)

SECRET_KEY = env.str("SECRET_KEY", default="debug-only" if DEBUG else "")
if not SECRET_KEY:
    raise ImproperlyConfigured("SECRET_KEY is not set: give it in the environment. `make demo` makes one by itself.")
# Former keys, which sign nothing new: what they signed stays valid until they are taken out (docs/security.md).
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# What links in mails begin with, such as https://eventflow.example; else the host that the request names.
PUBLIC_URL = env.str("PUBLIC_URL", default="").rstrip("/")

# --- Applications ---------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "webinars.apps.ConsoleConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.kakao",
    "allauth.socialaccount.providers.naver",
    "allauth.socialaccount.providers.google",
    "allauth.usersessions",
    "django_celery_beat",
    "django_structlog",
    "eventflow.apps.EventflowConfig",
    "webinars.apps.WebinarsConfig",
    "presence.apps.PresenceConfig",
    "stats.apps.StatsConfig",
]

# After the headers that every answer has comes the hot path: what it answers needs none of the others (architecture,
# "Hot path").
MIDDLEWARE = [
    "eventflow.security_headers.SecurityHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "eventflow.api.hot_path.HotPathMiddleware",
    "eventflow.content_security.ContentSecurityMiddleware",
    "eventflow.failures.DatabaseUnavailableMiddleware",
    "eventflow.logs.RequestLogMiddleware",
    "eventflow.body_limits.BodyLimitMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "webinars.sign_in_backend.SignInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "eventflow.urls"
WSGI_APPLICATION = "eventflow.wsgi.application"
ASGI_APPLICATION = "eventflow.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- Database and Redis ---------------------------------------------------------------------------------------------

DATABASES = {"default": env.db("DATABASE_URL", default="postgresql://localhost/eventflow")}
DATABASES["default"].update(
    CONN_MAX_AGE=env.int("DATABASE_CONN_MAX_AGE", default=600),
    # A connection that a restarted server dropped is replaced before it is used. (The hot path does not ask first: it
    # replaces and repeats, `eventflow/database.py`.)
    CONN_HEALTH_CHECKS=True,
    ATOMIC_REQUESTS=False,
)
DATABASES["default"].setdefault("OPTIONS", {}).update(
    connect_timeout=env.int("DATABASE_CONNECT_TIMEOUT_SECONDS", default=3),
    # A dead or frozen server must not hold a request: a silent connection is given up after these limits.
    keepalives_idle=5,
    keepalives_interval=2,
    keepalives_count=2,
    tcp_user_timeout=5000,
    options=f"-c statement_timeout={env.int('DATABASE_STATEMENT_TIMEOUT_MS', default=30000)}"
    f" -c lock_timeout={env.int('DATABASE_LOCK_TIMEOUT_MS', default=4000)}"
    " -c timezone=UTC"
    " -c jit=off",  # compiling a statement takes longer than any of ours runs
)
# Planning is two thirds of what an unprepared ping costs PostgreSQL; switch off behind PgBouncer's transaction
# mode. psycopg prepares nothing, asked for or not, without a threshold; what does not ask never reaches this one.
DATABASE_PREPARED_STATEMENTS = env.bool("DATABASE_PREPARED_STATEMENTS", default=True)
DATABASES["default"]["OPTIONS"]["prepare_threshold"] = sys.maxsize if DATABASE_PREPARED_STATEMENTS else None
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
REDIS_TIMEOUT_SECONDS = env.float("REDIS_TIMEOUT_SECONDS", default=0.5)
# Where rooms live, each on one of these. Changing the list moves rooms: restart all with it (docs/realtime.md).
REALTIME_REDIS_URLS = env.list("REALTIME_REDIS_URLS", default=[]) or [REDIS_URL]
# After a failed call a process leaves Redis alone for this long, so that a frozen Redis costs one wait, not one each.
REDIS_RETRY_AFTER_SECONDS = env.float("REDIS_RETRY_AFTER_SECONDS", default=2.0)

REDIS_CACHE = {
    "LOCATION": REDIS_URL,
    "OPTIONS": {
        "socket_timeout": REDIS_TIMEOUT_SECONDS,
        "socket_connect_timeout": REDIS_TIMEOUT_SECONDS,
        "retry": Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
    },
}
CACHES = {
    "default": {**REDIS_CACHE, "BACKEND": "eventflow.redis.LocalWhenAway", "KEY_PREFIX": "eventflow"},
    "sessions": {**REDIS_CACHE, "BACKEND": "eventflow.redis.EmptyWhenAway", "KEY_PREFIX": "eventflow-sessions"},
}
SESSION_CACHE_ALIAS = "sessions"

# Sessions are kept in the database and read from the cache: a lost Redis logs nobody out.
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
# Cookies go over https only, unless one says otherwise (a demo on one's own machine). Then their names begin so that
# a browser takes them from this very host alone: no neighbour under the same domain can plant one.
SECURE_COOKIES = not DEBUG and env.bool("SECURE_COOKIES", default=True)
HOST_ONLY = "__Host-" if SECURE_COOKIES else ""
SESSION_COOKIE_NAME = f"{HOST_ONLY}eventflow_session"
SESSION_COOKIE_AGE = env.int("SESSION_DAYS", default=14) * 86_400
CSRF_COOKIE_NAME = f"{HOST_ONLY}csrftoken"  # not HttpOnly: a page that was signed in anew reads its token from here
GUEST_COOKIE_NAME = f"{HOST_ONLY}eventflow_guest"
LANGUAGE_COOKIE_NAME = f"{HOST_ONLY}language"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SECURE_COOKIES
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_AGE = 365 * 86_400

# --- People ---------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "webinars.User"
SILENCED_SYSTEM_CHECKS = [
    "auth.W004",  # the email is unique without regard to case, by the constraint `user_email_unique`
    "security.W005",  # whether all subdomains are on https, only their owner knows: HSTS_SUBDOMAINS
    "security.W021",  # and being on the browsers' list is hard to take back: HSTS_PRELOAD
]
AUTHENTICATION_BACKENDS = [
    "webinars.sign_in_backend.OneHash",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
# Email, name, code, in: a password is for those who want one. One field: whoever mistypes it signs in by code.
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1"]
ACCOUNT_SIGNUP_FORM_CLASS = "webinars.forms.SignupForm"
ACCOUNT_FORMS = {
    "signup": "webinars.account_forms.SignUp",
    "login": "webinars.account_forms.SignIn",
    "request_login_code": "webinars.account_forms.AskForCode",
    "confirm_login_code": "webinars.account_forms.ConfirmSignIn",
    "confirm_email_verification_code": "webinars.account_forms.ConfirmEmail",
    "change_email": "webinars.account_forms.ChangeEmail",
    "add_email": "webinars.account_forms.AddEmail",
    "reset_password": "webinars.account_forms.AskForReset",
    "reset_password_from_key": "webinars.account_forms.ResetPassword",
    "change_password": "webinars.account_forms.ChangePassword",
    "set_password": "webinars.account_forms.SetPassword",
    "reauthenticate": "webinars.account_forms.ConfirmPassword",
}
ACCOUNT_ADAPTER = "webinars.account_adapter.AccountAdapter"
# An account that nobody has proved the address of is nobody's.
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
# Offered for new addresses only, a way to change it would tell new from known ones. Cancelling leads back to the form.
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_CHANGE = False
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
PASSWORD_RESET_TIMEOUT = 3600
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[EventFlow] "
ACCOUNT_MAX_EMAIL_ADDRESSES = 10
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# By place, wide enough for a company or a mobile network that shares one address. What is guessed and mailed is
# counted by person (webinars/sign_in_limits.py), which these would let strangers use up.
ACCOUNT_RATE_LIMITS = {
    "signup": "600/m/ip",
    "login": "600/m/ip",
    "login_failed": None,
    "request_login_code": "600/m/ip",
    "reset_password": "600/m/ip",
    "reset_password_from_key": "600/m/ip",
    "confirm_email": None,
}
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
MFA_ADAPTER = "webinars.second_factor.FactorAdapter"
# No passkeys: they need a script that this site does not have.
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "webinars.second_factor.EnterFactor",
    "reauthenticate": "webinars.second_factor.ConfirmByFactor",
    "activate_totp": "webinars.second_factor.SetUpApp",
}
MFA_TOTP_TOLERANCE = 1  # clocks of phones are not all right; each code is taken once
SOCIALACCOUNT_ADAPTER = "webinars.social_accounts.SocialAdapter"
SOCIALACCOUNT_PROVIDERS = configured_providers(env)
SOCIALACCOUNT_FORMS = {
    "signup": "webinars.social_accounts.FinishSignUp",
    "disconnect": "webinars.social_accounts.Unlink",
}
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_EMAIL_REQUIRED = True
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"

EMAIL_BACKEND = env.str("EMAIL_BACKEND", default="django.core.mail.backends.console.EmailBackend")
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="EventFlow <no-reply@localhost>")
EMAIL_HOST = env.str("EMAIL_HOST", default="localhost")
EMAIL_PORT = env.int("EMAIL_PORT", default=25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=False)
EMAIL_USE_SSL = env.bool("EMAIL_USE_SSL", default=False)
# Somebody waits for each mail that is sent: a mail server that says nothing is given up after this.
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT_SECONDS", default=5)

# --- Invitations (spec 13) ------------------------------------------------------------------------------------------

INVITATION_DAYS = env.int("INVITATION_DAYS", default=7)
# How many in an hour: by one person, into one agency with its clients, and to one address from anywhere.
INVITATIONS_PER_PERSON_HOUR = env.int("INVITATIONS_PER_PERSON_HOUR", default=100)
INVITATIONS_PER_AGENCY_HOUR = env.int("INVITATIONS_PER_AGENCY_HOUR", default=300)
INVITATIONS_PER_ADDRESS_HOUR = env.int("INVITATIONS_PER_ADDRESS_HOUR", default=5)

# --- Language and time ----------------------------------------------------------------------------------------------

LANGUAGE_CODE = "ko"
LANGUAGES = [("ko", _("Korean")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Seoul"
USE_I18N = True
USE_TZ = True
FORMAT_MODULE_PATH = "eventflow.formats"

# --- Static files and pages -----------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [path for path in [BASE_DIR / "static_build"] if path.is_dir()]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    # What only one person may fetch, such as their exports. No address leads to it, and the server's other accounts
    # cannot read it.
    "private": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": env.str("PRIVATE_ROOT", default=str(DATA_DIR / "private")),
            "base_url": None,
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
}
WHITENOISE_MANIFEST_STRICT = False
MEDIA_ROOT = env.str("MEDIA_ROOT", default=str(DATA_DIR / "media"))
MEDIA_URL = "/media/"

# Where pages find the socket: on the same origin (a proxy in production), or on this port of the same host.
SOCKET_PORT = env.int("SOCKET_PORT", default=0)

# How many proxies of ours stand in front and append to X-Forwarded-For.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
# A proxy of ours says whether the visitor came by https; without one, nobody else may say so.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None

# Only what is served over https is told to stay there; a visitor by http is sent to https where a proxy says which of
# the two it was. Probes of health come without either.
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=31_536_000 if SECURE_COOKIES else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("HSTS_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD = env.bool("HSTS_PRELOAD", default=False)
SECURE_SSL_REDIRECT = env.bool("HTTPS_REDIRECT", default=SECURE_COOKIES and TRUSTED_PROXIES > 0)
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "frame-src": [SELF],
        "media-src": [SELF, "blob:"],
        "worker-src": [SELF, "blob:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- API ------------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["webinars.api.authentication.LivePassAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["eventflow.api.envelope.EnvelopeRenderer"],
    "DEFAULT_PARSER_CLASSES": ["eventflow.api.parsers.JSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "eventflow.api.envelope.OneRenderer",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "eventflow.api.errors.answer_error",
    "UNAUTHENTICATED_USER": None,
    "UNAUTHENTICATED_TOKEN": None,
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "EventFlow API",
    "VERSION": "1",
    "DESCRIPTION": "Live webinars and the attendance numbers that come out of them.",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": [],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/",
}
# What a request may bring: fields and texts, and in the console files (an import, a cover).
BODY_MAX_BYTES = 2_621_440
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 2**20  # in the console: a list of addresses is pasted
DATA_UPLOAD_MAX_NUMBER_FILES = 10
UPLOAD_MEGABYTES = env.int("UPLOAD_MEGABYTES", default=25)
COVER_IMAGE_MEGABYTES = env.int("COVER_IMAGE_MEGABYTES", default=5)

# --- Live pass (spec 4) ---------------------------------------------------------------------------------------------

LIVE_PASS_KEYS = env.str("LIVE_PASS_KEYS", default=f"debug:{SECRET_KEY.ljust(32, '-')}" if DEBUG else "")
LIVE_PASS_ISSUER = "eventflow"
LIVE_PASS_AUDIENCE = "eventflow.live"
LIVE_PASS_LIFE_SECONDS = env.int("LIVE_PASS_LIFE_SECONDS", default=600)
CRON_SECRET = env.str("CRON_SECRET", default="")

# --- Presence and statistics (spec 5, 6, 19) ------------------------------------------------------------------------

DOORS_OPEN_MINUTES = env.int("DOORS_OPEN_MINUTES", default=30)
PRESENCE_PING_INTERVAL_SECONDS = env.int("PRESENCE_PING_INTERVAL_SECONDS", default=120)
PRESENCE_PING_JITTER_SECONDS = env.int("PRESENCE_PING_JITTER_SECONDS", default=10)
PRESENCE_WRITE_THROTTLE_SECONDS = env.int("PRESENCE_WRITE_THROTTLE_SECONDS", default=60)
PRESENCE_ACTIVE_WINDOW_SECONDS = env.int("PRESENCE_ACTIVE_WINDOW_SECONDS", default=180)
SESSION_HEARTBEAT_INTERVAL_SECONDS = env.int("SESSION_HEARTBEAT_INTERVAL_SECONDS", default=120)
SESSION_DELTA_CAP_MULTIPLIER = env.int("SESSION_DELTA_CAP_MULTIPLIER", default=3)
SESSION_STALE_SECONDS = env.int("SESSION_STALE_SECONDS", default=300)
SESSION_SWEEP_INTERVAL_SECONDS = env.int("SESSION_SWEEP_INTERVAL_SECONDS", default=600)
ACCESS_TRACK_INTERVAL_SECONDS = env.int("ACCESS_TRACK_INTERVAL_SECONDS", default=300)
ADMIN_POLL_INTERVAL_SECONDS = env.int("ADMIN_POLL_INTERVAL_SECONDS", default=10)
ADMIN_POLL_DEGRADED_SECONDS = env.int("ADMIN_POLL_DEGRADED_SECONDS", default=30)
CHAT_FALLBACK_INTERVAL_SECONDS = env.int("CHAT_FALLBACK_INTERVAL_SECONDS", default=2)
QUESTIONS_FALLBACK_INTERVAL_SECONDS = env.int("QUESTIONS_FALLBACK_INTERVAL_SECONDS", default=5)
SNAPSHOT_BUCKET_SECONDS = env.int("SNAPSHOT_BUCKET_SECONDS", default=300)
# How long things are kept: presence after a webinar ended; raw sessions after its collect window, once its attendance
# is sealed; samples; files that were exported; allowed addresses after the collect window; the report of an import;
# invitations after they ended; accounts that nobody ever proved or used; what people wrote when they registered, after
# the last webinar that they did it for (0: as long as that).
PRESENCE_RETENTION_DAYS = env.int("PRESENCE_RETENTION_DAYS", default=7)
SESSION_RETENTION_DAYS = env.int("SESSION_RETENTION_DAYS", default=90)
ACCESS_LOG_RETENTION_MONTHS = env.int("ACCESS_LOG_RETENTION_MONTHS", default=24)
EXPORT_RETENTION_HOURS = env.int("EXPORT_RETENTION_HOURS", default=24)
ALLOWED_EMAIL_RETENTION_DAYS = env.int("ALLOWED_EMAIL_RETENTION_DAYS", default=90)
IMPORT_REPORT_RETENTION_HOURS = env.int("IMPORT_REPORT_RETENTION_HOURS", default=24)
INVITATION_RETENTION_DAYS = env.int("INVITATION_RETENTION_DAYS", default=30)
UNUSED_ACCOUNT_RETENTION_DAYS = env.int("UNUSED_ACCOUNT_RETENTION_DAYS", default=7)
REGISTRATION_RETENTION_DAYS = env.int("REGISTRATION_RETENTION_DAYS", default=0)

# --- Chat (spec 9) --------------------------------------------------------------------------------------------------

CHAT_MESSAGE_MAX_LENGTH = 1000
CHAT_RATE_MESSAGES = env.int("CHAT_RATE_MESSAGES", default=3)
CHAT_RATE_SECONDS = env.int("CHAT_RATE_SECONDS", default=5)

# --- Q&A (spec 10) --------------------------------------------------------------------------------------------------

QUESTION_RATE_QUESTIONS = env.int("QUESTION_RATE_QUESTIONS", default=3)
QUESTION_RATE_SECONDS = env.int("QUESTION_RATE_SECONDS", default=60)

# --- Realtime (spec 8) ----------------------------------------------------------------------------------------------

REALTIME_HEARTBEAT_SECONDS = env.int("REALTIME_HEARTBEAT_SECONDS", default=20)
REALTIME_FRAME_MILLISECONDS = env.int("REALTIME_FRAME_MILLISECONDS", default=50)
REALTIME_QUEUE_FRAMES = env.int("REALTIME_QUEUE_FRAMES", default=64)

# --- Jobs -----------------------------------------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 5, "socket_connect_timeout": 3, "health_check_interval": 10}
CELERY_TASK_TIME_LIMIT = 300
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# How many exports all workers together write at once. The minute's jobs must not wait for one: keep it below the
# number of the workers' processes or threads.
EXPORTS_AT_ONCE = env.int("EXPORTS_AT_ONCE", default=1)

# --- Logs -----------------------------------------------------------------------------------------------------------

# No personal data in the logs: neither addresses nor people.
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
DJANGO_STRUCTLOG_USER_ID_FIELD = None
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "eventflow.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": LOG_LEVEL, "propagate": False},
        "django.server": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        # The servers that run us bring handlers of their own, which know nothing of what must not be said.
        **{name: {"handlers": ["stderr"], "level": "WARNING", "propagate": False} for name in ("uvicorn", "_granian")},
    },
}
