from django.apps import AppConfig


class PresenceConfig(AppConfig):
    name = "presence"

    def ready(self) -> None:
        from presence.selectors.live import live_count
        from webinars.selectors.room import state_parts

        state_parts["currentParticipants"] = live_count
