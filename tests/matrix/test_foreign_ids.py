"""Ids of tenant A, put by tenant B's people into every place of the console and of the API that takes one. Nothing
that is tenant A's comes back, and nothing of it is written.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.contenttypes.models import ContentType
from django.db.models import ForeignKey, ManyToManyField, Model
from django.forms import ModelChoiceField
from django.http import Http404
from django.test import RequestFactory
from django.urls import reverse

from tests.matrix.asking import Asked, ask, code_of, filled, shown, text_of
from tests.matrix.cases import API, BODIES, WEBINAR, label_of, narrowed_to_ours, question_of
from tests.matrix.forms import fields_of
from tests.matrix.introspection import console_models, surfaces
from tests.matrix.world import AGENCY, CLIENT, PERSON, World

LISTS = list(console_models())
STRANGERS = ("rival_agency_owner", "rival_analyst", "neighbour")
# Who may read people's names, and so has the most to look for behind them.
READERS = ("agency_owner", "client_analyst", "rival_owner")
VIEWERS = ("agency_viewer", "client_viewer")
# What is not theirs to see, of the client, its agency and people, where that is not all of it.
KEPT_FROM = {"neighbour": "cp", "agency_viewer": "p", "client_viewer": "p"}
# Searched for without their end, which only an answer has.
BEGINNINGS = (CLIENT[:-2], AGENCY[:-2], PERSON[:-2])


def request_of(world: World, person: str, path: str) -> Any:
    request = RequestFactory().get(path)
    request.user = world.people[person]
    return request


def tenants_rows(world: World) -> dict[type[Model], Any]:
    """One of tenant A's by its kind."""
    return {type(row): row for label, row in world.rows.items() if "." in label}


def relations_of(model: type[Model]) -> Iterator[Any]:
    return (field for field in model._meta.get_fields() if isinstance(field, (ForeignKey, ManyToManyField)))


def queries(world: World, path: str) -> Iterator[dict[str, str]]:
    """Everything that a list takes in its address, with tenant A's ids and words in it."""
    model_admin, theirs = console_models()[path], tenants_rows(world)
    for field in relations_of(model_admin.model):
        row = theirs.get(field.related_model)
        if row is not None:
            for lookup in ("", "_id", "__id__exact", "__in"):
                yield {f"{field.name}{lookup}": str(row.pk)}
    for name in ("webinar", "campaign", "client", "agency", "subject"):
        yield from ({name: str(row.pk)} for row in theirs.values() if row._meta.model_name == name)
    live = world.webinars["live"]
    yield {"webinar": live.slug}
    yield {"subject": f"webinar:{live.pk}"}
    yield from ({"q": word} for word in BEGINNINGS)
    yield {"q": BEGINNINGS[2], "_popup": "1", "_to_field": "id"}
    yield {"q": BEGINNINGS[2], "_changelist_filters": f"webinar={live.pk}"}
    yield {"o": ".".join(str(number) for number, _name in enumerate(model_admin.list_display, 1))}
    yield {"all": "", "p": "1"}


def shows_nothing(world: World, person: str, asked: Asked) -> list[str]:
    """What is wrong with the answer."""
    response, wrote = ask(world, person, asked)
    marks = KEPT_FROM.get(person, "acp")
    wrong = response.status_code >= 500 or wrote or shown(text_of(response)) in tuple(marks)
    return [f"{person} {asked.method} {asked.path} {dict(asked.query)}: {code_of(response, wrote)}"] if wrong else []


@pytest.mark.parametrize("path", LISTS)
def test_no_list_is_narrowed_to_what_is_not_theirs(path: str, world: World) -> None:
    problems = [
        problem
        for person in STRANGERS
        if console_models()[path].has_view_permission(request_of(world, person, path))
        for query in queries(world, path)
        for problem in shows_nothing(world, person, Asked("GET", path, query=query))
    ]

    assert problems == []


def secrets_behind(model: type[Model], *, depth: int = 2, before: str = "") -> Iterator[str]:
    """Lookups that reach through relations, either way, for what the list does not show."""
    for field in model._meta.get_fields():
        if field.is_relation and field.related_model and depth:
            name = f"{before}{field.name}__"
            texts = [found.name for found in field.related_model._meta.concrete_fields if not found.is_relation]
            yield from (f"{name}{text}__startswith" for text in texts if text != "id")
            yield from secrets_behind(field.related_model, depth=depth - 1, before=name) if depth > 1 else ()


@pytest.mark.parametrize("path", LISTS)
def test_no_list_tells_by_its_length_what_is_behind_a_relation(path: str, world: World) -> None:
    """`?user__password__startswith=` and the like: refused before the database is asked, also for members."""
    model_admin = console_models()[path]
    answered = []
    for person in READERS:
        request = request_of(world, person, path)
        if not model_admin.has_view_permission(request):
            continue
        for lookup in dict.fromkeys(secrets_behind(model_admin.model)):
            try:
                allowed = model_admin.lookup_allowed(lookup, "x", request)
            except Http404:
                allowed = False
            if allowed:
                answered.append(f"{person}: {lookup}")

    assert answered == []


def test_a_forbidden_lookup_is_an_answer_and_no_fault(world: World) -> None:
    for path in LISTS:
        for lookup in ("user__password__startswith", "client__agency__name", "nothing__such", "webinar__slug"):
            response, _wrote = ask(world, "client_owner", Asked("GET", path, query={lookup: "x"}))
            assert response.status_code in (302, 400, 404), (path, lookup)


@pytest.mark.parametrize("path", LISTS)
def test_no_autocomplete_offers_what_is_not_theirs(path: str, world: World) -> None:
    model = console_models()[path].model
    fields = [
        {"app_label": model._meta.app_label, "model_name": model._meta.model_name, "field_name": field.name}
        for field in relations_of(model)
    ]

    problems = [
        problem
        for person in ("rival_agency_owner", "neighbour", "client_viewer")
        for field in fields
        for term in ("", BEGINNINGS[2])
        for asked in [Asked("GET", "/console/autocomplete/", query={**field, "term": term})]
        for problem in shows_nothing(world, person, asked)
    ]

    assert problems == []


@pytest.mark.parametrize("path", LISTS)
def test_a_selection_with_a_foreign_row_does_not_exist(path: str, world: World) -> None:
    label = label_of(f"{path}x/")
    own, foreign = world.foreign.get(label), world.rows[label]
    model_admin = console_models()[path]
    if own is None:  # what belongs to no tenant
        assert not model_admin.has_view_permission(request_of(world, "rival_owner", path))
        return
    query = {name: str(world.foreign[f"webinars.{name}"].pk) for name in narrowed_to_ours(world, path)}
    request = RequestFactory().get(path, query)
    request.user = world.people["rival_agency_owner"]
    for name in ["delete_selected", *model_admin.get_actions(request)]:
        body = {
            "action": name,
            ACTION_CHECKBOX_NAME: [str(own.pk), str(foreign.pk)],
            "post": "yes",
            "confirmed": "yes",
            "minutes": "5",
        }
        response, wrote = ask(world, "rival_agency_owner", Asked("POST", path, query=query, body=body))
        assert (response.status_code, wrote) == (404, False), name


@pytest.mark.parametrize("path", LISTS)
def test_a_form_takes_no_row_of_another_tenant(path: str, world: World) -> None:
    """Neither as a choice nor as an inline row."""
    label, person = label_of(f"{path}x/"), "rival_agency_owner"
    model_admin, own = console_models()[path], world.foreign.get(label)
    if own is None or not model_admin.has_change_permission(request_of(world, person, path), own):
        return
    change, theirs = f"{path}{own.pk}/change/", tenants_rows(world)
    page, _wrote = ask(world, person, Asked("GET", change))
    assert page.status_code == 200
    context, data = page.context, fields_of(page.context)
    for name, field in context["adminform"].form.fields.items():
        if isinstance(field, ModelChoiceField) and field.queryset.model in theirs:
            body = {**data, name: str(theirs[field.queryset.model].pk)}
            response, wrote = ask(world, person, Asked("POST", change, body=body))
            assert (response.status_code, wrote) == (200, False), name
    for inline in context["inline_admin_formsets"]:
        foreign, prefix = theirs[inline.formset.model], inline.formset.prefix
        rows = type(foreign)._base_manager.filter(pk=foreign.pk)
        before = rows.values().get()
        counts = {f"{prefix}-TOTAL_FORMS": "1", f"{prefix}-INITIAL_FORMS": "1", f"{prefix}-0-id": str(foreign.pk)}
        for given in ({"DELETE": "on"}, {"role": "viewer", "label": "Changed", "kind": "short", "position": "7"}):
            body = {**data, **counts, **{f"{prefix}-0-{name}": value for name, value in given.items()}}
            asked = Asked("POST", change, body=body)
            response, _wrote = ask(world, person, asked, look=lambda rows=rows: rows.values().first())
            assert (response.status_code < 500, response.seen) == (True, before), prefix


@pytest.mark.parametrize("person", [*STRANGERS, "attendee"])
def test_no_redirect_leads_from_a_row_to_its_page(person: str, world: World) -> None:
    codes = set()
    for row in tenants_rows(world).values():
        kind = ContentType.objects.get_for_model(row)
        response, wrote = ask(world, person, Asked("GET", reverse("admin:view_on_site", args=[kind.pk, row.pk])))
        codes.add(code_of(response, wrote))

    assert codes == {"404"}


def test_no_search_of_the_console_finds_them(world: World) -> None:
    problems = [
        problem
        for person in (*STRANGERS, *VIEWERS)
        for word in BEGINNINGS
        for problem in shows_nothing(world, person, Asked("GET", "/console/search/", query={"s": word}))
    ]

    assert problems == []


NESTED = [found for found in surfaces() if found.route.startswith(API) and len(found.parameters) > 1]


@pytest.mark.parametrize("surface", NESTED, ids=str)
def test_what_is_in_another_webinar_is_not_in_ones_own(surface: Any, world: World) -> None:
    """With the pass of one's own webinar, where one may do everything, and an id of tenant A."""
    own = world.foreign["webinars.webinar"]
    values = {
        "w": own.pk,
        "message_id": world.rows["webinars.message"].pk,
        "question_id": question_of(world, "live"),
        "user_id": world.rows["webinars.user"].pk,
        "export_id": world.exports["client_owner", "live"].pk,
    }
    path = filled(surface.route, values)
    body = BODIES[str(surface)](world, "live") if str(surface) in BODIES else {}
    row = next(
        (world.rows[f"webinars.{name}"] for name in ("message", "question") if f"{name}_id" in surface.parameters),
        world.rows["webinars.registration"],
    )
    rows = type(row)._base_manager.filter(pk=row.pk)
    before = rows.values().get()
    for carries in ("live", "session"):
        asked = Asked(surface.method, path, body=body, content_type="application/json", carries=carries)
        response, _wrote = ask(world, "rival_agency_owner", asked, look=lambda: rows.values().first())
        refused = 401 if carries == "session" and "/stats/" not in surface.route else 404
        # Organizers vote for no question, whosever it is.
        expected = 403 if surface.route.endswith("/upvote") and carries == "live" else refused
        assert (response.status_code, response.seen, shown(text_of(response))) == (expected, before, "")


def test_a_foreign_message_is_not_pinned(world: World) -> None:
    path = filled(f"{API}notice", {"w": world.foreign["webinars.webinar"].pk})
    body = {"message_id": str(world.rows["webinars.message"].pk)}

    asked = Asked("PUT", path, body=body, content_type="application/json", carries="live")
    response, wrote = ask(world, "rival_agency_owner", asked)

    assert (response.status_code, wrote, shown(text_of(response))) == (404, False, "")


def test_exports_of_others_are_not_fetched_through_ones_own_webinar(world: World) -> None:
    own, foreign = world.foreign["webinars.webinar"].pk, world.webinars["live"].pk
    asked_for, theirs = world.exports["rival", "live"].pk, world.exports["client_owner", "live"].pk
    for object_id, export_id in ((own, theirs), (foreign, asked_for), (foreign, theirs)):
        for end in ("", "state/", "file/"):
            path = filled(f"{WEBINAR}exports/<export_id>/{end}", {"object_id": object_id, "export_id": export_id})
            response, wrote = ask(world, "rival_owner", Asked("GET", path))
            assert code_of(response, wrote) == "404", path


def test_webinars_are_not_compared_with_those_of_others(world: World) -> None:
    own, foreign = world.foreign["webinars.webinar"].pk, world.webinars["ended"]
    path = f"/console/webinars/webinar/{own}/compare/"

    for wanted in (str(foreign.pk), foreign.slug):
        for person in ("rival_owner", "rival_agency_owner"):
            response, wrote = ask(world, person, Asked("GET", path, query={"with": wanted}))
            assert code_of(response, wrote) == "404"


def test_the_next_page_of_another_webinar_is_none_of_ones_own(world: World) -> None:
    """A cursor of tenant A's table, in tenant B's."""
    source = f"/api/webinars/{world.webinars['live'].pk}/stats/attendance"
    page, _wrote = ask(world, "agency_owner", Asked("GET", source, query={"limit": "1"}))
    following = page.json()["data"]["next"]
    cursor = following.partition("after=")[2].partition("&")[0] if following else "x"

    response, wrote = ask(
        world,
        "rival_owner",
        Asked(
            "GET", f"/api/webinars/{world.foreign['webinars.webinar'].pk}/stats/attendance", query={"after": cursor}
        ),
    )

    assert response.status_code in (200, 400)
    assert (shown(text_of(response)), wrote) == ("", False)
