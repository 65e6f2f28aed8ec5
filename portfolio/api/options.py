"""How Django REST framework and drf-spectacular are set for this API; for `portfolio.settings`.

Names only, so that reading the settings loads nothing. What stands here holds for every view:
tokens or sessions, JSON, lists by cursor, counted requests, problems for errors.
"""

from typing import Any

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "portfolio.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["portfolio.api.authentication.InScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["portfolio.api.parsers.Json"],
    "DEFAULT_METADATA_CLASS": None,  # the document says it better than OPTIONS would
    "DEFAULT_PAGINATION_CLASS": "portfolio.api.paging.Cursors",
    "DEFAULT_THROTTLE_CLASSES": [
        "portfolio.api.throttles.Reading",
        "portfolio.api.throttles.Writing",
    ],
    "DEFAULT_THROTTLE_RATES": {"read": "600/min", "write": "120/min"},
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "portfolio.api.problems.handler",
}
SPECTACULAR: dict[str, Any] = {
    "TITLE": "Portfolio Planner",
    "DESCRIPTION": "What a person does on their instance's pages, for their programs.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["portfolio.api.authentication.InScope"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "PREPROCESSING_HOOKS": ["portfolio.api.schema.versioned"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "portfolio.api.schema.with_problems",
        "portfolio.api.schema.without_empty_defaults",
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {
        "IdeaStatus": "portfolio.planning.checks.STATUSES",
        "FriendState": "portfolio.models.Friend.State",
        "LinkState": ["live", "connecting", "offline", "off"],
        "DeliveryState": ["sending", "waiting", "delivered", "opened", "seen"],
        "TokenState": ["live", "expired", "revoked"],
        "TokenScope": "portfolio.models.ApiToken.Scope",
        "InviteState": "portfolio.friends.lists.INVITE_STATES",
        "Likeness": ["name", "address", "name and address"],
        "NoticeKind": "portfolio.models.Notice.Kind",
        "LegSide": "portfolio.planning.checks.SIDES",
        "LegKind": "portfolio.planning.checks.KINDS",
        "Direction": "portfolio.planning.checks.DIRECTIONS",
        "Mark": ["added", "removed", "changed", "same"],
        "LineMark": ["added", "removed", "changed", "same", "gap"],
        "Sign": "portfolio.sharing.talk.signs.SIGNS",
    },
}
