"""Rows for tests, valid by default."""

from datetime import timedelta
from typing import Any

import factory
from allauth.account.models import EmailAddress
from django.utils import timezone

from webinars.models import (
    Agency,
    AgencyMember,
    AllowedEmail,
    Campaign,
    CampaignEntry,
    CampaignQuestion,
    Client,
    ClientMember,
    ConsentText,
    ConsentVersion,
    Invitation,
    Message,
    Question,
    QuestionVote,
    Registration,
    User,
    Webinar,
)


class UserFactory(factory.django.DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.com")
    display_name = factory.Sequence(lambda n: f"Person {n}")
    is_active = True

    @factory.post_generation
    def password(self: Any, create: bool, extracted: str | None, **kwargs: Any) -> None:
        if extracted:
            self.set_password(extracted)
            self.save(update_fields=["password"])

    @factory.post_generation
    def proven(self: Any, create: bool, extracted: bool | None, **kwargs: Any) -> None:
        """Has received a code at the address once."""
        if extracted:
            EmailAddress.objects.create(user=self, email=self.email.lower(), verified=True, primary=True)


class AgencyFactory(factory.django.DjangoModelFactory[Agency]):
    class Meta:
        model = Agency

    name = factory.Sequence(lambda n: f"Agency {n}")
    slug = factory.Sequence(lambda n: f"agency-{n}")


class ClientFactory(factory.django.DjangoModelFactory[Client]):
    class Meta:
        model = Client

    agency = factory.SubFactory(AgencyFactory)
    name = factory.Sequence(lambda n: f"Client {n}")
    slug = factory.Sequence(lambda n: f"client-{n}")


class AgencyMemberFactory(factory.django.DjangoModelFactory[AgencyMember]):
    class Meta:
        model = AgencyMember

    agency = factory.SubFactory(AgencyFactory)
    user = factory.SubFactory(UserFactory)
    role = "owner"


class ClientMemberFactory(factory.django.DjangoModelFactory[ClientMember]):
    class Meta:
        model = ClientMember

    client = factory.SubFactory(ClientFactory)
    user = factory.SubFactory(UserFactory)
    role = "operator"


class WebinarFactory(factory.django.DjangoModelFactory[Webinar]):
    """Live since ten minutes ago, for another fifty."""

    class Meta:
        model = Webinar

    client = factory.SubFactory(ClientFactory)
    slug = factory.Sequence(lambda n: f"webinar-{n}")
    title = factory.Sequence(lambda n: f"Webinar {n}")
    webinar_start_time = factory.LazyFunction(lambda: timezone.now() - timedelta(minutes=10))
    webinar_scheduled_end_time = factory.LazyAttribute(lambda o: o.webinar_start_time + timedelta(hours=1))
    webinar_actual_end_time = factory.LazyAttribute(
        lambda o: (o.webinar_scheduled_end_time or o.webinar_start_time) if o.state == "ended" else None
    )
    state = "live"
    access_policy = "auth"


class RegistrationFactory(factory.django.DjangoModelFactory[Registration]):
    class Meta:
        model = Registration

    webinar = factory.SubFactory(WebinarFactory)
    user = factory.SubFactory(UserFactory)
    client = factory.SelfAttribute("webinar.client")
    agency = factory.SelfAttribute("webinar.agency")


class MessageFactory(factory.django.DjangoModelFactory[Message]):
    class Meta:
        model = Message

    webinar = factory.SubFactory(WebinarFactory)
    client = factory.SelfAttribute("webinar.client")
    agency = factory.SelfAttribute("webinar.agency")
    user = factory.SubFactory(UserFactory)
    seq = factory.Sequence(lambda n: n + 1)
    client_message_id = factory.Sequence(lambda n: f"client-{n}")
    body = "hello"
    author_name = factory.SelfAttribute("user.display_name")


class QuestionFactory(factory.django.DjangoModelFactory[Question]):
    """Waiting, or with the times that its status needs."""

    class Meta:
        model = Question

    webinar = factory.SubFactory(WebinarFactory)
    client = factory.SelfAttribute("webinar.client")
    agency = factory.SelfAttribute("webinar.agency")
    user = factory.SubFactory(UserFactory)
    seq = factory.Sequence(lambda n: n + 1)
    changed_seq = factory.SelfAttribute("seq")
    client_message_id = factory.Sequence(lambda n: f"question-{n}")
    body = "Will there be a recording?"
    asker_name = factory.SelfAttribute("user.display_name")
    status = "pending"
    published_at = factory.LazyAttribute(lambda o: timezone.now() if o.status in ("published", "answered") else None)
    answered_at = factory.LazyAttribute(lambda o: timezone.now() if o.status == "answered" else None)
    answered_live = factory.LazyAttribute(lambda o: o.answered_at is not None)


class QuestionVoteFactory(factory.django.DjangoModelFactory[QuestionVote]):
    class Meta:
        model = QuestionVote

    question = factory.SubFactory(QuestionFactory, status="published")
    webinar = factory.SelfAttribute("question.webinar")
    client = factory.SelfAttribute("question.client")
    agency = factory.SelfAttribute("question.agency")
    user = factory.SubFactory(UserFactory)


class AllowedEmailFactory(factory.django.DjangoModelFactory[AllowedEmail]):
    class Meta:
        model = AllowedEmail

    webinar = factory.SubFactory(WebinarFactory, access_policy="email_auth")
    client = factory.SelfAttribute("webinar.client")
    agency = factory.SelfAttribute("webinar.agency")
    email = factory.Sequence(lambda n: f"allowed{n}@example.com")


class CampaignFactory(factory.django.DjangoModelFactory[Campaign]):
    """Published and open, without questions."""

    class Meta:
        model = Campaign

    client = factory.SubFactory(ClientFactory)
    slug = factory.Sequence(lambda n: f"campaign-{n}")
    title = factory.Sequence(lambda n: f"Campaign {n}")
    is_published = True


class CampaignQuestionFactory(factory.django.DjangoModelFactory[CampaignQuestion]):
    class Meta:
        model = CampaignQuestion

    campaign = factory.SubFactory(CampaignFactory)
    position = factory.Sequence(lambda n: n)
    label = factory.Sequence(lambda n: f"Question {n}")


class CampaignEntryFactory(factory.django.DjangoModelFactory[CampaignEntry]):
    class Meta:
        model = CampaignEntry

    campaign = factory.SubFactory(CampaignFactory)
    client = factory.SelfAttribute("campaign.client")
    agency = factory.SelfAttribute("campaign.agency")
    user = factory.SubFactory(UserFactory)
    email = factory.LazyAttribute(lambda o: o.user.email.lower())
    name = factory.SelfAttribute("user.display_name")


class ConsentTextFactory(factory.django.DjangoModelFactory[ConsentText]):
    class Meta:
        model = ConsentText

    client = factory.SubFactory(ClientFactory)
    name = factory.Sequence(lambda n: f"Consent {n}")


class ConsentVersionFactory(factory.django.DjangoModelFactory[ConsentVersion]):
    class Meta:
        model = ConsentVersion

    text = factory.SubFactory(ConsentTextFactory)
    number = 1
    label = "I agree to the use of my name and email address."
    body = "They are used for this webinar only, and deleted after a year."


class InvitationFactory(factory.django.DjangoModelFactory[Invitation]):
    """Sent a moment ago, good for a week, to join an agency."""

    class Meta:
        model = Invitation

    agency = factory.SubFactory(AgencyFactory)
    email = factory.Sequence(lambda n: f"invited{n}@example.com")
    role = "operator"
    created_at = factory.LazyFunction(timezone.now)
    expires_at = factory.LazyAttribute(lambda o: o.created_at + timedelta(days=7))
