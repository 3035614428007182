"""Who is here now, and who was here when (spec 5)."""

from presence.models.presence import LivePresence
from presence.models.session import UserSession, UserSessionQuerySet

__all__ = ["LivePresence", "UserSession", "UserSessionQuerySet"]
