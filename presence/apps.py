from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PresenceConfig(AppConfig):
    name = "presence"
    verbose_name = _("Attendance")

    def ready(self) -> None:
        from presence.selectors.live import live_count
        from webinars.selectors.room import state_parts

        state_parts["currentParticipants"] = live_count
