from django.urls import path

from stats.api import attendance, views

app_name = "stats-api"
urlpatterns = [
    path("stats/access", views.AccessView.as_view(), name="access"),
    path("stats/attendance", attendance.AttendanceView.as_view(), name="attendance"),
]
