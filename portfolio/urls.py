"""Every address of an instance on one page: pages, admin, API, and the tabs' sockets."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

admin.autodiscover()
# The admin's own form knows no limit of attempts; signing in has one door.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign] # as allauth documents

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("portfolio.people.urls")),
    path("", include("portfolio.friends.urls")),
    path("", include("portfolio.sharing.urls")),
    path("", include("portfolio.planning.urls")),
    path("admin/", admin.site.urls),
]
