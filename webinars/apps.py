from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class WebinarsConfig(AppConfig):
    name = "webinars"


class ConsoleConfig(AdminConfig):
    """Django's admin as the console: one site of our own instead of the default (spec 14)."""

    default_site = "webinars.console_site.ConsoleSite"
