"""No page does anything that its Content-Security-Policy has to refuse (spec 15), as far as links lead."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urldefrag, urlsplit

import pytest
from django.urls import Resolver404, resolve
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.visitors import Visitor
from webinars.models import Webinar
from webinars.tests.factories import (
    AgencyMemberFactory,
    CampaignFactory,
    ClientFactory,
    MessageFactory,
    QuestionFactory,
    RegistrationFactory,
    UserFactory,
    WebinarFactory,
)

STAGE = "/static/webinars/stage/index.html"
MOST_PAGES = 90
NO_PAGES = ("/static/", "/media/", "/accounts/logout", "/console/logout", "/console/jsi18n", "/api/schema")
NO_PAGE_ENDINGS = (".ics", ".csv", ".xlsx")
# Says of each refusal what was refused, before any script of the page runs.
LISTEN = """
window.refused = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.refused.push(`${event.effectiveDirective}: ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
});
"""
Arrive = Callable[..., Visitor]


@pytest.fixture
def tenant(live_site):
    """A client with something on every page."""
    now = timezone.now()
    owner = AgencyMemberFactory(
        role="owner", user=UserFactory(is_staff=True, is_superuser=True, email="o@example.com")
    )
    client = ClientFactory(agency=owner.agency)
    live = WebinarFactory(slug="demo", client=client, player="iframe", player_url=STAGE)
    WebinarFactory(slug="soon", client=client, state="scheduled", webinar_start_time=now + timedelta(days=3))
    WebinarFactory(slug="past", client=client, state="ended", webinar_start_time=now - timedelta(days=3))
    CampaignFactory(client=client)
    MessageFactory(webinar=live, body="https://example.com/")
    QuestionFactory(webinar=live)
    RegistrationFactory(webinar=live)
    return owner.user


def crawl(person: Visitor, *begin: str) -> tuple[set[str], list[str]]:
    """Follows links from these pages; answers the patterns of what it saw, and every refusal with its page."""
    person.context.add_init_script(LISTEN)
    waiting, kinds, refused = list(begin), set(), []
    while waiting and len(kinds) < MOST_PAGES:
        path = waiting.pop(0)
        if (kind := kind_of(path)) in kinds:  # what differs between two pages of one address pattern is data
            continue
        kinds.add(kind)
        answer = person.page.goto(f"{person.url}{path}", wait_until="load")
        if answer is not None and answer.status >= 500:
            refused.append(f"{path}: {answer.status}")
        if answer is None or "text/html" not in answer.headers.get("content-type", ""):
            continue
        if "/live/" not in path:  # which is never idle
            person.page.wait_for_load_state("networkidle")
        refused += [f"{path}: {one}" for one in person.page.evaluate("window.refused")]
        waiting += links(person, path)
    return kinds, refused


def kind_of(path: str) -> str:
    try:
        return resolve(urlsplit(path).path).route
    except Resolver404:
        return "nothing"


def links(person: Visitor, path: str) -> list[str]:
    """Where one may go from here by a click, within the site, to what is a page."""
    found = person.page.eval_on_selector_all("a[href]:not([download])", "all => all.map((a) => a.href)")
    ours = [urldefrag(href)[0].removeprefix(person.url) for href in found if href.startswith(f"{person.url}/")]
    return [href for href in dict.fromkeys(ours) if not href.startswith(NO_PAGES) and not is_file(href)]


def is_file(href: str) -> bool:
    return "format=" in href or urlsplit(href).path.endswith(NO_PAGE_ENDINGS)


def quiet(person: Visitor) -> Visitor:
    """Pages that are meant to be missing say so; a file is no page."""
    person.expected_errors += ["404", "403", "410", "net::ERR_ABORTED", "Download is starting"]
    return person


def test_pages_of_visitors(visitor: Arrive, tenant):
    person = quiet(visitor())

    kinds, refused = crawl(
        person, "/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/nothing/",
        "/webinars/soon/live/", "/webinars/past/ended/", "/api/docs/",
    )  # fmt: skip

    assert refused == []
    assert {"", "webinars/<str:w>/", "accounts/login/", "accounts/signup/", "api/docs/", "nothing"} <= kinds


def test_pages_of_people(visitor: Arrive, tenant):
    person = quiet(visitor())
    person.sign_in(UserFactory(display_name="이서연"))

    kinds, refused = crawl(
        person, "/webinars/demo/live/", "/", "/accounts/email/", "/accounts/sessions/", "/accounts/2fa/"
    )

    assert refused == []
    assert {"", "webinars/<str:w>/live/", "accounts/email/"} <= kinds


def test_pages_of_the_console(visitor: Arrive, tenant):
    person = quiet(visitor())
    person.sign_in(tenant)

    kinds, refused = crawl(person, "/console/")

    assert refused == []
    assert len([kind for kind in kinds if kind.startswith("console/")]) > 25


def test_a_script_from_elsewhere_or_in_the_page_is_refused(visitor: Arrive, tenant):
    """That the crawl would notice."""
    person = visitor()
    person.expected_errors += ["Content Security Policy", "ERR_BLOCKED_BY_CSP", "violates the following"]
    person.context.add_init_script(LISTEN)
    person.visit("/")

    person.page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.came = true";
          document.head.append(script);
          const other = document.createElement("script");
          other.src = "/jsi18n/".replace("/jsi18n/", "data:text/javascript,window.came=true");
          document.head.append(other);
        }"""
    )

    person.until(lambda: len(person.page.evaluate("window.refused")) == 2)
    assert person.page.evaluate("window.came") is None


def test_another_sites_player_cannot_lead_away(visitor: Arrive, tenant):
    player = "https://player.example/"
    Webinar.objects.filter(slug="demo").update(player_url=player)
    person = visitor()
    person.expected_errors += [f"third party: {player}", "Unsafe attempt to initiate navigation", "sandboxed"]
    leads_away = "<h1>Playing</h1><script>try { top.location = 'https://elsewhere.example/'; } catch {}</script>"
    person.context.route(f"{player}**", lambda route: route.fulfill(body=leads_away, content_type="text/html"))
    person.sign_in(UserFactory())

    person.enter("demo")

    expect(person.page.frame_locator("[data-stage] iframe").locator("h1")).to_be_visible()
    person.until(lambda: any("Unsafe attempt to initiate navigation" in problem for problem in person.problems))
    assert urlsplit(person.page.url).path == "/webinars/demo/live/"
