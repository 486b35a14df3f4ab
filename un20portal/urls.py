"""All addresses of the portal. Pages carry the language as a prefix (English none), the API does not."""

from allauth.account import views as account
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from un20portal import api_docs, health, views

account_patterns = [
    path("login/", account.login, name="account_login"),
    path("logout/", views.sign_out, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    path(
        "password/reset/key/<str:uidb36>-<str:key>/",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("language/", views.LanguageView.as_view(), name="account_language"),
]

api_patterns: list[URLPattern | URLResolver] = [
    path("", include("entities.api.urls")),
    path("", include("quintet.api.urls")),
    path("", include("scorecards.api.urls")),
    path("schema/", api_docs.SchemaView.as_view(), name="api-schema"),
    path("docs/", api_docs.DocsView.as_view(), name="api-docs"),
]

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("api/v1/", include(api_patterns)),
    *i18n_patterns(
        path("", views.home, name="home"),
        path("accounts/", include(account_patterns)),
        path("admin/", admin.site.urls),
        path("", include("quintet.urls")),
        path("scorecards/", include("scorecards.urls")),
        prefix_default_language=False,
    ),
]

handler400 = "un20portal.views.bad_request"
handler403 = "un20portal.views.forbidden"
handler404 = "un20portal.views.not_found"
handler500 = "un20portal.views.server_error"
