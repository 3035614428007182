import factory
from django.utils import timezone

from stats.models import AccessLog
from webinars.tests.factories import WebinarFactory


class AccessLogFactory(factory.django.DjangoModelFactory[AccessLog]):
    """Three samples: 2, 4 and 3 people."""

    class Meta:
        model = AccessLog

    webinar = factory.SubFactory(WebinarFactory)
    client = factory.SelfAttribute("webinar.client")
    agency = factory.SelfAttribute("webinar.agency")
    time_bucket = factory.LazyFunction(timezone.now)
    sample_count = 3
    sum_participants = 9
    min_participants = 2
    max_participants = 4
    last_participants = 3
    first_sample_at = factory.SelfAttribute("time_bucket")
    last_sample_at = factory.SelfAttribute("time_bucket")
