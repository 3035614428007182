"""The tabs of a webinar in the console. Later apps add theirs with `add_tab` (architecture, "The house")."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from webinars.models import Webinar
from webinars.selectors.permissions import Verb
from webinars.selectors.standing import standing_of


@dataclass(frozen=True)
class Tab:
    """`url` gives the address for a webinar; `path` and `view`, where given, add a page below the webinar's own."""

    name: str
    title: Any
    verb: Verb
    order: int
    url: Callable[[Webinar], str]
    path: str = ""
    view: Callable[..., Any] | None = None


@dataclass(frozen=True)
class Page:
    """A page below a webinar's own that is no tab: `path` ends with a slash, `view` is called with the request, the
    model admin and what `path` captures besides the webinar. Its URL is named `admin:webinars_webinar_<name>`."""

    name: str
    path: str
    view: Callable[..., Any]


_tabs: dict[str, Tab] = {}
_pages: dict[str, Page] = {}
# By tab, templates that stand between the tabs and the list; each gets the page's context.
_tools: dict[str, list[str]] = {}


def add_tab(tab: Tab) -> None:
    _tabs[tab.name] = tab


def add_page(page: Page) -> None:
    _pages[page.name] = page


def add_tool(tab: str, template: str) -> None:
    _tools.setdefault(tab, []).append(template)


def tools_of(tab: str) -> list[str]:
    return _tools.get(tab, [])


def all_pages() -> list[Page]:
    """Those of the tabs, and the others."""
    tabs = [Page(tab.name, tab.path, tab.view) for tab in all_tabs() if tab.view is not None]
    return [*tabs, *_pages.values()]


def all_tabs() -> list[Tab]:
    return sorted(_tabs.values(), key=lambda tab: tab.order)


def webinar_tabs(request: HttpRequest, webinar: Webinar, *, current: str) -> list[dict[str, Any]]:
    standing = standing_of(request)
    return [
        {"title": tab.title, "url": tab.url(webinar), "active": tab.name == current}
        for tab in all_tabs()
        if standing.may(tab.verb, agency_id=webinar.agency_id, client_id=webinar.client_id)
    ]


def front_url(webinar: Webinar) -> str:
    """Where a click on a webinar leads: its first tab that everybody may see."""
    return next(tab.url(webinar) for tab in all_tabs() if tab.verb == "see_statistics")


def list_of(model: str) -> Callable[[Webinar], str]:
    """The address of a model's list, narrowed to a webinar."""
    return lambda webinar: f"{reverse(f'admin:{model}_changelist')}?webinar={webinar.pk}"


add_tab(Tab("registration", _("People"), "see_personal", 20, list_of("webinars_registration")))
add_tab(Tab("message", _("Chat"), "see_personal", 40, list_of("webinars_message")))
add_tab(
    Tab(
        "settings",
        _("Settings"),
        "see_statistics",
        90,
        lambda webinar: reverse("admin:webinars_webinar_change", args=[webinar.pk]),
    )
)
