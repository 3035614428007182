import uuid

import factory
from django.utils import timezone

from presence.models import LivePresence, UserSession
from webinars.tests.factories import UserFactory, WebinarFactory


class SessionFactory(factory.django.DjangoModelFactory[UserSession]):
    """Open, entered now, and heard of then."""

    class Meta:
        model = UserSession

    webinar = factory.SubFactory(WebinarFactory)
    client = factory.SelfAttribute("webinar.client")
    agency = factory.SelfAttribute("webinar.agency")
    user = factory.SubFactory(UserFactory)
    session_id = factory.LazyFunction(lambda: str(uuid.uuid4()))
    entered_at = factory.LazyFunction(timezone.now)
    last_heartbeat_at = factory.SelfAttribute("entered_at")


class PresenceFactory(factory.django.DjangoModelFactory[LivePresence]):
    """Here now."""

    class Meta:
        model = LivePresence

    webinar = factory.SubFactory(WebinarFactory)
    client = factory.SelfAttribute("webinar.client")
    agency = factory.SelfAttribute("webinar.agency")
    user = factory.SubFactory(UserFactory)
    joined_at = factory.LazyFunction(timezone.now)
    last_seen_at = factory.SelfAttribute("joined_at")
