"""Every address of the relay but /ws/<user_id>, which `asgi` serves."""

from django.urls import path

from . import scrape, views

urlpatterns = [
    path("health", views.health),
    path("metrics", scrape.metrics),
    path("api/users/online", views.users_online),
    path("api/register", views.register),
]
