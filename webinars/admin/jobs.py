"""The schedule of the jobs, for super admins."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.core.validators import ProhibitNullCharactersValidator
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django_celery_beat import admin as beat
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from webinars.admin.base import SuperuserAdmin, acting_user
from webinars.admin.on_record import Edit, record_edit

for model in (ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


class TaskChoice(UnfoldAdminSelectWidget, beat.TaskSelectWidget):
    """The tasks that the worker knows, in the console's look."""


class JobForm(beat.PeriodicTaskForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["task"].widget = UnfoldAdminTextInputWidget()
        self.fields["regtask"].widget = TaskChoice()
        self.fields["regtask"].validators.append(ProhibitNullCharactersValidator())  # any choice is taken

    def clean(self) -> Any:
        """Beat's own looks at fields that are not there when they are wrong by themselves."""
        return self.cleaned_data if self.errors else super().clean()


@admin.register(PeriodicTask)
class JobAdmin(SuperuserAdmin, beat.PeriodicTaskAdmin):
    form = JobForm
    # Beat's own templates carry an inline script, which the console's policy refuses.
    change_form_template = None
    change_list_template = None
    list_display = ["name", "enabled", "scheduler", "last_run_at", "one_off"]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Beat's own, with what each did to which job on record."""
        actions: dict[str, Any] = super().get_actions(request)
        for name in SWITCHES & actions.keys():
            act, *rest = actions[name]
            actions[name] = (switching(act), *rest)
        if "run_tasks" in actions:
            act, *rest = actions["run_tasks"]
            actions["run_tasks"] = (running(act), *rest)
        return actions


SWITCHES = {"enable_tasks", "disable_tasks", "toggle_tasks"}
Act = Callable[[Any, HttpRequest, Any], Any]


def switching(act: Act) -> Act:
    @transaction.atomic
    def run(model_admin: Any, request: HttpRequest, queryset: Any) -> Any:
        before = dict(queryset.select_for_update(of=("self",)).values_list("pk", "enabled"))
        answer = act(model_admin, request, queryset)
        for job in PeriodicTask.objects.filter(pk__in=before).order_by("pk"):
            if job.enabled != before[job.pk]:
                values = {"enabled": [before[job.pk], job.enabled]}
                keep(request, Edit(job, "changed", ("enabled",), values))
        return answer

    return run


def running(act: Act) -> Act:
    """On record before the worker is asked: a run that failed to start was asked for all the same."""

    def run(model_admin: Any, request: HttpRequest, queryset: Any) -> Any:
        for job in queryset:
            keep(request, Edit(job, "ran"))
        return act(model_admin, request, queryset)

    return run


def keep(request: HttpRequest, edit: Edit) -> None:
    record_edit(edit, actor_id=acting_user(request).pk, agency_id=None, client_id=None, now=timezone.now())


@admin.register(IntervalSchedule, SolarSchedule, ClockedSchedule)
class ScheduleAdmin(SuperuserAdmin):
    pass


@admin.register(CrontabSchedule)
class CrontabAdmin(SuperuserAdmin, beat.CrontabScheduleAdmin):
    pass
