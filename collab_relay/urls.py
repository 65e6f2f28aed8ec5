"""Every address of the relay but /ws/<user_id>, which `asgi` serves."""

from django.urls import path

from . import views

urlpatterns = [
    path("health", views.health),
    path("api/users/online", views.users_online),
    path("api/register", views.register),
]
