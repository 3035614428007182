from django.urls import path

from stats.api import attendance, exports, reconciliation, sections, views

app_name = "stats-api"
urlpatterns = [
    path("stats", sections.StatisticsView.as_view(), name="statistics"),
    path("stats/curves", sections.CurvesView.as_view(), name="curves"),
    path("stats/access", views.AccessView.as_view(), name="access"),
    path("stats/attendance", attendance.AttendanceView.as_view(), name="attendance"),
    path("stats/reconciliation", reconciliation.ReconciliationView.as_view(), name="reconciliation"),
    path("stats/exports/<uuid:export_id>", exports.ExportView.as_view(), name="export"),
    path("stats/exports/<uuid:export_id>/file", exports.ExportFileView.as_view(), name="export-file"),
]
