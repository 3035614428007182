"""HTTP, for a WSGI server (granian): Django's HTTP costs 2.6 times as much under ASGI (docs/benchmarks.md)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eventflow.settings")

application = get_wsgi_application()
