"""The addresses of sharing; `portfolio/urls.py` puts them on its one page.

Whoever imports them has its fragments, too: they register by being imported.
"""

from django.urls import path, re_path

from portfolio.notices.urls import IDEA
from portfolio.sharing import fragments, own_api, restored_api, shares_api, views
from portfolio.sharing.presence import api as presence_api
from portfolio.sharing.presence import fragments as presence_fragments
from portfolio.sharing.presence import views as presence
from portfolio.sharing.talk import api as talk_api
from portfolio.sharing.talk import views as talk

__all__ = [
    "fragments",
    "presence_fragments",
    "urlpatterns",
]

COMMENT = r"/comments/(?P<comment_id>[0-9]{1,18})"

urlpatterns = [
    re_path(rf"{IDEA}/share/?$", shares_api.Shares.as_view(), name="api_shares"),
    re_path(rf"{IDEA}/comments/?$", own_api.Comments.as_view(), name="api_comments"),
    re_path(rf"{IDEA}{COMMENT}/reaction/?$", talk_api.MyReaction.as_view(), name="api_reaction"),
    re_path(rf"{IDEA}/people/?$", talk_api.People.as_view(), name="api_people"),
    re_path(rf"{IDEA}/opened/?$", talk_api.Opened.as_view(), name="api_opened"),
    re_path(rf"{IDEA}{COMMENT}/?$", own_api.OneComment.as_view(), name="api_comment"),
    path("ideas/<uuid:position_id>/share/", views.share, name="share"),
    path("ideas/<uuid:position_id>/share/again/", views.share_again, name="share_again"),
    path("ideas/<uuid:position_id>/opened/", views.opened, name="opened"),
    path("ideas/<uuid:position_id>/remove/", views.remove_copy, name="remove_copy"),
    path("ideas/<uuid:position_id>/comments/", views.comments, name="comments"),
    path("ideas/<uuid:position_id>/people/", talk.people, name="people"),
    path("ideas/<uuid:position_id>/thread/", views.thread, name="thread"),
    re_path(r"^api/v1/privacy/?$", presence_api.Privacy.as_view(), name="api_privacy"),
    path("settings/privacy/", presence.privacy, name="privacy"),
    re_path(r"^api/v1/restored/?$", restored_api.Restored.as_view(), name="api_restored"),
    path("restored/", views.restored, name="restored"),
    path("comments/<int:comment_id>/", views.comment, name="comment"),
    path("comments/<int:comment_id>/answers/", talk.conversation, name="conversation"),
    path("comments/<int:comment_id>/react/", talk.react, name="react"),
    path("comments/<int:comment_id>/edit/", views.edit_comment, name="edit_comment"),
    path("comments/<int:comment_id>/delete/", views.delete_comment, name="delete_comment"),
]
