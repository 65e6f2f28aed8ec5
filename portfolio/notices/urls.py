"""The addresses of notices; `portfolio/urls.py` puts them on its one page.

The settings' section stands under /settings/, an idea's switch under /ideas/.
"""

from django.urls import path, re_path

from portfolio.notices import api, fragments, settings_api, views

__all__ = ["fragments", "urlpatterns"]  # the fragments register by being imported

UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
IDEA = rf"^api/v1/positions/ideas/(?P<position_id>{UUID})"

urlpatterns = [
    path("notifications/", views.notifications, name="notifications"),
    path("notifications/read/", views.read_all, name="notices_read"),
    path("notifications/unread/", views.unread, name="notices_unread"),
    path("notifications/<int:notice_id>/read/", views.read, name="notice_read"),
    path("notifications/<int:notice_id>/open/", views.open_one, name="notice_open"),
    path("activity/", views.activity, name="activity"),
    path("activity/seen/", views.seen, name="activity_seen"),
    path("settings/notifications/", views.settings_page, name="notice_settings"),
    path("settings/notifications/<int:friend_id>/", views.settings_page, name="notices_of_friend"),
    path("ideas/<uuid:position_id>/mute/", views.mute_idea, name="mute_idea"),
    path("ideas/<uuid:position_id>/unmute/", views.unmute_idea, name="unmute_idea"),
    re_path(r"^api/v1/notifications/?$", api.Notices.as_view(), name="api_notices"),
    re_path(r"^api/v1/notifications/read/?$", api.AllRead.as_view(), name="api_notices_read"),
    re_path(
        r"^api/v1/notifications/(?P<notice_id>[0-9]{1,18})/?$",
        api.OneNotice.as_view(),
        name="api_notice",
    ),
    re_path(r"^api/v1/activity/?$", api.Activity.as_view(), name="api_activity"),
    re_path(r"^api/v1/activity/seen/?$", api.Seen.as_view(), name="api_activity_seen"),
    re_path(
        r"^api/v1/notifications/settings/?$",
        settings_api.Settings.as_view(),
        name="api_notice_settings",
    ),
    re_path(
        r"^api/v1/friends/(?P<friend_id>[0-9]{1,18})/notifications/?$",
        settings_api.OfFriend.as_view(),
        name="api_notices_of_friend",
    ),
    re_path(rf"{IDEA}/mute/?$", settings_api.MutedIdea.as_view(), name="api_mute_idea"),
]
