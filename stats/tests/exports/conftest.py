"""A webinar that is over, its owner, and a private storage of the test's own."""

from pathlib import Path
from typing import Any

import pytest

from stats.models import Export
from stats.tests.exports.people import ended_webinar, in_a_day, people_of_all_kinds
from stats.tests.factories import ExportFactory
from webinars.models import User, Webinar
from webinars.tests.factories import AgencyMemberFactory


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    """The private storage's."""
    path = tmp_path / "private"
    private = settings.STORAGES["private"]
    options = {**private["OPTIONS"], "location": str(path)}
    settings.STORAGES = {**settings.STORAGES, "private": {**private, "OPTIONS": options}}
    return path


@pytest.fixture
def talk(db: None) -> Webinar:
    webinar = ended_webinar()
    people_of_all_kinds(webinar)
    return webinar


@pytest.fixture
def owner(talk: Webinar) -> User:
    return AgencyMemberFactory(agency=talk.agency, role="owner").user


@pytest.fixture
def export(talk: Webinar, owner: User) -> Export:
    return ExportFactory(webinar=talk, requested_by=owner, expires_at=in_a_day())
