"""From an invitation in the console by mail, code and acceptance into the console, as people do it."""

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import LiveSite
from tests.browser.visitors import DESKTOP, PHONE, Visitor
from webinars.invitation_links import token_of
from webinars.models import Agency, Client, ClientMember, Invitation, User
from webinars.tests.account_people import app_code
from webinars.tests.factories import (
    AgencyFactory,
    AgencyMemberFactory,
    ClientFactory,
    ClientMemberFactory,
    InvitationFactory,
    UserFactory,
)

Arrive = Callable[..., Visitor]
ENGLISH = {"locale": "en-GB"}


@pytest.fixture
def agency(live_site: LiveSite) -> Agency:
    found: Agency = AgencyFactory(name="온에어 스튜디오")
    return found


@pytest.fixture
def place(agency: Agency) -> Client:
    found: Client = ClientFactory(agency=agency, name="나래식품")
    return found


@pytest.fixture
def owner(agency: Agency) -> User:
    user = UserFactory(display_name="한지원", email="owner@example.com", proven=True, is_staff=True)
    AgencyMemberFactory(agency=agency, user=user, role="owner")
    return user  # type: ignore[no-any-return]


def in_mails(site: LiveSite, pattern: str) -> str:
    """The last of what the web server has mailed that fits; it writes its mails to its log."""
    return str(re.findall(pattern, site.web.log.read_text(), re.MULTILINE)[-1])


def enter_code(page: Page, site: LiveSite) -> None:
    page.get_by_role("heading", name="Enter the code").wait_for()
    page.get_by_role("textbox").fill(in_mails(site, r"^([A-Z]{4}-[A-Z]{4})$"))
    page.get_by_role("button", name="Continue").click()


def invite(person: Visitor, place: Client, email: str) -> None:
    page = person.visit("/console/webinars/clientmember/")
    page.get_by_role("link", name="Invite people").click()
    page.get_by_label("Where").select_option(label=place.name)
    page.get_by_label("Role", exact=True).select_option(label="Operator")
    page.get_by_label("Email addresses").fill(email)
    page.get_by_role("button", name="Send invitations").click()
    expect(page.get_by_text("1 invitation is on its way.")).to_be_visible()
    expect(page.get_by_role("link", name=email)).to_be_visible()


def test_from_the_invitation_into_the_console(
    visitor: Arrive, live_site: LiveSite, place: Client, owner: User
) -> None:
    inviter, guest = visitor(**ENGLISH), visitor(viewport=PHONE, **ENGLISH)
    inviter.sign_in(owner)
    invite(inviter, place, "kim@example.com")
    guest.expected_errors.append("410")

    link = in_mails(live_site, r"^(http://\S+/invitations/\S+/)$")
    page = guest.page
    page.goto(link)
    assert page.url == f"{live_site.url}/invitations/"
    expect(page.get_by_role("heading", name="Join 나래식품")).to_be_visible()
    page.get_by_role("button", name="Send the code").click()
    enter_code(page, live_site)
    page.get_by_role("button", name="Accept the invitation").click()

    page.wait_for_url("**/console/")
    expect(page.get_by_text("You have joined 나래식품. Your role: Operator.")).to_be_visible()
    member = ClientMember.objects.get(user__email="kim@example.com")
    assert (member.client, member.role, member.user.has_usable_password()) == (place, "operator", False)
    assert [request.url for request in guest.requests if link in request.headers.get("referer", "")] == []
    page.goto(link)
    expect(page.get_by_role("heading", name="You have joined 나래식품")).to_be_visible()
    stranger = visitor(**ENGLISH)
    stranger.expected_errors.append("410")
    stranger.page.goto(link)
    expect(stranger.page.get_by_role("heading", name="This invitation has been used")).to_be_visible()


def test_whoever_joins_a_strict_agency_sets_up_a_second_factor_on_the_way(
    visitor: Arrive, live_site: LiveSite, agency: Agency, owner: User
) -> None:
    from webinars.tests.account_people import give_factor

    give_factor(owner)
    Agency.objects.update(mfa_required=True)
    row = InvitationFactory(agency=agency, email="lee@example.com", role="admin", invited_by=owner)
    guest = visitor(**ENGLISH)

    page = guest.visit(f"/invitations/{token_of(row.pk)}/")
    page.get_by_role("button", name="Send the code").click()
    enter_code(page, live_site)
    page.get_by_role("button", name="Accept the invitation").click()
    expect(page.get_by_role("heading", name="Set up a second factor first")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="Set it up").click()
    page.get_by_role("textbox").fill(app_code(page.locator("code.secret").inner_text()))
    page.get_by_role("main").get_by_role("button").first.click()
    page.get_by_role("link", name="To the console").click()

    page.wait_for_url("**/console/")
    expect(page.get_by_role("link", name="Agency members")).to_be_attached()


def test_leaving_by_keyboard_alone(visitor: Arrive, place: Client, owner: User) -> None:
    member = ClientMemberFactory(client=place, role="viewer")
    person = visitor(java_script_enabled=False, **ENGLISH)
    person.sign_in(member.user)
    page = person.visit("/accounts/memberships/")

    page.get_by_role("link", name="Leave 나래식품").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Leave").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_text("You have left 나래식품.")).to_be_visible()
    assert not ClientMember.objects.exists()


PAGES = {
    "invitation": "/invitations/",
    "none": "/invitations/",
    "memberships": "/accounts/memberships/",
    "leave": "/accounts/memberships/client/{client}/leave/",
    "gate": "/accounts/second-factor/",
    "list": "/console/webinars/invitation/",
    "invite": "/console/webinars/invitation/add/",
    "one": "/console/webinars/invitation/{invitation}/change/",
}
OF_CONSOLE = ("list", "invite", "one")


def opened(visitor: Arrive, owner: User, place: Client, name: str, **options: object) -> Page:
    person = visitor(**options)
    person.expected_errors.append("404")
    row = InvitationFactory(agency=place.agency, client=place, email="kim.the.invited@example.com", invited_by=owner)
    if name == "invitation":
        person.visit(f"/invitations/{token_of(row.pk)}/")
        return person.page
    member = owner
    if name == "gate":
        member = AgencyMemberFactory(agency=AgencyFactory(name="엄격한 에이전시", mfa_required=True)).user
    if name in ("memberships", "leave"):
        ClientMemberFactory(client=place, user=owner, role="admin")
    if name != "none":
        person.sign_in(member)
    return person.visit(PAGES[name].format(client=place.pk, invitation=row.pk))


@pytest.mark.parametrize("locale", ["ko-KR", "en-GB"])
@pytest.mark.parametrize("name", PAGES)
def test_no_page_scrolls_sideways_on_a_phone(
    visitor: Arrive, owner: User, place: Client, name: str, locale: str
) -> None:
    page = opened(visitor, owner, place, name, viewport=PHONE, locale=locale)

    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(visitor: Arrive, owner: User, place: Client, name: str, theme: str) -> None:
    page = opened(
        visitor, owner, place, name, viewport=DESKTOP, color_scheme=theme, reduced_motion="reduce", locale="en-GB"
    )

    context = "#content form.ef-form" if name == "invite" else None
    found = [] if name in ("list", "one") else Axe().run(page, context=context).response["violations"]

    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []
    assert Invitation.objects.exists()
