"""A sealed webinar keeps its registrations (spec 7)."""

import pytest
from django.utils import translation

from eventflow.api.errors import ApiError
from stats.services.sealing import seal_attendance
from stats.tests.evidence import CLOSED, START, ended
from webinars.models import AuditEntry, Registration
from webinars.services.managers import manager_of
from webinars.services.removing import remove_registration
from webinars.tests.factories import ClientMemberFactory, RegistrationFactory


@pytest.mark.django_db
def test_nobody_is_removed_once_attendance_is_sealed():
    webinar = ended()
    user = RegistrationFactory(webinar=webinar, registered_at=START).user
    host = ClientMemberFactory(client=webinar.client, role="operator").user
    live_pass = manager_of(webinar=webinar, user=host, now=CLOSED).live_pass
    seal_attendance(webinar=webinar, now=CLOSED)

    with pytest.raises(ApiError) as refused:
        remove_registration(live_pass=live_pass, user_id=user.pk, now=CLOSED)

    assert (refused.value.status_code, refused.value.code) == (409, "wrong_state")
    with translation.override("en"):
        assert "sealed" in str(refused.value.message)
    assert Registration.objects.filter(webinar=webinar, user=user).exists()
    assert not AuditEntry.objects.filter(action="member.removed").exists()
