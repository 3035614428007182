from django.apps import AppConfig


class EventflowConfig(AppConfig):
    name = "eventflow"

    def ready(self) -> None:
        from eventflow import checks, logs

        logs.quiet_libraries()
        checks.refuse_to_start_wrong()
