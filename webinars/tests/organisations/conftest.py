"""An agency with two clients, and the people around them."""

from types import SimpleNamespace

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse

from eventflow import redis
from webinars.invitation_links import token_of
from webinars.tests.factories import (
    AgencyFactory,
    AgencyMemberFactory,
    ClientFactory,
    ClientMemberFactory,
    UserFactory,
)


@pytest.fixture(autouse=True)
def _english(client):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"


@pytest.fixture
def redis_away(settings):
    settings.REDIS_RETRY_AFTER_SECONDS = 600
    redis.pause.begin()


@pytest.fixture
def place(db):
    """`agency` has the clients `client` and `sister`; `far` is a client of another agency."""
    agency = AgencyFactory(name="Onair Studio")
    return SimpleNamespace(
        agency=agency,
        client=ClientFactory(agency=agency, name="Narae Foods"),
        sister=ClientFactory(agency=agency, name="Sister Co"),
        far=ClientFactory(name="Far Away"),
    )


@pytest.fixture
def owner(place):
    """Of the agency."""
    return AgencyMemberFactory(agency=place.agency, role="owner", user=person("owner@example.com", "Han Jiwon")).user


@pytest.fixture
def client_owner(place):
    return ClientMemberFactory(client=place.client, role="owner", user=person("client-owner@example.com")).user


@pytest.fixture
def client_admin(place):
    return ClientMemberFactory(client=place.client, role="admin", user=person("client-admin@example.com")).user


def person(email, name="", **more):
    """Somebody who proved this address."""
    return UserFactory(email=email, display_name=name, proven=True, **more)


def with_factor(user):
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "S" * 32})
    return user


def opened(client, invitation):
    """The page behind the link, as the browser of whoever holds it gets there."""
    return client.get(reverse("webinars:open-invitation", args=[token_of(invitation.pk)]), follow=True)
