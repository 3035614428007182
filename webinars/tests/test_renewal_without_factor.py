"""A membership that is out of force makes no manager of a live page either, once its pass is renewed (spec 1, 4)."""

import time
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.utils import timezone

from webinars.models import Agency, Webinar
from webinars.realtime.hub import hub
from webinars.services.live_pass import verify_pass
from webinars.tests.factories import AgencyMemberFactory, WebinarFactory
from webinars.tests.socket_pages import joined, tell

EXPIRED = 4401


@pytest.mark.django_db
@pytest.mark.parametrize(("policy", "status"), [("auth", 200), ("email_auth", 403)])
def test_who_lacks_the_second_factor_that_is_asked_for_is_no_manager_at_renewal(pass_for, call, policy, status):
    webinar = WebinarFactory(access_policy=policy)
    owner = AgencyMemberFactory(agency=webinar.agency, role="owner").user
    page = call(webinar, owner)
    page.token = pass_for(webinar, owner, now=timezone.now() - timedelta(seconds=400))
    assert verify_pass(page.token).role == "manager"
    Agency.objects.update(mfa_required=True)

    renewed = page.post("token")

    assert renewed.status_code == status
    if status == 200:
        page.token = renewed.json()["data"]["token"]
        assert verify_pass(page.token).role == "attendee"
    assert page.send("PUT", "notice", {"text": "Welcome"}).status_code == 403
    if status == 403:
        async_to_sync(closes_when_the_pass_is_over)(webinar, page.token)


async def closes_when_the_pass_is_over(webinar: Webinar, token: str) -> None:
    async with joined(webinar, token) as page:
        hub().rooms[str(webinar.pk)].look_around(time.time() + 300)
        await tell(webinar)
        assert await page.closing() == EXPIRED
