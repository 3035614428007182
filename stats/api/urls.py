from django.urls import path

from stats.api import views

app_name = "stats-api"
urlpatterns = [path("stats/access", views.AccessView.as_view(), name="access")]
