"""What this app knows of a person beyond when they were here (spec 5, Retention)."""

from presence.models import UserSession
from webinars.services.erasure import Erased


def erase_traces(erased: Erased) -> int:
    """Browser, address and referrer of the person's sessions; their times stay, as figures are counted from them."""
    traces = UserSession.objects.filter(user=erased.user).exclude(user_agent="", referrer="", ip_address=None)
    return traces.update(user_agent="", referrer="", ip_address=None)
