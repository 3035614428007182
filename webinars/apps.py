from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy as _


class WebinarsConfig(AppConfig):
    name = "webinars"
    verbose_name = _("Webinars")

    def ready(self) -> None:
        from webinars import audit_signals, cover_files, sign_in_signals, standing_signals
        from webinars.services import erasing_lists, erasure

        erasure.parts["allowed addresses"] = erasing_lists.erase_allowed_addresses
        erasure.parts["campaign entries"] = erasing_lists.erase_campaign_entries
        erasure.parts["invitations"] = erasing_lists.erase_invitations
        sign_in_signals.connect()
        standing_signals.connect()
        audit_signals.connect()
        cover_files.connect()


class ConsoleConfig(AdminConfig):
    """Django's admin as the console: one site of our own instead of the default (spec 14)."""

    default_site = "webinars.console_site.ConsoleSite"
