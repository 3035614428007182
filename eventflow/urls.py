"""Every address of the product."""

from django.contrib import admin
from django.urls import include, path
from django.views.i18n import JavaScriptCatalog
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from eventflow import health

urlpatterns = [
    path("", include("webinars.page_urls")),
    path("accounts/", include("allauth.urls")),
    path("console/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("jsi18n/", JavaScriptCatalog.as_view(), name="javascript-catalog"),
    path("api/webinars/<str:w>/", include("webinars.api.urls")),
    path("api/webinars/<str:w>/", include("presence.api.urls")),
    path("api/webinars/<str:w>/", include("stats.api.urls")),
    path("api/cron/", include("eventflow.cron")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api-docs"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]

handler500 = "eventflow.unavailable.server_error"
