from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PresenceConfig(AppConfig):
    name = "presence"
    verbose_name = _("Attendance")

    def ready(self) -> None:
        from presence.selectors.live import live_count
        from presence.selectors.personal_data import PARTS
        from presence.services.erasure import erase_traces
        from webinars.selectors import personal_data
        from webinars.selectors.room import state_parts
        from webinars.services import erasure

        personal_data.parts.update(PARTS)
        state_parts["currentParticipants"] = live_count
        erasure.parts["sessions"] = erase_traces
