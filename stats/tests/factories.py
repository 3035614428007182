from datetime import timedelta

import factory
from django.utils import timezone

from stats.models import AccessLog, Export
from webinars.tests.factories import UserFactory, WebinarFactory


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


class ExportFactory(factory.django.DjangoModelFactory[Export]):
    """Of all people as a workbook, waiting for a worker."""

    class Meta:
        model = Export

    webinar = factory.SubFactory(WebinarFactory)
    client = factory.SelfAttribute("webinar.client")
    agency = factory.SelfAttribute("webinar.agency")
    requested_by = factory.SubFactory(UserFactory)
    format = "xlsx"
    query = factory.Dict({"sort": "-uniqueSeconds"})
    language = "en"
    personal = True
    expires_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=1))
