"""What each surface is asked: with which ids, in which states, carrying what. The surfaces themselves come from
`introspection`; one that has nothing here is asked with an empty body in its plainest state.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.test import RequestFactory

from tests.matrix.asking import Asked, filled
from tests.matrix.forms import ADD_FORMS, sent_form
from tests.matrix.introspection import Surface
from tests.matrix.world import PERSON, World
from webinars.invitation_links import token_of

PAGES = "/webinars/<w>/"
API = "/api/webinars/<w>/"
CONSOLE = "/console/"
CAMPAIGN = "/campaigns/<c>/"
CAMPAIGN_API = "/api/campaigns/<c>"
WEBINAR = "/console/webinars/webinar/<object_id>/"
NARROWED = "of the live webinar, or the campaign"
SESSION_ID = "matrix-session-1"
NEW = {"body": "said", "client_id": "matrix-said-1"}


@dataclass(frozen=True)
class Case:
    """A surface in a state (of the webinar that it is about), with the session or with a live page's pass."""

    surface: Surface
    state: str = "live"
    carries: str = "session"
    note: str = ""

    def __str__(self) -> str:
        return f"{self.surface} # {self.note}" if self.note else str(self.surface)


# The states of a webinar that matter to an address; the longest beginning that fits counts.
STATES: dict[str, tuple[str, ...]] = {
    PAGES: ("live", "open", "typed", "soon", "draft", "ended"),
    CAMPAIGN: ("published", "hidden"),
    CAMPAIGN_API: ("published", "hidden"),
    WEBINAR: ("live",),
    WEBINAR + "change/": ("live", "draft", "ended"),
    WEBINAR + "delete/": ("live", "blank"),
    WEBINAR + "open-doors/": ("draft",),
    WEBINAR + "start/": ("soon",),
    WEBINAR + "live/": ("live", "draft"),
    WEBINAR + "attendance/": ("live", "ended"),
    WEBINAR + "attendance/correct/": ("ended",),
    WEBINAR + "statistics/": ("live", "ended"),
}
# Pages of the console that take a POST for a GET, for they look at no method: asked once. (What a list does on a POST
# are its actions, which have a table of their own.)
TAKEN_FOR_READING = (
    "/autocomplete/",
    "/compare/",
    "/console/",
    "/data/",
    "/done/",
    "/exports/<export_id>/",
    "<export_id>/file/",
    "/history/",
    "/jsi18n/",
    "/live/",
    "/search/",
    "/state/",
    "/statistics/",
    "/attendance/",
    "<app_label>/",
    "<object_id>/",
    "<url>",
)
# By pass or by session, of which webinar: what the API is asked with.
MANNERS: dict[str, tuple[tuple[str, str], ...]] = {
    API: (("live", "pass"), ("live", "session"), ("open", "pass"), ("typed", "pass")),
    API + "token": (
        ("live", "pass"),
        ("live", "session"),
        ("open", "session"),
        ("typed", "pass"),
        ("typed", "session"),
        ("soon", "session"),
        ("draft", "session"),
        ("ended", "session"),
    ),
    API + "registrations": (
        ("live", "session"),
        ("open", "session"),
        ("typed", "session"),
        ("draft", "session"),
        ("ended", "session"),
    ),
    API + "stats": (("live", "pass"), ("live", "session"), ("draft", "session"), ("ended", "session")),
}


def question_of(world: World, state: str) -> Any:
    return world.rows[f"question of {world.webinars[state].slug}"].pk


def message_of(world: World, state: str) -> Any:
    return world.rows[f"message of {world.webinars[state].slug}"].pk


CAMPAIGNS = {"published": "webinars.campaign", "hidden": "hidden campaign"}
CAMPAIGNS = {"published": "webinars.campaign", "hidden": "hidden campaign"}
Value = Callable[[World, str, str], Any]
# What stands for a parameter of an address, by its name: (world, state, who asks).
PARAMETERS: dict[str, Value] = {
    "w": lambda world, state, person: world.webinars[state].pk,
    "message_id": lambda world, state, person: message_of(world, state),
    "question_id": lambda world, state, person: question_of(world, state),
    "user_id": lambda world, state, person: world.rows["webinars.user"].pk,
    "export_id": lambda world, state, person: (
        (world.exports.get((person, "live")) or world.exports["client_owner", "live"]).pk
    ),
    "import_id": lambda world, state, person: world.rows["webinars.allowedemailimport"].pk,
    "id": lambda world, state, person: world.rows["webinars.user"].pk,
    "content_type_id": lambda world, state, person: ContentType.objects.get_for_model(world.webinars[state]).pk,
    "object_id": lambda world, state, person: world.webinars[state].pk,
    "app_label": lambda world, state, person: "webinars",
    "c": lambda world, state, person: world.rows[CAMPAIGNS[state]].pk,
    "token": lambda world, state, person: token_of(world.rows["webinars.invitation"].pk),
    "kind": lambda world, state, person: "client",
    "tenant_id": lambda world, state, person: world.rows["webinars.client"].pk,
    "name": lambda world, state, person: "0" * 32,
    "url": lambda world, state, person: "nothing-here",
    "uidb36": lambda world, state, person: "1",
    "key": lambda world, state, person: "set-password",
}
# What is sent, by method and address: (world, state).
BODIES: dict[str, Callable[[World, str], Mapping[str, Any]]] = {
    f"POST {PAGES}enter/": lambda world, state: {"email": "nobody@people.test"},
    f"POST {CAMPAIGN}": lambda world, state: {"email": "nobody@people.test", "name": "Nobody"},
    f"POST {CAMPAIGN_API}/entries": lambda world, state: {"email": "nobody@people.test", "name": "Nobody"},
    f"POST {API}access/track": lambda world, state: {"session_id": SESSION_ID},
    f"POST {API}presence/ping": lambda world, state: {"session_id": SESSION_ID},
    f"POST {API}access/exit": lambda world, state: {"session_id": SESSION_ID},
    f"POST {API}messages": lambda world, state: NEW,
    f"POST {API}questions": lambda world, state: NEW,
    f"PATCH {API}questions/<question_id>": lambda world, state: {"status": "published"},
    f"POST {API}questions/<question_id>/answer": lambda world, state: {"text": "answer"},
    f"POST {API}members/<user_id>/mute": lambda world, state: {"minutes": 5},
    f"PATCH {API}room": lambda world, state: {"chat_enabled": False},
    f"PUT {API}notice": lambda world, state: {"text": "notice"},
    f"POST {WEBINAR}who-gets-in/paste/": lambda world, state: {"addresses": "somebody@people.test"},
    f"POST {WEBINAR}who-gets-in/remove/": lambda world, state: {"email": f"allowed-{PERSON}@example.test"},
    "POST /i18n/setlang/": lambda world, state: {"language": "en"},
    **{
        f"POST {WEBINAR}exports/{kind}": lambda world, state: {"format": "csv"}
        for kind in ("", "chat/", "questions/", "registrations/")
    },
}
QUERIES: dict[str, Mapping[str, Any]] = {
    "GET /console/search/": {"s": "li"},
    f"GET {API}stats": {"sections": "access,sessions,watch,chat,qa,registrants"},
}


def cases_of(surface: Surface) -> list[Case]:
    route = surface.route
    if (
        surface.method == "POST"
        and route.startswith(CONSOLE)
        and (route.endswith(TAKEN_FOR_READING) or is_list(route))
    ):
        return []
    if route.startswith(API):
        manners = longest(MANNERS, route)
        return [
            Case(surface, state, carries=state if manner == "pass" else "session", note=f"{manner}, {state}")
            for state, manner in manners
        ]
    if route.startswith((PAGES, CAMPAIGN, CAMPAIGN_API, WEBINAR)):
        states = longest(STATES, route)
        return [Case(surface, state, note=state if len(states) > 1 or state != "live" else "") for state in states]
    if surface.method == "GET" and is_list(route):
        return [Case(surface), Case(surface, note=NARROWED)] if narrows(route) else [Case(surface)]
    return [Case(surface)]


def longest(known: Mapping[str, Any], route: str) -> Any:
    return known[max((start for start in known if route.startswith(start)), key=len)]


def is_list(route: str) -> bool:
    from tests.matrix.introspection import console_models

    return route in console_models()


def narrowed_to_ours(world: World, route: str) -> Mapping[str, str]:
    """What narrows a list to the live webinar or to the campaign; nothing where a list is over all of them."""
    from tests.matrix.introspection import console_models

    request = RequestFactory().get(route)
    request.user = world.people["super_admin"]
    filters = console_models()[route].get_list_filter(request)
    names = [getattr(item, "parameter_name", "") for item in filters]
    ours = {"webinar": world.webinars["live"], "campaign": world.rows["webinars.campaign"]}
    return {name: str(row.pk) for name, row in ours.items() if name in names}


def narrows(route: str) -> bool:
    """Whether there is a list of each webinar or campaign."""
    from tests.matrix.introspection import console_models
    from webinars.admin.one_webinar import OneWebinarAdmin

    found = console_models()[route]
    names = {getattr(item, "parameter_name", "") for item in found.list_filter}
    return isinstance(found, OneWebinarAdmin) or bool(names & {"webinar", "campaign"})


def values_for(world: World, case: Case, person: str) -> dict[str, Any]:
    route, found = case.surface.route, {}
    for name in case.surface.parameters:
        label = label_of(route)
        if name == "object_id" and label is not None and label != "webinars.webinar":
            found[name] = world.rows[label].pk
        else:
            found[name] = PARAMETERS[name](world, case.state, person)
    return found


def label_of(route: str) -> str | None:
    """Of an address below a model's list, the model's."""
    parts = route.split("/")
    is_model = route.startswith(CONSOLE) and len(parts) > 4 and "<" not in parts[2] + parts[3]
    return f"{parts[2]}.{parts[3]}" if is_model else None


def asked(world: World, case: Case, person: str) -> Asked:
    surface = case.surface
    path = filled(surface.route, values_for(world, case, person))
    query: Mapping[str, Any] = QUERIES.get(str(surface), {})
    if case.note == NARROWED:
        query = narrowed_to_ours(world, surface.route)
    if surface.method == "GET":
        return Asked("GET", path, query=query, carries=case.carries)
    body = BODIES[str(surface)](world, case.state) if str(surface) in BODIES else console_body(world, case, path)
    content_type = "application/json" if surface.route.startswith("/api/") else None
    if content_type is None and surface.method != "POST":
        content_type = "application/x-www-form-urlencoded"
    return Asked(surface.method, path, query=query, body=body, content_type=content_type, carries=case.carries)


def console_body(world: World, case: Case, path: str) -> Mapping[str, Any]:
    """Of the console's own pages: what a browser would send."""
    route, label = case.surface.route, label_of(case.surface.route)
    if route.endswith("/change/") and label:
        return sent_form(world, path, label)
    if route.endswith("/delete/"):
        return {"post": "yes"}
    if route.endswith("/add/") and label in ADD_FORMS:
        return ADD_FORMS[label](world)
    if route == WEBINAR + "attendance/correct/":
        return {"seen_version": 1, "reason": f"{PERSON} was counted twice"}
    return {}


def all_cases(found: list[Surface]) -> Iterator[Case]:
    for surface in found:
        yield from cases_of(surface)
