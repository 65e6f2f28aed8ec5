"""Signing in and out, the first person's way in, settings, tokens for programs, and health.

Only those of allauth's pages that need no e-mail: an instance sends none.
"""

from allauth.account import views as account
from django.urls import path, re_path

from portfolio.people import (
    api,
    appearance,
    download,
    fragments,
    health,
    relay,
    relay_api,
    scrape,
    security,
    views,
)

__all__ = ["fragments", "urlpatterns"]  # the fragments register by being imported

urlpatterns = [
    path("account/login/", views.SignIn.as_view(), name="account_login"),
    path("account/logout/", account.logout, name="account_logout"),
    path("account/signup/", account.signup, name="account_signup"),
    path("account/inactive/", account.account_inactive, name="account_inactive"),
    path("account/again/", account.reauthenticate, name="account_reauthenticate"),
    path("account/password/", views.change_password, name="account_change_password"),
    path("account/password/set/", account.password_set, name="account_set_password"),
    path("people/first/<str:token>/", views.first_person, name="first_person"),
    path("people/enter/<str:token>/", views.enter, name="enter"),
    path("settings/", views.hub, name="settings"),
    path("settings/relay/", relay.relay, name="relay"),
    path("settings/relay/check/", relay.check, name="check_relay"),
    path("settings/security/", security.security, name="security"),
    path("settings/security/sign-out/", security.sign_out, name="sign_out_elsewhere"),
    path("settings/appearance/", appearance.appearance, name="appearance"),
    path("settings/export/", download.page, name="export"),
    path("settings/export/file/", download.file, name="export_file"),
    path("settings/tokens/", views.api_tokens, name="api_tokens"),
    path("settings/tokens/<int:token_id>/revoke/", views.revoke_token, name="revoke_token"),
    re_path(r"^api/v1/tokens/?$", api.Tokens.as_view(), name="tokens"),
    re_path(r"^api/v1/tokens/(?P<token_id>[0-9]{1,18})/?$", api.OneToken.as_view(), name="token"),
    re_path(r"^api/v1/relay/?$", relay_api.Relay.as_view(), name="api_relay"),
    re_path(r"^api/v1/relay/check/?$", relay_api.Check.as_view(), name="api_check_relay"),
    re_path(r"^api/v1/export/?$", download.Export.as_view(), name="api_export"),
    path("health", health.health, name="health"),
    path("metrics", scrape.metrics, name="metrics"),
    path("robots.txt", health.robots),
    path("favicon.ico", health.favicon),
]
