"""What each attendance figure means: shown with it, sealed with it, and computed in `presence/sql/ledger.py`.

When a definition changes, `VERSION` goes up, and sealed reports keep the text they were sealed with.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

VERSION = 1

WINDOW = _(
    "All figures are clipped to the content window: from the start of the webinar to its actual end, or to its "
    "planned end while it has not ended. While it runs, they count up to now."
)

FIGURES: dict[str, Promise] = {
    "connectedSeconds": _(
        "The time of all the person's pages added up, at most the length of the window. Two pages side by side count "
        "twice."
    ),
    "uniqueSeconds": _(
        "The time in which at least one of the person's pages was open. Two pages side by side count once."
    ),
    "visibleSeconds": _("The time in which at least one of the person's pages was seen to be in front."),
    "firstEntered": _(
        "When the person's first page within the window began, at the earliest the start of the window."
    ),
    "lastExited": _("When the person's last page within the window ended, at the latest the end of the window."),
    "sessionCount": _("How many pages the person opened that were open within the window."),
    "overlapSeconds": _("The time in which two or more of the person's pages were open at once."),
    "attendancePercent": _("The unique time as a share of the window, as far as the window is over."),
    "uncertaintySeconds": _(
        "How far the times can be off: for each page that fell silent instead of saying goodbye, the time to when its "
        "next heartbeat was due at the latest and, where the person opened another one later, one turn more, for "
        "which it may have been back without having said so; for each open page, the time since its last heartbeat; "
        "and every silence longer than a page owes."
    ),
}
