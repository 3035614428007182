from django.urls import path

from webinars.api import campaigns

app_name = "campaigns-api"
urlpatterns = [
    path("<str:c>", campaigns.CampaignView.as_view(), name="campaign"),
    path("<str:c>/entries", campaigns.EntriesView.as_view(), name="entries"),
]
