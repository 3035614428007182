"""Our own HTTP under ASGI, at its best: with a pool, since each request there would open a connection."""

import os

from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eventflow.settings")
settings.DATABASES["default"].update(CONN_MAX_AGE=0)
settings.DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 8, "max_size": 8}

from django.core.asgi import get_asgi_application  # noqa: E402  the settings come first

application = get_asgi_application()
