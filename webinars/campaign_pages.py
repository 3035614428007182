"""The public page of a registration campaign (spec 12): one address, for the form and for what became of it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from eventflow.api.client_address import client_address
from eventflow.public_url import absolute_url
from eventflow.rate_limit import wait_seconds
from webinars.campaign_form import EntryForm, question_field
from webinars.models import Campaign, CampaignEntry, User, Webinar
from webinars.pending_entries import forget_pending, keep_pending, pending_of
from webinars.proof import start_proof
from webinars.refusals import too_many
from webinars.selectors.campaigns import (
    CampaignState,
    campaign_state,
    entry_of,
    is_full,
    is_over,
    needs_proof,
    owns_address,
    questions_of,
    webinars_of,
)
from webinars.selectors.consents import asked_consents, given_in_campaign
from webinars.selectors.permissions import may
from webinars.services.campaigns import (
    AddressTaken,
    CannotEnter,
    ConsentMissing,
    IsMember,
    Submission,
    enter_campaign,
)
from webinars.services.people import person_by_address
from webinars.unproven import may_go_unproven, remember_unproven, unproven_user_id

LONGEST_SOURCE = 100
# Forms without proof from one address of the network: an office behind one is let through, a script is not.
FORMS_PER_PLACE = 60
FORMS_SECONDS = 600


@dataclass
class Visit:
    """One request to a campaign's page, and what is known about whoever makes it."""

    request: HttpRequest
    campaign: Campaign
    webinars: list[Webinar]
    user: User | None
    is_member: bool
    now: datetime

    @property
    def url(self) -> str:
        return reverse("webinars:campaign", args=[self.campaign.slug])

    @property
    def source(self) -> str:
        return self.request.GET.get("source", "").replace("\x00", "")[:LONGEST_SOURCE]

    @property
    def ahead(self) -> list[Webinar]:
        return [webinar for webinar in self.webinars if not is_over(webinar, self.now)]

    def entry(self) -> CampaignEntry | None:
        return entry_of(self.campaign, self.user.pk) if self.user is not None else None

    def entered_unproven(self) -> bool:
        """Whether this browser typed an address here that needed no proof."""
        known = {unproven_user_id(self.request, webinar.pk) for webinar in self.webinars} - {None}
        return self.user is None and CampaignEntry.objects.filter(campaign=self.campaign, user__in=known).exists()

    def state(self) -> CampaignState:
        return campaign_state(self.campaign, webinars=self.webinars, is_full=is_full(self.campaign), now=self.now)

    def owns(self, email: str) -> bool:
        return self.user is not None and owns_address(self.user, email)


def _visit(request: HttpRequest, c: str) -> Visit:
    """404 for what does not exist, and for a draft unless one is a member."""
    campaign = Campaign.objects.by_ref(c).select_related("client").first()
    if campaign is None:
        raise Http404
    user = request.user if isinstance(request.user, User) else None
    is_member = user is not None and may(user, "see_statistics", campaign.client)
    if not campaign.is_published and not is_member:
        raise Http404
    return Visit(request, campaign, webinars_of(campaign), user, is_member, timezone.now())


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def campaign(request: HttpRequest, c: str) -> HttpResponse:
    visit = _visit(request, c)
    entry = visit.entry()
    if request.method == "POST":
        return _receive(visit, entry)
    entered = entry is not None or visit.entered_unproven()
    if entered and not (entry is not None and "change" in request.GET):
        return _render(visit, entry=entry, entered=True)
    return _render(visit, entry=entry, form=_form(visit, entry))


@never_cache
@require_safe
def finish(request: HttpRequest, c: str) -> HttpResponse:
    """Where the code leads: the form that was kept becomes an entry of whoever proved its address, and of nobody
    else."""
    visit = _visit(request, c)
    kept = pending_of(request, visit.campaign, now=visit.now)
    if kept is None:
        return redirect(visit.url)
    if not visit.owns(kept.email):
        messages.error(request, _("This form was sent for another address. Please send it again."))
        return redirect(visit.url)
    try:
        _enter(visit, replace(kept, is_proven=True))
    except ConsentMissing:
        messages.error(request, _("What you agree to has changed meanwhile. Please read it and send the form again."))
        return redirect(f"{visit.url}?change=1")
    except CannotEnter as refused:
        messages.error(request, _refusal(refused.state))
    except IsMember:
        messages.info(request, _("You are one of the organizers: enter without registering."))
    except AddressTaken:
        messages.error(request, _("Somebody else registered with this address. Please ask the organizer."))
    forget_pending(request, visit.campaign)
    return redirect(visit.url)


def _receive(visit: Visit, entry: CampaignEntry | None) -> HttpResponse:
    form = _form(visit, entry, data=visit.request.POST)
    if entry is None and visit.state() not in (CampaignState.OPEN, CampaignState.DRAFT):
        return _render(visit, entry=None)
    if visit.is_member:
        form.add_error(None, _("You are one of the organizers: enter without registering."))
    if not form.is_valid():
        return _render(visit, entry=entry, form=form)
    submission = form.submission(source=visit.source)
    try:
        if visit.owns(submission.email):
            _enter(visit, replace(submission, is_proven=True))
            return redirect(visit.url)
        if visit.user is not None and "switch" not in visit.request.POST:
            form.add_error("email", _other_account(visit.user))
            return _render(visit, entry=entry, form=form, offers_switch=True)
        return _go_on_without_account(visit, submission)
    except CannotEnter as refused:
        messages.error(visit.request, _refusal(refused.state))
        return redirect(visit.url)
    except IsMember:
        form.add_error(None, _("You are one of the organizers: enter without registering."))
    except AddressTaken:
        form.add_error("email", _("Somebody else registered with this address. Please ask the organizer."))
    except ConsentMissing:  # a new version was published while this form was on its way
        form = _form(visit, entry, data=visit.request.POST)
        form.add_error(None, _("What you agree to has changed meanwhile. Please read it and send the form again."))
    return _render(visit, entry=entry, form=form)


def _go_on_without_account(visit: Visit, submission: Submission) -> HttpResponse:
    """By a code, or at once where every webinar of the campaign takes an address as typed and the account has nothing
    to lose by it. Whoever is signed in as somebody else is signed out first."""
    request = visit.request
    submission = replace(submission, phone=submission.phone or None, answers=_without_blanks(submission))
    if visit.user is not None:
        logout(request)
    if not needs_proof(visit.webinars, visit.now):
        where = client_address(request) or "nowhere"
        if wait := wait_seconds(f"campaign-forms:{where}", limit=FORMS_PER_PLACE, seconds=FORMS_SECONDS):
            return too_many(request, wait_seconds=wait, back=visit.url)
        person = person_by_address(submission.email, name=submission.name, now=visit.now)
        if all(may_go_unproven(person, webinar) for webinar in visit.ahead):
            enter_campaign(campaign=visit.campaign, user=person, submission=submission, now=visit.now)
            for webinar in visit.ahead:
                remember_unproven(request, webinar.pk, person.pk)
            return redirect(visit.url)
    keep_pending(request, visit.campaign, submission, now=visit.now)
    then = reverse("webinars:campaign_finish", args=[visit.campaign.slug])
    return start_proof(request, email=submission.email, then=then, back=visit.url)


def _without_blanks(submission: Submission) -> dict[Any, Any]:
    return {pk: answer for pk, answer in submission.answers.items() if answer}


def _enter(visit: Visit, submission: Submission) -> None:
    assert visit.user is not None
    entered = enter_campaign(campaign=visit.campaign, user=visit.user, submission=submission, now=visit.now)
    if not entered.created:
        messages.success(visit.request, _("You were registered already. Your answers are saved."))


def _form(visit: Visit, entry: CampaignEntry | None, *, data: Any = None) -> EntryForm:
    """With what is known about the person: their entry, else what they sent a moment ago, else their account."""
    agreed: dict[Any, bool] = {}
    initial: dict[str, Any] = {}
    kept = pending_of(visit.request, visit.campaign, now=visit.now) if data is None else None
    if entry is not None:
        agreed = given_in_campaign(entry.user_id, visit.campaign.pk)
    elif visit.user is not None:
        initial = {"email": visit.user.email, "name": visit.user.display_name}
    questions = questions_of(visit.campaign)
    if kept is not None and (visit.user is None or visit.owns(kept.email)):
        agreed = {**agreed, **kept.consents}
        answers = {question_field(asked): kept.answers.get(asked.pk, "") for asked in questions}
        initial = {"email": kept.email, "name": kept.name, "phone": kept.phone or "", **answers}
    return EntryForm(
        data,
        campaign=visit.campaign,
        questions=questions,
        entry=entry,
        consents=asked_consents(visit.campaign.client_id, campaign_id=visit.campaign.pk),
        agreed=agreed,
        initial=initial,
        label_suffix="",
    )


def _other_account(user: User) -> str:
    sentence = _(
        "You are signed in as %(email)s. Use that address, or sign out below: we then send a code to this one."
    )
    return sentence % {"email": user.email}


def _refusal(state: CampaignState) -> str:
    match state:
        case CampaignState.FULL:
            return _("All places are taken.")
        case CampaignState.NOT_OPEN:
            return _("Registration is not open yet.")
        case CampaignState.OVER:
            return _("These webinars are over.")
    return _("Registration is closed.")


def _render(
    visit: Visit, *, entry: CampaignEntry | None, form: EntryForm | None = None, **context: Any
) -> HttpResponse:
    query = f"?{urlencode({'source': visit.source})}" if visit.source else ""
    shown = [webinar for webinar in visit.webinars if visit.is_member or webinar.state != Webinar.State.DRAFT]
    state = visit.state()
    takes = state is CampaignState.OPEN or (state is CampaignState.DRAFT and visit.is_member)
    context = {
        "campaign": visit.campaign,
        "webinars": shown,
        "state": state.value,
        "is_member": visit.is_member,
        "entry": entry,
        "form": form if takes or (entry is not None and state is not CampaignState.OVER) else None,
        "needs_proof": visit.user is None and needs_proof(visit.webinars, visit.now),
        "url": visit.url,
        "action": f"{visit.url}{query}",
        "canonical_url": absolute_url(visit.url, visit.request),
        "sign_in_next": visit.url,
        "now": visit.now,
        **context,
    }
    return render(visit.request, "webinars/campaign.html", context)
