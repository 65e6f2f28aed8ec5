"""The addresses of friends; `portfolio/urls.py` puts them on its one page.

All are for the person who lives here, by session or, under /api/, by token; the page where a code's
link leads is for everybody, and shows nothing of this instance.
"""

from django.urls import path, re_path

from portfolio.friends import api, fragments, invites_api, profile, standing_api, views
from portfolio.friends.cards import api as cards_api
from portfolio.friends.cards import views as cards
from portfolio.friends.marks import views as marks

__all__ = ["fragments", "urlpatterns"]  # the fragments register by being imported

FRIEND = r"^api/v1/friends/(?P<friend_id>[0-9]{1,18})"

urlpatterns = [
    path("friends/", views.friends, name="friends"),
    path("friends/accept", views.code_page, name="code_page"),
    path("friends/add/", views.add, name="add_friend"),
    path("friends/add/confirm/", views.accept, name="accept_code"),
    path("friends/invite/", views.invite, name="make_invite"),
    path("friends/invite/<int:invite_id>/", views.show_invite, name="invite"),
    path("friends/invite/<int:invite_id>/revoke/", views.revoke_invite, name="revoke_invite"),
    path("friends/<int:friend_id>/", views.friend, name="friend"),
    path("friends/<int:friend_id>/rename/", marks.rename, name="rename_friend"),
    path("friends/<int:friend_id>/verified/", marks.verified, name="verify_friend"),
    path("friends/<int:friend_id>/muted/", marks.muted, name="mute_friend"),
    path("friends/<int:friend_id>/network/", marks.network, name="friend_network"),
    path("friends/<int:friend_id>/replaced/", marks.replaced, name="friend_replaced"),
    path("friends/<int:friend_id>/move/", cards.move, name="friend_move"),
    path("settings/identity/", cards.own_identity, name="identity"),
    path("settings/identity/box-key/", cards.new_box_key, name="new_box_key"),
    path("friends/<int:friend_id>/remove/", views.remove, name="remove_friend"),
    path("friends/<int:friend_id>/block/", views.block, name="block_friend"),
    path("friends/<int:friend_id>/unblock/", views.unblock, name="unblock_friend"),
    path("settings/profile/", profile.profile, name="profile"),
    re_path(r"^api/v1/friends/?$", api.Friends.as_view(), name="api_friends"),
    re_path(rf"{FRIEND}/?$", api.OneFriend.as_view(), name="api_friend"),
    re_path(rf"{FRIEND}/block/?$", api.Block.as_view(), name="api_block"),
    re_path(rf"{FRIEND}/unblock/?$", api.Unblock.as_view(), name="api_unblock"),
    re_path(rf"{FRIEND}/move/?$", api.Move.as_view(), name="api_move"),
    re_path(rf"{FRIEND}/replaced/?$", api.Replaced.as_view(), name="api_replaced"),
    re_path(r"^api/v1/codes/read/?$", invites_api.Code.as_view(), name="api_code"),
    re_path(r"^api/v1/codes/accept/?$", invites_api.Accept.as_view(), name="api_accept"),
    re_path(r"^api/v1/invites/?$", invites_api.Invites.as_view(), name="api_invites"),
    re_path(
        r"^api/v1/invites/(?P<invite_id>[0-9]{1,18})/?$",
        invites_api.OneInvite.as_view(),
        name="api_invite",
    ),
    re_path(r"^api/v1/identity/?$", cards_api.OwnIdentity.as_view(), name="api_identity"),
    re_path(r"^api/v1/identity/box-key/?$", cards_api.BoxKey.as_view(), name="api_box_key"),
    re_path(r"^api/v1/status/?$", standing_api.Standing.as_view(), name="api_status"),
]
