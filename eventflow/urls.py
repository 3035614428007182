"""Every address of the product."""

from django.contrib import admin
from django.urls import include, path
from django.views.decorators.cache import cache_control
from django.views.i18n import JavaScriptCatalog
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from eventflow import health

# The project's own texts only; pages name their language in the address, so it may be kept for a while.
catalog = cache_control(max_age=3600)(JavaScriptCatalog.as_view(packages=["webinars"]))

urlpatterns = [
    path("api/webinars/<str:w>/", include("presence.api.urls")),  # the hot path comes first
    path("", include("webinars.page_urls")),
    path("accounts/", include("webinars.account_urls")),
    path("console/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("jsi18n/", catalog, name="javascript-catalog"),
    path("api/webinars/<str:w>/", include("webinars.api.urls")),
    path("api/webinars/<str:w>/", include("stats.api.urls")),
    path("api/campaigns/", include("webinars.api.campaign_urls")),
    path("api/cron/", include("eventflow.cron")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api-docs"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]

handler400 = "eventflow.failures.bad_request"
handler403 = "eventflow.failures.forbidden"
handler404 = "eventflow.failures.not_found"
handler500 = "eventflow.failures.server_error"
