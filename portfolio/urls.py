"""Every address of an instance on one page: pages, admin, and the API with its own pages.

The packages' addresses come first; what is left under /api/ is a problem and no page. With the
views come all fragments that tabs may show.
"""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.urls import URLPattern, URLResolver, include, path, re_path
from drf_spectacular.views import SpectacularAPIView

from portfolio.api import elsewhere
from portfolio.api.docs import DocsView
from portfolio.live import fragments

admin.autodiscover()
# The admin's own form knows no limit of attempts; signing in has one door.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign] # as allauth documents

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("portfolio.people.urls")),
    path("", include("portfolio.notices.urls")),
    path("", include("portfolio.friends.urls")),
    path("", include("portfolio.sharing.urls")),
    path("", include("portfolio.planning.urls")),
    path("admin/", admin.site.urls),
    re_path(r"^api/schema/?$", SpectacularAPIView.as_view(), name="schema"),
    re_path(r"^docs/?$", login_required(DocsView.as_view()), name="docs"),
    re_path(r"^api(?:/.*)?$", elsewhere.no_such_address),  # the last: no page is under /api/
]
fragments.complete()
handler400 = elsewhere.bad_request
handler403 = elsewhere.forbidden
handler404 = elsewhere.not_found
handler500 = elsewhere.server_error
