"""The addresses of the attendees' pages."""

from django.urls import path, re_path

from webinars import (
    campaign_pages,
    cover_pages,
    entrance_pages,
    invitation_pages,
    membership_pages,
    my_data_pages,
    pages,
)

app_name = "webinars"

urlpatterns = [
    path("", pages.home, name="home"),
    re_path(r"^media/covers/(?P<name>[0-9a-f]{32})\.webp\Z", cover_pages.cover, name="cover"),
    path("webinars/<str:w>/", pages.landing, name="landing"),
    path("webinars/<str:w>/register/", entrance_pages.register_me, name="register"),
    path("webinars/<str:w>/enter/", entrance_pages.enter, name="enter"),
    path("webinars/<str:w>/other-address/", entrance_pages.other_address, name="other_address"),
    path("webinars/<str:w>/calendar.ics", pages.calendar, name="calendar"),
    path("webinars/<str:w>/when.json", pages.when, name="when"),
    path("webinars/<str:w>/live/", pages.live, name="live"),
    path("webinars/<str:w>/ended/", pages.ended, name="ended"),
    path("campaigns/<str:c>/", campaign_pages.campaign, name="campaign"),
    path("campaigns/<str:c>/finish/", campaign_pages.finish, name="campaign_finish"),
    path("invitations/", invitation_pages.invitation, name="invitation"),
    path("invitations/<str:token>/", invitation_pages.open_invitation, name="open-invitation"),
    path("accounts/memberships/", membership_pages.memberships, name="memberships"),
    path("accounts/memberships/<str:kind>/<uuid:tenant_id>/leave/", membership_pages.leave_tenant, name="leave"),
    path("accounts/data/", my_data_pages.my_data, name="my_data"),
    path("accounts/data/download/", my_data_pages.download, name="my_data_download"),
    path("accounts/second-factor/", membership_pages.second_factor, name="second-factor"),
]
