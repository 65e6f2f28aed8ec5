"""The addresses of planning; `portfolio/urls.py` puts them on its one page."""

from django.urls import path

from portfolio.planning import fragments, views

__all__ = ["fragments", "urlpatterns"]  # the fragments register by being imported

urlpatterns = [
    path("", views.home, name="home"),
    path("ideas/", views.my_ideas, name="ideas"),
    path("ideas/shared/", views.shared_ideas, name="shared_ideas"),
    path("ideas/new/", views.new_idea, name="new_idea"),
    path("ideas/samples/", views.load_samples, name="load_samples"),
    path("ideas/<uuid:position_id>/", views.idea, name="idea"),
    path("ideas/<uuid:position_id>/edit/", views.edit_idea, name="edit_idea"),
    path("ideas/<uuid:position_id>/status/", views.change_status, name="change_status"),
    path("ideas/<uuid:position_id>/tags/", views.edit_tags, name="edit_tags"),
    path("ideas/<uuid:position_id>/delete/", views.delete_idea, name="delete_idea"),
    path("ideas/<uuid:position_id>/versions/", views.versions, name="versions"),
    path("ideas/<uuid:position_id>/versions/<int:number>/", views.version, name="version"),
    path("ideas/<uuid:position_id>/versions/<int:number>/restore/", views.restore, name="restore"),
]
