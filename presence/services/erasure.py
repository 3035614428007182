"""What this app knows of a person beyond when they were here (spec 5, Retention)."""

from django.db.models import Case, Q, Value, When

from presence.models import UserSession
from webinars.services.erasure import Erased

# Of a browser's name only the kind of device stays, as kinds are counted: the words by which they are told apart.
TABLET, PHONE, COMPUTER = "Tablet", "Mobile", "Computer"
KIND = Case(
    When(user_agent="", then=Value("")),
    When(Q(user_agent__contains="iPad") | Q(user_agent__contains="Tablet"), then=Value(TABLET)),
    When(user_agent__contains="Mobi", then=Value(PHONE)),
    When(user_agent__contains="Android", then=Value(TABLET)),
    default=Value(COMPUTER),
)


def erase_traces(erased: Erased) -> int:
    """Browser, address and referrer of the person's sessions; their times stay, as figures are counted from them."""
    traces = UserSession.objects.filter(user=erased.user).exclude(
        user_agent__in=["", TABLET, PHONE, COMPUTER], referrer="", ip_address=None
    )
    return traces.update(user_agent=KIND, referrer="", ip_address=None)
