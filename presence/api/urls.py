from django.urls import path

from presence.api import views

app_name = "presence-api"
urlpatterns = [
    path("access/track", views.TrackView.as_view(), name="track"),
    path("presence/ping", views.PingView.as_view(), name="ping"),
    path("access/exit", views.ExitView.as_view(), name="exit"),
]
