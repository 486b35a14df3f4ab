"""All addresses of the portal. Pages carry the language as a prefix (English none), the API does not."""

from allauth.account import views as account
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.decorators.http import require_http_methods

from scorecards.views.checkpoints import checkpoint_list
from scorecards.views.units import unit_next
from un20portal import api_docs, health, views

page = require_http_methods(["GET", "HEAD", "POST"])  # allauth's own views answer PUT and OPTIONS too
account_patterns = [
    path("login/", page(account.login), name="account_login"),
    path("logout/", views.sign_out, name="account_logout"),
    path("inactive/", page(account.account_inactive), name="account_inactive"),
    path("reauthenticate/", page(account.reauthenticate), name="account_reauthenticate"),
    path("password/change/", page(account.password_change), name="account_change_password"),
    path("password/reset/", page(account.password_reset), name="account_reset_password"),
    path("password/reset/done/", page(account.password_reset_done), name="account_reset_password_done"),
    re_path(  # a key has hyphens of its own: the first one ends the account's number
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$",
        page(account.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        page(account.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
    path("language/", views.LanguageView.as_view(), name="account_language"),
    path("letters/", views.LettersView.as_view(), name="account_letters"),
]

api_patterns: list[URLPattern | URLResolver] = [
    path("", include("scorecards.api.urls")),  # first: what is held is found soon
    path("", include("entities.api.urls")),
    path("", include("quintet.api.urls")),
    path("", include("roadmap.api.urls")),
    path("schema/", api_docs.SchemaView.as_view(), name="api-schema"),
]

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("api/v1/", include(api_patterns)),
    *i18n_patterns(
        path("", views.home, name="home"),
        path("my/", views.my, name="my"),
        path("accounts/", include(account_patterns)),
        path("admin/", admin.site.urls),
        path("api/v1/docs/", api_docs.DocsView.as_view(), name="api-docs"),
        path("", include("quintet.urls")),
        path("", include("roadmap.urls")),
        path(
            "scorecards/<slug:cycle>/entities/<slug:entity>/next/",
            unit_next,
            {"examples_of": views.examples_of},
            name="unit-next",
        ),
        path("scorecards/", include("scorecards.urls")),
        path("checkpoints/", checkpoint_list, name="checkpoint-list"),
        prefix_default_language=False,
    ),
]

handler400 = "un20portal.views.bad_request"
handler403 = "un20portal.views.forbidden"
handler404 = "un20portal.views.not_found"
handler500 = "un20portal.views.server_error"
