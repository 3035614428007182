"""Every action of every list of the console, on a row of tenant A that it fits; and every kind of file."""

from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import RequestFactory
from django.urls import reverse

from stats.admin.exports import PLACES
from stats.models import Export
from tests.matrix.asking import Asked
from tests.matrix.cases import label_of, narrowed_to_ours
from tests.matrix.introspection import console_models
from tests.matrix.table import read, without_a_case
from tests.matrix.world import World

TABLE = "actions"


@dataclass(frozen=True)
class Action:
    list_path: str
    name: str

    def __str__(self) -> str:
        return f"ACTION {self.list_path} {self.name}"


@dataclass(frozen=True)
class File:
    kind: str
    format: str

    def __str__(self) -> str:
        return f"EXPORT {self.kind} {self.format}"


FILES = [File(kind, file_format) for kind in Export.Kind.values for file_format in Export.Format.values]


def actions_of(world: World, path: str) -> list[Action]:
    """Everything that the super admin is offered."""
    request = RequestFactory().get(path, narrowed_to_ours(world, path))
    request.user = world.people["super_admin"]
    return [Action(path, name) for name in console_models()[path].get_actions(request)]


def asked_of_list(world: World, action: Action, person: str) -> Asked:
    label = label_of(f"{action.list_path}x/")
    row = world.webinars["blank"] if label == "webinars.webinar" else world.rows[label]
    body = {
        "action": action.name,
        ACTION_CHECKBOX_NAME: str(row.pk),
        "index": 0,
        "post": "yes",
        "confirmed": "yes",
        "minutes": "5",
    }
    return Asked("POST", action.list_path, query=narrowed_to_ours(world, action.list_path), body=body)


def asked_for_file(world: World, file: File, person: str) -> Asked:
    start = PLACES[Export.Kind(file.kind)].start
    path = reverse(f"admin:webinars_webinar_{start}", args=[world.webinars["ended"].pk])
    return Asked("POST", path, body={"format": file.format})


@pytest.mark.parametrize("path", console_models())
def test_everybody_may_what_the_table_says(path: str, world: World, ledger: Any) -> None:
    ledger.check(actions_of(world, path), asked_of_list)


@pytest.mark.parametrize("kind", Export.Kind.values)
def test_everybody_gets_the_files_that_the_table_says(kind: str, ledger: Any) -> None:
    ledger.check([file for file in FILES if file.kind == kind], asked_for_file)


def test_each_row_is_about_something_that_is_there(world: World) -> None:
    there = [str(action) for path in console_models() for action in actions_of(world, path)]

    assert without_a_case(read(TABLE), [*there, *map(str, FILES)]) == []


def test_there_is_a_row_of_each_model_to_act_on(world: World) -> None:
    labels = {label_of(f"{path}x/") for path in console_models()}

    assert labels <= world.rows.keys()
