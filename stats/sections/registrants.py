from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from stats.sections.section import Section
from stats.selectors.curves import attendance_source, percent
from stats.sql.registrants import registrants
from webinars.models import Webinar


def figures(webinar: Webinar, now: datetime, may_see_personal: bool) -> dict[str, Any]:
    source = attendance_source(webinar, now=now)
    everybody, *by_source = registrants({**source.params, "webinar_id": webinar.pk}, sealed=source.sealed)
    return {
        "registered": everybody.registered,
        "attended": everybody.attended,
        "absent": everybody.registered - everybody.attended,
        "attendedPercent": percent(everybody.attended, everybody.registered),
        "attendedUnregistered": everybody.everybody - everybody.attended,
        "banned": everybody.banned,
        "bySource": [
            {"source": row.source, "registered": row.registered, "attended": row.attended} for row in by_source
        ],
    }


SECTION = Section(
    name="registrants",
    title=_("Registrations"),
    figures=figures,
    definitions={
        "registered": _("People who are registered, hosts among them, also those who were banned."),
        "attended": _("Those of them with a page that was open within the content window."),
        "absent": _("Those of them without one, also when they came before or after the window only."),
        "attendedPercent": _("The share of the registered who attended."),
        "attendedUnregistered": _(
            "People who attended and are not registered: their registration was removed, or their account was erased "
            "after the attendance was sealed."
        ),
        "banned": _("Those of the registered who may not come in any more."),
        "bySource": _(
            "The registered and the attended of each link or form that people came through; empty: none named."
        ),
    },
)
