"""The addresses of sharing; `portfolio/urls.py` puts them on its one page."""

from django.urls import path

from portfolio.sharing import api, fragments, views

__all__ = ["fragments", "urlpatterns"]  # the fragments register by being imported

urlpatterns = [
    path("api/v1/positions/ideas/<uuid:position_id>", api.shared_idea, name="shared_idea"),
    path("ideas/<uuid:position_id>/share/", views.share, name="share"),
    path("ideas/<uuid:position_id>/share/again/", views.share_again, name="share_again"),
    path("ideas/<uuid:position_id>/opened/", views.opened, name="opened"),
    path("ideas/<uuid:position_id>/comments/", views.comments, name="comments"),
    path("ideas/<uuid:position_id>/thread/", views.thread, name="thread"),
    path("restored/", views.restored, name="restored"),
    path("comments/<int:comment_id>/", views.comment, name="comment"),
    path("comments/<int:comment_id>/edit/", views.edit_comment, name="edit_comment"),
    path("comments/<int:comment_id>/delete/", views.delete_comment, name="delete_comment"),
]
