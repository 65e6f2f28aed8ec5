"""Signing in and out, the first person's way in, and health. Only those of allauth's pages that
need no e-mail.
"""

from allauth.account import views as account
from django.urls import path

from portfolio.people import health, views

urlpatterns = [
    path("account/login/", views.SignIn.as_view(), name="account_login"),
    path("account/logout/", account.logout, name="account_logout"),
    path("account/signup/", account.signup, name="account_signup"),
    path("account/inactive/", account.account_inactive, name="account_inactive"),
    path("account/again/", account.reauthenticate, name="account_reauthenticate"),
    path("account/password/", account.password_change, name="account_change_password"),
    path("account/password/set/", account.password_set, name="account_set_password"),
    path("people/first/<str:token>/", views.first_person, name="first_person"),
    path("people/enter/<str:token>/", views.enter, name="enter"),
    path("health", health.health, name="health"),
    path("robots.txt", health.robots),
    path("favicon.ico", health.favicon),
]
