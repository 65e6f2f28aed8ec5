"""The addresses of planning; `portfolio/urls.py` puts them on its one page.

Views stand beside what they show: all ideas together, one idea, its versions, and the API.
"""

from django.urls import path, re_path

from portfolio.notices.urls import IDEA, UUID
from portfolio.planning import api, fragments, naming, undo, views
from portfolio.planning.overview import api as overview_api
from portfolio.planning.overview import views as overview
from portfolio.planning.versions import api as versions_api
from portfolio.planning.versions import views as versions

VERSION = rf"{IDEA}/versions/(?P<number>[0-9]{{1,9}})"

__all__ = ["fragments", "naming", "urlpatterns"]  # these register by being imported

urlpatterns = [
    path("", overview.home, name="home"),
    path("ideas/", overview.my_ideas, name="ideas"),
    path("ideas/shared/", overview.shared_ideas, name="shared_ideas"),
    path("ideas/new/", views.new_idea, name="new_idea"),
    path("ideas/samples/", overview.load_samples, name="load_samples"),
    path("ideas/many/", overview.change_many, name="change_many"),
    path("ideas/undo/", undo.undo, name="undo"),
    path("ideas/<uuid:position_id>/", views.idea, name="idea"),
    path("ideas/<uuid:position_id>/edit/", views.edit_idea, name="edit_idea"),
    path("ideas/<uuid:position_id>/status/", views.change_status, name="change_status"),
    path("ideas/<uuid:position_id>/tags/", views.edit_tags, name="edit_tags"),
    path("ideas/<uuid:position_id>/delete/", views.delete_idea, name="delete_idea"),
    path("ideas/<uuid:position_id>/versions/", versions.versions, name="versions"),
    path("ideas/<uuid:position_id>/versions/compare/", versions.compare, name="compare_versions"),
    path("ideas/<uuid:position_id>/versions/<int:number>/", versions.version, name="version"),
    path(
        "ideas/<uuid:position_id>/versions/<int:number>/restore/", versions.restore, name="restore"
    ),
    re_path(r"^api/v1/positions/ideas/?$", api.Ideas.as_view(), name="api_ideas"),
    re_path(
        r"^api/v1/positions/ideas/tags/?$", overview_api.TagMany.as_view(), name="api_tag_many"
    ),
    re_path(
        r"^api/v1/positions/ideas/status/?$", overview_api.MoveMany.as_view(), name="api_move_many"
    ),
    re_path(
        r"^api/v1/positions/ideas/samples/?$", overview_api.Samples.as_view(), name="api_samples"
    ),
    re_path(rf"{IDEA}/?$", api.OneIdea.as_view(), name="shared_idea"),  # a friend's way in as well
    re_path(rf"{IDEA}/status/?$", api.Status.as_view(), name="api_idea_status"),
    re_path(rf"{IDEA}/versions/?$", versions_api.Versions.as_view(), name="api_versions"),
    re_path(rf"{IDEA}/versions/compare/?$", versions_api.Compare.as_view(), name="api_compare"),
    re_path(rf"{VERSION}/?$", versions_api.OneVersion.as_view(), name="api_version"),
    re_path(rf"{VERSION}/restore/?$", versions_api.Restore.as_view(), name="api_restore"),
    re_path(r"^api/v1/shared/?$", api.Copies.as_view(), name="api_shared"),
    re_path(rf"^api/v1/shared/(?P<position_id>{UUID})/?$", api.OneCopy.as_view(), name="api_copy"),
]
