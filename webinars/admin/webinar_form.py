from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from webinars.models import Webinar

WAITING = (Webinar.State.DRAFT, Webinar.State.SCHEDULED)


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
        return bool((initial or []) != self.to_python(data))


class WebinarForm(forms.ModelForm):
    """`version` notices when the webinar was started, ended or edited since the form was opened."""

    speakers = SpeakersField(label=_("Speakers"), required=False, help_text=_("One per line: name, title."))
    version = forms.CharField(label="", required=False, widget=forms.HiddenInput)

    class Meta:
        model = Webinar
        fields = "__all__"  # noqa: DJ007  the admin's fieldsets are the list

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = version_of(self.instance)
        if "webinar_actual_end_time" in self.fields:  # an ended webinar's, which always has one
            self.fields["webinar_actual_end_time"].required = True
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
        if not self.instance._state.adding and cleaned.get("version") != version_of(self.instance):
            raise forms.ValidationError(
                _("Somebody else changed this webinar meanwhile. Open it again and repeat your changes.")
            )
        self._compare_times(cleaned)
        return cleaned

    def _compare_times(self, cleaned: dict[str, Any]) -> None:
        """As the database's constraints do, but said beside the end."""
        start = cleaned.get("webinar_start_time")
        planned, actual = cleaned.get("webinar_scheduled_end_time"), cleaned.get("webinar_actual_end_time")
        if start and planned and planned <= start:
            self.add_error("webinar_scheduled_end_time", _("The planned end must be after the start."))
        if start and actual and actual < start:
            self.add_error("webinar_actual_end_time", _("The actual end must not be before the start."))


def version_of(webinar: Webinar) -> str:
    return webinar.updated_at.isoformat() if webinar.updated_at else ""
