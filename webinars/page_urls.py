"""The addresses of the attendees' pages."""

from django.urls import path

from webinars import pages

app_name = "webinars"

urlpatterns = [
    path("", pages.home, name="home"),
    path("webinars/<str:w>/", pages.landing, name="landing"),
    path("webinars/<str:w>/register/", pages.register_me, name="register"),
    path("webinars/<str:w>/calendar.ics", pages.calendar, name="calendar"),
    path("webinars/<str:w>/when.json", pages.when, name="when"),
    path("webinars/<str:w>/live/", pages.live, name="live"),
    path("webinars/<str:w>/ended/", pages.ended, name="ended"),
]
