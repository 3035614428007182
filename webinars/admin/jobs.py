"""The schedule of the jobs, for super admins."""

from typing import Any

from django.contrib import admin
from django_celery_beat import admin as beat
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from webinars.admin.base import SuperuserAdmin

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


@admin.register(PeriodicTask)
class JobAdmin(SuperuserAdmin, beat.PeriodicTaskAdmin):
    form = JobForm
    # Beat's own templates carry an inline script, which the console's policy refuses.
    change_form_template = None
    change_list_template = None
    list_display = ["name", "enabled", "scheduler", "last_run_at", "one_off"]


@admin.register(IntervalSchedule, SolarSchedule, ClockedSchedule)
class ScheduleAdmin(SuperuserAdmin):
    pass


@admin.register(CrontabSchedule)
class CrontabAdmin(SuperuserAdmin, beat.CrontabScheduleAdmin):
    pass
