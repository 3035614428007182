"""How the console speaks Korean: in whole, plain sentences, also where the words are a library's."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import translation

from webinars.models import ClientMember
from webinars.templatetags.console_times import ago, date_in_zone, step_time
from webinars.tests.console_people import sign_in
from webinars.tests.factories import AgencyMemberFactory, ClientMemberFactory, UserFactory, WebinarFactory


def page_of(browser, url):
    return browser.get(url, headers={"accept-language": "ko"}).content.decode()


def test_deleting_is_asked_in_plain_words(client, organizer, webinar):
    member = ClientMemberFactory(client=webinar.client, role="viewer")

    page = page_of(sign_in(client, organizer), reverse("admin:webinars_clientmember_delete", args=[member.pk]))

    assert "항목을 삭제할까요?" in page
    assert [word for word in ("오브젝트", "확신", "돌려주세요", "을/를", "이/가") if word in page] == []


def test_the_form_speaks_plainly(client, organizer, webinar):
    answer = sign_in(client, organizer).post(
        reverse("admin:webinars_client_add"),
        {"agency": str(webinar.agency_id), "name": "A", "slug": "not a slug"},
        headers={"accept-language": "ko"},
    )

    page = answer.content.decode()
    assert "입력한 내용을 확인해 주세요." in page
    assert "영문자, 숫자, 밑줄(_), 붙임표(-)만 쓸 수 있습니다." in page
    assert "저장하고 하나 더 추가" in page


@pytest.mark.parametrize(
    ("model", "tenant", "sentence"),
    [
        ("agencymember", "agency", "이미 이 에이전시의 구성원입니다."),
        ("clientmember", "client", "이미 이 고객사의 구성원입니다."),
    ],
)
def test_a_second_membership_is_refused_beside_the_address(client, organizer, webinar, model, tenant, sentence):
    make = {"agency": AgencyMemberFactory, "client": ClientMemberFactory}[tenant]
    place = getattr(webinar, tenant)
    member = make(**{tenant: place}, role="viewer")

    answer = sign_in(client, organizer).post(
        reverse(f"admin:webinars_{model}_add"),
        {tenant: str(place.pk), "email": member.user.email, "role": "analyst"},
        headers={"accept-language": "ko"},
    )

    assert answer.context["adminform"].form.errors == {"email": [sentence]}


def test_the_same_person_twice_in_one_form_is_refused_beside_the_address(client, organizer, webinar):
    person = UserFactory(proven=True)
    url = reverse("admin:webinars_client_change", args=[webinar.client_id])
    rows = {
        f"members-{n}-{name}": value
        for n in (0, 1)
        for name, value in [("client", str(webinar.client_id)), ("email", person.email), ("role", "viewer")]
    }

    answer = sign_in(client, organizer).post(
        url,
        {
            "name": webinar.client.name,
            "slug": webinar.client.slug,
            "members-TOTAL_FORMS": "2",
            "members-INITIAL_FORMS": "0",
            **rows,
        },
        headers={"accept-language": "ko"},
    )

    assert answer.status_code == 200
    formset = answer.context["inline_admin_formsets"][0].formset
    assert [form.errors for form in formset] == [{}, {"email": ["같은 주소가 두 번 있습니다."]}]
    assert not ClientMember.objects.filter(user=person).exists()


def test_the_home_counts_people_without_a_gap(client, organizer, webinar):
    page = page_of(sign_in(client, organizer), "/console/")

    assert "<strong>0</strong>명 접속 중" in page


def test_the_chat_is_called_the_same_everywhere(client, organizer, webinar):
    answer = sign_in(client, organizer).get(
        reverse("admin:webinars_message_changelist"), headers={"accept-language": "ko"}
    )

    assert answer.context["title"] == "채팅"
    assert [tab["title"] for tab in answer.context["webinar_tabs"] if tab["active"]] == ["채팅"]


@pytest.mark.parametrize(
    ("language", "past", "text"),
    [
        ("ko", timedelta(days=2, hours=5), "2일 5시간 전"),
        ("ko", timedelta(seconds=20), "방금"),
        ("en", timedelta(days=2, hours=5), "2 days, 5 hours ago"),
        ("en", timedelta(minutes=5), "5 minutes ago"),
    ],
)
def test_how_long_ago(language, past, text):
    now = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)

    with translation.override(language):
        assert ago(now - past, now).replace("\xa0", " ") == text


@pytest.mark.parametrize(("language", "text"), [("en", "23 Nov 2026"), ("ko", "2026년 11월 23일")])
def test_days_are_written_in_one_style(db, language, text):
    webinar = WebinarFactory(webinar_start_time=datetime(2026, 11, 23, 14, 0, tzinfo=UTC), time_zone="Asia/Seoul")

    with translation.override(language):
        assert date_in_zone(webinar) == text


@pytest.mark.parametrize(("language", "text"), [("en", "24 Nov, 00:05"), ("ko", "11-24 00:05")])
def test_steps_of_the_timeline_are_written_as_the_script_does(db, language, text):
    webinar = WebinarFactory(time_zone="Asia/Seoul")

    with translation.override(language):
        assert step_time(datetime(2026, 11, 23, 15, 5, tzinfo=UTC), webinar) == text
