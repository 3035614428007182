from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StatsConfig(AppConfig):
    name = "stats"
    verbose_name = _("Statistics")

    def ready(self) -> None:
        from stats.selectors.personal_data import PARTS
        from stats.services.erasure import erase_sealed_identity, expire_exports
        from stats.sql.sealing import wait_until_nobody_seals
        from webinars.selectors import personal_data
        from webinars.services import erasure

        personal_data.parts.update(PARTS)
        erasure.preparations.append(wait_until_nobody_seals)
        erasure.parts["exports"] = expire_exports  # before the seals, which say where the person was
        erasure.parts["sealed rows"] = erase_sealed_identity
