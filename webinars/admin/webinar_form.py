from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from webinars.admin.campaign_choice import CAMPAIGN, campaign_problem
from webinars.blocked_words import UnfitWords, kept_words
from webinars.local_times import in_words, is_repeated
from webinars.models import Client, Webinar

WAITING = (Webinar.State.DRAFT, Webinar.State.SCHEDULED)
START, PLANNED_END, ACTUAL_END = "webinar_start_time", "webinar_scheduled_end_time", "webinar_actual_end_time"
TIMES = (START, PLANNED_END, ACTUAL_END)
POLICIES = ("access_policy", "verify_email")

# What later apps say about a webinar whose times are looked at or changed, such as that its figures are sealed.
notices: list[Callable[[Webinar], str | None]] = []


def notices_for(webinar: Webinar) -> list[str]:
    return [said for notice in notices if (said := notice(webinar))]


def lines_of(speakers: list[dict[str, str]]) -> list[str]:
    return [", ".join(filter(None, [speaker.get("name"), speaker.get("title")])) for speaker in speakers]


class SpeakersField(forms.CharField):
    """The list of speakers as lines of "Name, title"."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list):
            return "\n".join(lines_of(value))
        return value

    def to_python(self, value: Any) -> Any:
        ProhibitNullCharactersValidator()(value or "")
        lines = [line.strip() for line in (value or "").splitlines() if line.strip()]
        speakers = []
        for line in lines:
            name, _comma, title = line.partition(",")
            speakers.append({"name": name.strip(), **({"title": title.strip()} if title.strip() else {})})
        return speakers

    def validate(self, value: Any) -> None:
        if any(not speaker["name"] for speaker in value):
            raise forms.ValidationError(_("Begin each line with a name."))

    def run_validators(self, value: Any) -> None:
        """The model's own validators look at the list."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool((initial or []) != self.to_python(data))
        except forms.ValidationError:
            return True


class WordsField(forms.CharField):
    """A list of words, one per line, in the form in which messages are compared with them."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 4})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        try:
            return kept_words((value or "").splitlines())
        except UnfitWords as unfit:
            raise forms.ValidationError(unfit.message) from None

    def run_validators(self, value: Any) -> None:
        """The model's own validators look at the list."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool((initial or []) != self.to_python(data))
        except forms.ValidationError:
            return True


class WebinarForm(forms.ModelForm):
    """`version` notices when the webinar was started, ended or edited since the form was opened. The person may choose
    who gets in for the clients in `sets_policies_in`."""

    sets_policies_in: QuerySet[Client] = Client.objects.none()

    speakers = SpeakersField(label=_("Speakers"), required=False, help_text=_("One per line: name, title."))
    blocked_words = WordsField(
        label=_("Blocked words"),
        required=False,
        help_text=_("One per line. Messages and questions with one of them are refused, except from hosts."),
    )
    version = forms.CharField(label="", required=False, widget=forms.HiddenInput)

    class Meta:
        model = Webinar
        fields = "__all__"  # noqa: DJ007  the admin's fieldsets are the list

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = version_of(self.instance)
        if ACTUAL_END in self.fields:  # an ended webinar's, which always has one
            self.fields[ACTUAL_END].required = True
            self.fields[ACTUAL_END].help_text = _("Attendance counts up to here.")
        elif PLANNED_END in self.fields:
            self.fields[PLANNED_END].help_text = _("Attendance counts up to here, unless the webinar ends earlier.")
        if "state" in self.fields:
            offered = [(state.value, state.label) for state in WAITING]
            self.fields["state"] = forms.ChoiceField(
                label=_("State"),
                choices=offered,
                initial=Webinar.State.DRAFT,
                widget=UnfoldAdminSelectWidget(choices=offered),
                help_text=_("A draft is seen by members only. Doors, start and end are on the live tab."),
            )

    def clean_interval_overrides(self) -> dict[str, int]:
        """An emptied field means none."""
        return self.cleaned_data["interval_overrides"] or {}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.instance._state.adding and cleaned.get("version") != self._version_now():
            raise forms.ValidationError(
                _("Somebody else changed this webinar meanwhile. Open it again and repeat your changes.")
            )
        for name in TIMES:
            if name in cleaned and name not in self.changed_data:
                cleaned[name] = getattr(self.instance, name)  # with its fraction of a second, in its hour of two
        self._compare_times(cleaned, now=timezone.now())
        if problem := campaign_problem(self.instance, cleaned):
            self.add_error(CAMPAIGN, problem)
        if self.instance._state.adding:
            self._keep_policies(cleaned)
        return cleaned

    def _keep_policies(self, cleaned: dict[str, Any]) -> None:
        """A new webinar of a client that the person only runs webinars for has the policy that all begin with."""
        client = cleaned.get("client")
        if client is None or self.sets_policies_in.contains(client):
            return
        for name in POLICIES:
            if name in cleaned and cleaned[name] != getattr(self.instance, name):
                self.add_error(name, _("Owners and admins of this client choose this. Leave it as it was."))

    def _version_now(self) -> str | None:
        """Holds the row until the form is saved, so that nothing is moved in between (the admin's view is one
        transaction)."""
        row = Webinar.objects.select_for_update(no_key=True).filter(pk=self.instance.pk).only("updated_at").first()
        return version_of(row) if row is not None else None

    def _compare_times(self, cleaned: dict[str, Any], *, now: datetime) -> None:
        """As the database's constraints do, but said beside the time that was changed."""
        start, planned, actual = (cleaned.get(name) for name in TIMES)
        if start and planned and planned <= start:
            if self._only_start_changed(PLANNED_END):
                self.add_error(START, _("The start must be before the planned end."))
            else:
                self.add_error(PLANNED_END, _("The planned end must be after the start."))
        if start and actual and actual < start:
            if self._only_start_changed(ACTUAL_END):
                self.add_error(START, _("The start must not be after the actual end."))
            else:
                self.add_error(ACTUAL_END, _("The actual end must not be before the start."))
        if actual and actual > now and ACTUAL_END in self.changed_data:
            self.add_error(ACTUAL_END, _("The actual end must not be in the future."))
        if planned and "state" in self.changed_data and cleaned.get("state") == Webinar.State.SCHEDULED:
            closed_at = planned + timedelta(minutes=cleaned.get("post_window_minutes") or 0)
            if closed_at <= now:
                self.add_error(PLANNED_END, _("These times are over. Change them before you publish the webinar."))
        is_live = self.instance.state == Webinar.State.LIVE
        if is_live and start and start > now and START in self.changed_data:
            self.add_error(START, _("The webinar is live already, so its start must not be in the future."))

    def _only_start_changed(self, end: str) -> bool:
        return START in self.changed_data and end not in self.changed_data

    def remarks(self, webinar: Webinar, *, now: datetime) -> list[str]:
        """What whoever changed times should know about the webinar as it is saved now."""
        if "time_zone" in self.changed_data and not webinar.is_waiting(now):
            return [str(_("The webinar's times stay the same moments. They are shown in the new zone now."))]
        if not {*TIMES, "post_window_minutes"}.intersection(self.changed_data):
            return []
        found = [*self._first_of_two(webinar), *notices_for(webinar)]
        closed_at = webinar.collect_window.end
        if webinar.has_begun(now) and closed_at is not None and closed_at <= now:
            by_itself = _(
                "With this end, attendance is no longer counted: the webinar ends by itself within a minute."
            )
            found.append(str(by_itself))
        return found

    def _first_of_two(self, webinar: Webinar) -> list[str]:
        sentence = _("The clocks show this time twice that night. The first one was taken: %(time)s.")
        changed = (getattr(webinar, name) for name in TIMES if name in self.changed_data)
        return [
            str(sentence % {"time": in_words(moment, webinar)})
            for moment in changed
            if moment is not None and is_repeated(moment, webinar.zone)
        ]


def version_of(webinar: Webinar) -> str:
    return webinar.updated_at.isoformat() if webinar.updated_at else ""
