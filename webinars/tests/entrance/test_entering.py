"""From the door into the room, by each policy (spec 3); in a browser: tests/browser/test_who_gets_in.py."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from eventflow import redis
from webinars.models import AllowedEmail, ConsentGiven, Registration, User, Webinar
from webinars.proof import local_path
from webinars.services import entering
from webinars.services.people import person_by_address
from webinars.tests.entrance.doors import BACKEND, code_in, prove, type_address
from webinars.tests.factories import (
    AllowedEmailFactory,
    CampaignFactory,
    ClientMemberFactory,
    ConsentVersionFactory,
    RegistrationFactory,
    UserFactory,
    WebinarFactory,
)

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture(autouse=True)
def _in_english(client):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"


@pytest.fixture
def listed():
    """On the list of a webinar that asks for proof."""
    return AllowedEmailFactory(email="guest@example.com", webinar__slug="demo")


@pytest.fixture
def trusting():
    """On the list of a webinar that asks for no proof."""
    return AllowedEmailFactory(email="guest@example.com", webinar__slug="demo", webinar__verify_email=False)


def path_of(answer):
    return urlsplit(answer.url).path


def later(webinar):
    start = timezone.now() + timedelta(days=1)
    Webinar.objects.filter(pk=webinar.pk).update(
        state="scheduled", webinar_start_time=start, webinar_scheduled_end_time=start + timedelta(hours=1)
    )


# By code


def test_an_address_on_the_list_a_code_a_name_and_in(client, listed, mailoutbox):
    asked = type_address(client, listed.webinar, " Guest@Example.com ", source="kakao")
    step = prove(client, asked, code_in(mailoutbox[0]))
    client.post("/webinars/demo/register/", {"display_name": " 한지원 "})

    registration = Registration.objects.get()
    page = client.get("/webinars/demo/live/")
    assert (asked.status_code, path_of(asked)) == (302, "/accounts/login/code/confirm/")
    assert step.templates[0].name == "webinars/refused.html"
    assert 'name="display_name"' in step.text
    assert (registration.user.email, registration.user.display_name) == ("guest@example.com", "한지원")
    assert (registration.source, page.templates[0].name) == ("kakao", "webinars/live.html")
    assert not registration.user.has_usable_password()


def test_whoever_has_a_name_is_in_at_once(client, listed, mailoutbox):
    UserFactory(email="guest@example.com", display_name="Han")

    page = prove(client, type_address(client, listed.webinar, "guest@example.com"), code_in(mailoutbox[0]))

    assert page.redirect_chain[-1] == ("/webinars/demo/live/", 302)
    assert page.templates[0].name == "webinars/live.html"
    assert EmailAddress.objects.get().verified


def test_whoever_comes_early_waits_on_the_landing_page(client, listed, mailoutbox):
    UserFactory(email="guest@example.com", display_name="Han")
    later(listed.webinar)

    page = prove(client, type_address(client, listed.webinar, "guest@example.com"), code_in(mailoutbox[0]))

    assert page.redirect_chain[-1] == ("/webinars/demo/", 302)
    assert page.context["registered"]


def test_only_after_the_proof_one_learns_that_the_address_is_not_on_the_list(client, listed, mailoutbox):
    page = prove(client, type_address(client, listed.webinar, "other@example.com"), code_in(mailoutbox[0]))

    assert (page.status_code, page.context["way"]) == (403, "other_address")
    assert "other@example.com" in page.text
    assert not Registration.objects.exists()

    back = client.post("/webinars/demo/other-address/", {"source": "kakao"})
    form = client.get(back.url)
    assert (back.url, form.context["way"]) == ("/webinars/demo/?source=kakao", "address")
    assert 'name="source" value="kakao"' in form.text


def test_being_taken_off_the_list_is_being_out(client, listed):
    user = RegistrationFactory(webinar=listed.webinar, user__email="guest@example.com").user
    client.force_login(user, backend=BACKEND)
    inside = client.get("/webinars/demo/live/")

    AllowedEmail.objects.all().delete()

    landing, door = client.get("/webinars/demo/"), client.get("/webinars/demo/live/")
    assert (inside.status_code, door.status_code) == (200, 403)
    assert (landing.context["way"], door.context["way"]) == ("other_address", "other_address")


def test_an_account_with_a_second_factor_is_asked_for_it(client, listed, mailoutbox):
    user = UserFactory(email="guest@example.com", password="a-long-quiet-evening")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})

    page = prove(client, type_address(client, listed.webinar, "guest@example.com"), code_in(mailoutbox[0]))

    assert page.redirect_chain[-1][0].startswith("/accounts/2fa/authenticate/")
    assert "_auth_user_id" not in client.session


def test_the_session_has_another_key_after_the_proof_and_a_code_works_once(client, listed, mailoutbox):
    UserFactory(email="guest@example.com")
    asked = type_address(client, listed.webinar, "guest@example.com")
    before = client.session.session_key
    planted = Client()
    planted.cookies = client.cookies.copy()

    prove(client, asked, code_in(mailoutbox[0]))
    again = prove(planted, asked, code_in(mailoutbox[0]))

    assert client.session.session_key != before
    assert "_auth_user_id" in client.session
    assert "_auth_user_id" not in planted.session
    assert again.redirect_chain[-1][0].startswith("/accounts/login/")


def test_the_last_of_two_tabs_counts(client, listed, mailoutbox):
    first = type_address(client, listed.webinar, "first@example.com")
    type_address(client, listed.webinar, "guest@example.com")

    refused = prove(client, first, code_in(mailoutbox[0]))
    assert "_auth_user_id" not in client.session
    prove(client, first, code_in(mailoutbox[1]))

    assert refused.status_code == 200
    assert User.objects.get(pk=client.session["_auth_user_id"]).email == "guest@example.com"


@pytest.mark.parametrize("change", ["ban", "list"])
def test_what_changes_between_the_address_and_the_code_counts(client, listed, mailoutbox, change):
    user = RegistrationFactory(webinar=listed.webinar, user__email="guest@example.com").user
    asked = type_address(client, listed.webinar, "guest@example.com")
    if change == "ban":
        Registration.objects.update(banned_at=NOW)
    else:
        AllowedEmail.objects.all().delete()

    prove(client, asked, code_in(mailoutbox[0]))
    door = client.get("/webinars/demo/live/")

    assert client.session["_auth_user_id"] == str(user.pk)
    assert (door.status_code, door.context["access"].reason) == (
        403,
        "banned" if change == "ban" else "not_registered",
    )


def test_nobody_signed_in_is_asked_for_an_address(client, listed, mailoutbox):
    client.force_login(UserFactory(), backend=BACKEND)

    answer = type_address(client, listed.webinar, "guest@example.com")

    assert (answer.url, mailoutbox) == ("/webinars/demo/", [])


@pytest.mark.parametrize("policy", ["open", "auth"])
def test_other_policies_take_no_addresses(client, policy, mailoutbox):
    webinar = WebinarFactory(access_policy=policy)

    assert type_address(client, webinar, "guest@example.com").url == f"/webinars/{webinar.slug}/"
    assert mailoutbox == []


@pytest.mark.parametrize(
    "address",
    [
        "",
        "  ",
        "nonsense",
        "a@b",
        "a\x00@example.com",
        "x" * 300 + "@example.com",
        "x" * 1_000_000,
        "a@example.com\nBcc: b@example.com",
        "한글@example.com",
    ],
)
def test_what_is_no_address_is_said_beside_the_field(client, listed, address, mailoutbox):
    answer = type_address(client, listed.webinar, address)

    assert answer.status_code == 200
    assert answer.context["address_form"].errors["email"]
    assert mailoutbox == []


# Without proof


def test_an_address_on_the_list_is_enough_where_no_proof_is_asked_for(client, trusting, mailoutbox):
    typed = type_address(client, trusting.webinar, "guest@example.com", source="qr")
    step = client.get(typed.url)
    entered = client.post("/webinars/demo/register/", {"display_name": "Han"})
    page = client.get("/webinars/demo/live/")

    registration = Registration.objects.get()
    assert (typed.url, step.context["unproven"]) == ("/webinars/demo/register/", True)
    assert (entered.url, page.templates[0].name) == ("/webinars/demo/live/", "webinars/live.html")
    assert (registration.user.email, registration.user.display_name) == ("guest@example.com", "Han")
    assert registration.source == "qr"
    assert "_auth_user_id" not in client.session
    assert mailoutbox == []


def test_who_typed_an_address_is_nobody_elsewhere(client, trusting):
    other = AllowedEmailFactory(email="guest@example.com", webinar__verify_email=False)
    type_address(client, trusting.webinar, "guest@example.com")

    elsewhere = client.get(f"/webinars/{other.webinar.slug}/")
    account = client.get("/accounts/email/")

    assert (elsewhere.context["known"], elsewhere.context["way"]) == (False, "address")
    assert path_of(account) == "/accounts/login/"


def test_an_unproven_visitor_changes_nobodys_name(client, trusting):
    UserFactory(email="guest@example.com", display_name="Theirs", password=None)
    User.objects.update(password="!")

    type_address(client, trusting.webinar, "guest@example.com")
    client.post("/webinars/demo/register/", {"display_name": "Mine"})

    assert User.objects.get().display_name == "Theirs"


@pytest.mark.parametrize("what", ["not on the list", "password", "membership", "moderator", "banned", "inactive"])
def test_everybody_else_gets_the_code(client, trusting, mailoutbox, what):
    webinar, address = trusting.webinar, "guest@example.com"
    if what == "not on the list":
        address = "other@example.com"
    user = person_by_address(address, now=NOW)
    if what == "password":
        user.set_password("a-long-quiet-evening")
        user.save()
    elif what == "membership":
        ClientMemberFactory(user=user)
    elif what in ("moderator", "banned"):
        role = "moderator" if what == "moderator" else "attendee"
        RegistrationFactory(webinar=webinar, user=user, role=role, banned_at=NOW if what == "banned" else None)
    elif what == "inactive":
        User.objects.update(is_active=False)

    answer = type_address(client, webinar, address)

    assert path_of(answer) == "/accounts/login/code/confirm/"
    assert "unproven" not in client.session
    assert len(mailoutbox) == 1


def test_a_seat_that_needs_proof_from_now_on_is_lost_until_it_is_proven(client, trusting, mailoutbox):
    type_address(client, trusting.webinar, "guest@example.com")
    client.post("/webinars/demo/register/", {"display_name": "Han"})
    Webinar.objects.update(verify_email=True)

    door = client.get("/webinars/demo/live/")
    page = prove(client, type_address(client, trusting.webinar, "guest@example.com"), code_in(mailoutbox[0]))

    assert (door.status_code, door.context["way"]) == (403, "prove")
    assert page.redirect_chain[-1] == ("/webinars/demo/live/", 302)
    assert Registration.objects.count() == 1


def test_a_webinar_that_opens_to_everybody_forgets_who_typed_what(client, trusting):
    type_address(client, trusting.webinar, "guest@example.com")
    Webinar.objects.update(access_policy="open")

    page = client.get("/webinars/demo/live/")

    assert (page.status_code, page.context["live_config"]["me"]["name"]) == (200, None)


def test_a_webinar_that_asks_for_accounts_forgets_who_typed_what(client, trusting):
    type_address(client, trusting.webinar, "guest@example.com")
    Webinar.objects.update(access_policy="auth")

    page = client.get("/webinars/demo/live/")

    assert (page.status_code, page.context["way"], page.context["known"]) == (403, "register", False)
    assert page.context["sign_in_url"] in page.text


def test_too_many_tries_from_one_place_and_everybody_there_proves(client, trusting, mailoutbox, monkeypatch):
    monkeypatch.setattr(entering, "MISSES", 2)
    for number in range(2):
        type_address(client, trusting.webinar, f"guess{number}@example.com")

    answer = type_address(client, trusting.webinar, "guest@example.com")
    from_elsewhere = Client().post("/webinars/demo/enter/", {"email": "guest@example.com"}, REMOTE_ADDR="192.0.2.9")

    assert path_of(answer) == "/accounts/login/code/confirm/"
    assert path_of(from_elsewhere) == "/webinars/demo/register/"


# By campaign


@pytest.fixture
def by_campaign():
    campaign = CampaignFactory(slug="spring")
    return WebinarFactory(
        slug="demo", client=campaign.client, access_policy="name_email_auth", registration_campaign=campaign
    )


def test_the_way_to_a_campaigns_webinar_is_the_campaign(client, by_campaign):
    landing, door = client.get("/webinars/demo/?source=qr"), client.get("/webinars/demo/live/?source=qr")

    for page in (landing, door):
        assert (page.context["way"], page.context["campaign_url"]) == ("campaign", "/campaigns/spring/?source=qr")


@pytest.mark.parametrize("missing", ["campaign", "published"])
def test_registration_that_is_not_open_is_said(client, by_campaign, missing):
    if missing == "campaign":
        Webinar.objects.update(registration_campaign=None)
    else:
        type(by_campaign.registration_campaign).objects.update(is_published=False)

    page = client.get("/webinars/demo/")

    assert page.context["campaign_url"] == ""
    assert "Registration is not open yet" in page.text


def test_who_registered_comes_back_by_code(client, by_campaign, mailoutbox):
    RegistrationFactory(webinar=by_campaign, user__email="guest@example.com")

    page = prove(client, type_address(client, by_campaign, "guest@example.com"), code_in(mailoutbox[0]))

    assert page.redirect_chain[-1] == ("/webinars/demo/live/", 302)


def test_who_did_not_register_is_led_to_the_campaign_after_the_proof(client, by_campaign, mailoutbox):
    page = prove(client, type_address(client, by_campaign, "guest@example.com"), code_in(mailoutbox[0]))

    assert (page.status_code, page.context["campaign_url"]) == (403, "/campaigns/spring/")
    assert not Registration.objects.exists()


@pytest.mark.parametrize(
    ("registered", "path"), [(True, "/webinars/demo/register/"), (False, "/accounts/login/code/")]
)
def test_without_proof_only_who_registered_comes_back_at_once(client, by_campaign, registered, path):
    Webinar.objects.update(verify_email=False)
    person = person_by_address("guest@example.com", now=NOW)
    if registered:
        RegistrationFactory(webinar=by_campaign, user=person)

    answer = type_address(client, by_campaign, "guest@example.com")

    assert path_of(answer).startswith(path)


# Consents


@pytest.fixture(params=["open", "auth", "email_auth"])
def asking(request):
    """A webinar whose client asks for one consent that it needs and one that it does not."""
    needed = ConsentVersionFactory(label="Needed")
    ConsentVersionFactory(label="Not needed", is_required=False, text__client=needed.text.client)
    webinar = WebinarFactory(slug="demo", client=needed.text.client, access_policy=request.param)
    AllowedEmailFactory(webinar=webinar, email="guest@example.com")
    return webinar, needed


def test_consents_are_asked_before_anybody_is_registered(client, asking):
    webinar, needed = asking
    client.force_login(UserFactory(email="guest@example.com"), backend=BACKEND)

    landing, door = client.get("/webinars/demo/"), client.get("/webinars/demo/live/")
    refused = client.post("/webinars/demo/register/", {"source": "qr"})
    seen = re.findall(r'name="consents_shown" value="(\w+)"', landing.text)
    agreed = {f"consent_{needed.pk.hex}": "on", "consents_shown": seen, "source": "qr"}
    entered = client.post("/webinars/demo/register/", agreed)

    assert (door.status_code, door.context["access"].reason) == (403, "consent_required")
    for page in (landing, door, refused):
        assert page.text.count('type="checkbox"') == 2
    assert refused.context["register_form"].errors
    assert entered.url == "/webinars/demo/live/"
    assert Registration.objects.get().source == "qr"
    given = ConsentGiven.objects.filter(webinar=webinar).order_by("version__is_required")
    assert list(given.values_list("version__label", "is_given")) == [("Not needed", False), ("Needed", True)]


@pytest.mark.django_db(transaction=True)
def test_nobody_is_registered_whose_consent_could_not_be_kept(client):
    """They would never be asked again."""
    needed = ConsentVersionFactory()
    WebinarFactory(slug="demo", client=needed.text.client)
    client.force_login(UserFactory(email="guest@example.com"), backend=BACKEND)

    def database(execute, sql, params, many, context):
        if sql.startswith('INSERT INTO "consents_given"'):
            raise OperationalError("the connection was lost")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(database):
        answer = client.post("/webinars/demo/register/", {f"consent_{needed.pk.hex}": "on"})

    assert (answer.status_code, Registration.objects.count()) == (503, 0)


def test_registered_people_are_not_asked_again(client, asking):
    webinar, _needed = asking
    client.force_login(RegistrationFactory(webinar=webinar, user__email="guest@example.com").user, backend=BACKEND)

    assert client.get("/webinars/demo/live/").status_code == 200


def test_a_text_that_changed_meanwhile_is_asked_anew(client, asking):
    _webinar, needed = asking
    client.force_login(UserFactory(email="guest@example.com"), backend=BACKEND)
    ConsentVersionFactory(text=needed.text, number=2, label="Needed, in other words")

    answer = client.post("/webinars/demo/register/", {f"consent_{needed.pk.hex}": "on"})

    assert (answer.status_code, Registration.objects.count()) == (200, 0)
    assert "Needed, in other words" in answer.text


def test_guests_are_never_asked(client):
    version = ConsentVersionFactory()
    WebinarFactory(slug="demo", client=version.text.client, access_policy="open")

    assert client.get("/webinars/demo/live/").status_code == 200


def test_a_stranger_signs_up_and_is_asked_then(client, mailoutbox):
    version = ConsentVersionFactory()
    WebinarFactory(slug="demo", client=version.text.client)

    asked = client.post("/webinars/demo/register/", {"source": "qr"})
    client.post(asked.url, {"email": "new@example.com", "display_name": "Han", "next": "/webinars/demo/register/"})
    step = client.post("/accounts/confirm-email/", {"code": code_in(mailoutbox[0])}, follow=True)
    client.post("/webinars/demo/register/", {f"consent_{version.pk.hex}": "on"})

    assert 'name="source" value="qr"' in step.text
    assert Registration.objects.get().user.email == "new@example.com"


# Afterwards


@pytest.mark.parametrize("who", ["a stranger", "another address", "banned", "on the list"])
def test_the_replay_is_for_whom_the_policy_lets_in(client, listed, who):
    user = UserFactory(email="guest@example.com" if who != "another address" else "other@example.com")
    Webinar.objects.update(state="ended", webinar_actual_end_time=NOW, replay_url="https://video.example.com/again")
    if who == "banned":
        RegistrationFactory(webinar=listed.webinar, user=user, banned_at=NOW)
    if who != "a stranger":
        client.force_login(user, backend=BACKEND)

    page = client.get("/webinars/demo/ended/")

    assert ("https://video.example.com/again" in page.text) is (who == "on the list")
    assert ("/accounts/login/?next=/webinars/demo/ended/" in page.text) is (who == "a stranger")


# Limits and outages


def test_one_place_is_asked_to_wait(client, listed, monkeypatch):
    monkeypatch.setattr("webinars.entrance_pages.ENTRIES_PER_PLACE", 1)
    type_address(client, listed.webinar, "one@example.com")

    answer = type_address(client, listed.webinar, "two@example.com")

    assert (answer.status_code, answer.templates[0].name) == (429, "429.html")
    assert 0 < int(answer["Retry-After"]) <= 60


def test_one_address_gets_so_many_codes_and_no_more(client, listed, mailoutbox):
    answers = [type_address(Client(), listed.webinar, "guest@example.com") for _ in range(10)]

    assert (answers[0].status_code, answers[-1].status_code) == (302, 429)
    assert len(mailoutbox) < 10
    assert int(answers[-1]["Retry-After"]) > 0


def test_codes_wait_for_redis(client, listed, mailoutbox):
    redis.pause.begin()

    answer = type_address(client, listed.webinar, "guest@example.com")

    assert (answer.status_code, answer.templates[0].name) == (503, "codes_unavailable.html")
    assert int(answer["Retry-After"]) > 0
    assert (mailoutbox, User.objects.count()) == ([], 0)


def test_a_mail_that_cannot_leave_is_said(client, listed, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1

    answer = type_address(client, listed.webinar, "guest@example.com")

    assert answer.status_code == 503


# Every write by cookie


@pytest.mark.parametrize("path", ["enter", "register", "other-address"])
def test_writes_need_the_csrf_token(listed, path):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(UserFactory(), backend=BACKEND)

    assert browser.post(f"/webinars/demo/{path}/", {"email": "guest@example.com"}).status_code == 403


@pytest.mark.parametrize("path", ["enter", "register", "other-address"])
def test_drafts_and_what_is_not_there_are_404(client, path):
    draft = AllowedEmailFactory(email="guest@example.com", webinar__state="draft").webinar

    for slug in (draft.slug, "nothing", "a%00b"):
        assert client.post(f"/webinars/{slug}/{path}/", {"email": "guest@example.com"}).status_code == 404


def test_a_webinar_that_is_over_takes_no_addresses(client, listed, mailoutbox):
    Webinar.objects.update(state="ended", webinar_actual_end_time=timezone.now())

    assert type_address(client, listed.webinar, "guest@example.com").url == "/webinars/demo/"
    assert mailoutbox == []


def test_misses_are_forgotten_in_time(trusting):
    seats = entering.Seats(trusting.webinar, place="192.0.2.1", now=NOW)

    entering.seat_without_proof(seats, "other@example.com")

    assert cache.get(seats.misses_key) == 1
    assert 0 < cache._cache.get_client().ttl(cache.make_key(seats.misses_key)) <= entering.MISSES_SECONDS


def test_whoever_mistyped_their_address_is_back_at_the_door(client, listed):
    asked = type_address(client, listed.webinar, "mistyped@example.com", source="kakao")
    page = client.get(asked.url)

    back = client.post("/accounts/logout/", {"next": page.context["redirect_field_value"]}, follow=True)

    assert 'name="next" value="/webinars/demo/register/"' in page.text
    assert back.redirect_chain[-1] == ("/webinars/demo/?source=kakao", 302)
    assert back.context["way"] == "address"


@pytest.mark.parametrize(
    "then",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "", "demo/"],
)
def test_the_proof_leads_nowhere_else(then):
    assert local_path(then) == "/"


def test_the_proof_leads_to_pages_of_ours():
    assert local_path("/webinars/demo/register/?source=qr") == "/webinars/demo/register/?source=qr"
