from django.urls import path

from stats.api import attendance, sections, views

app_name = "stats-api"
urlpatterns = [
    path("stats", sections.StatisticsView.as_view(), name="statistics"),
    path("stats/curves", sections.CurvesView.as_view(), name="curves"),
    path("stats/access", views.AccessView.as_view(), name="access"),
    path("stats/attendance", attendance.AttendanceView.as_view(), name="attendance"),
]
