from django.apps import AppConfig


class EventflowConfig(AppConfig):
    name = "eventflow"

    def ready(self) -> None:
        from eventflow import checks, logs

        logs.quiet_libraries()
        assert checks  # imported for its registrations
