"""Notifications and activity over the API: parse, one action, one answer.

The same lines as on the pages, newest first, by cursor. Marking as read is the same action, so
every tab hears of it.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from portfolio import access
from portfolio.api.fields import Strict, body, query
from portfolio.api.once import etag, require_match, version_of
from portfolio.api.paging import Part
from portfolio.api.schema import ETAG, IF_MATCH
from portfolio.models import Notice
from portfolio.models.notices import NoticeQuerySet
from portfolio.models.turns import take_turn
from portfolio.notices import actions, feed
from portfolio.notices.lines import Line, lines


class LineSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(source="notice.id")
    kind = serializers.ChoiceField(Notice.Kind.choices, source="notice.kind")
    text = serializers.CharField(help_text="The whole line in words")
    who = serializers.CharField(help_text="Who did it; You: I did")
    mine = serializers.SerializerMethodField(help_text="I did it myself")
    friend = serializers.IntegerField(
        source="notice.friend_id", allow_null=True, help_text="The friend who did it, or to whom"
    )
    position_id = serializers.UUIDField(source="notice.position_id", allow_null=True)
    comment_uid = serializers.UUIDField(
        source="notice.comment_uid", allow_null=True, help_text="The newest that it is about"
    )
    detail = serializers.CharField(source="notice.detail")
    count = serializers.IntegerField(source="notice.count", help_text="So often in a row")
    at = serializers.DateTimeField(source="notice.at", help_text="The newest of them")

    def get_mine(self, line: Line) -> bool:
        return not line.notice.who


class NoticeSerializer(LineSerializer):
    read_at = serializers.DateTimeField(
        source="notice.read_at", allow_null=True, help_text="null: unread"
    )


class Wanted(Part):
    """The filters of both; the same as on the pages."""

    kind = serializers.ChoiceField(Notice.Kind.choices, default="")
    friend = serializers.IntegerField(min_value=1, max_value=2**63 - 1, default=None)
    idea = serializers.UUIDField(default=None)
    ordering = serializers.ChoiceField(("-at", "at"), default="-at")


class WantedNotices(Wanted):
    unread = serializers.BooleanField(default=False)


class WantedActivity(Wanted):
    whose = serializers.ChoiceField(list(feed.WHOSE), default="")


class ReadSerializer(Strict):
    read = serializers.BooleanField()


class UnreadSerializer(serializers.Serializer[Any]):
    unread = serializers.IntegerField(help_text="How many are unread now")


class Lines(GenericAPIView[Any]):
    def answer(self, found: NoticeQuerySet, order: str, kind: type[LineSerializer]) -> Response:
        page = self.paginate_queryset(found.order_by(order, order.replace("at", "id"))) or []
        return self.get_paginated_response(kind(lines(page), many=True).data)


class Notices(Lines):
    serializer_class = NoticeSerializer

    @extend_schema(
        operation_id="list_notifications",
        parameters=[WantedNotices],
        responses=NoticeSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """What friends did that concerns me."""
        wanted = query(WantedNotices, request)
        return self.answer(feed.notices(_filters(wanted)), wanted["ordering"], NoticeSerializer)


class Activity(Lines):
    serializer_class = LineSerializer

    @extend_schema(
        operation_id="list_activity",
        parameters=[WantedActivity],
        responses=LineSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """All that happened, mine and my friends' alike."""
        wanted = query(WantedActivity, request)
        return self.answer(feed.activity(_filters(wanted)), wanted["ordering"], LineSerializer)


class SeenSerializer(serializers.Serializer[Any]):
    before = serializers.DateTimeField(
        allow_null=True, help_text="Until when I had seen it before; null: never"
    )


class Seen(GenericAPIView[Any]):
    @extend_schema(operation_id="see_activity", request=None, responses=SeenSerializer)
    def post(self, request: Request) -> Response:
        """I have seen what happened until now."""
        return Response(SeenSerializer({"before": actions.was_here()}).data)


class OneNotice(GenericAPIView[Any]):
    serializer_class = NoticeSerializer

    @extend_schema(operation_id="read_notification", parameters=[ETAG], responses=NoticeSerializer)
    def get(self, request: Request, notice_id: str) -> Response:
        """One of them, which does not mark it as read."""
        return _notice(access.notice_of(request, int(notice_id)))

    @extend_schema(
        operation_id="mark_notification",
        parameters=[IF_MATCH, ETAG],
        request=ReadSerializer,
        responses=NoticeSerializer,
    )
    @transaction.atomic
    def patch(self, request: Request, notice_id: str) -> Response:
        """Read, or unread again. One that has grown since it was seen has another ETag."""
        take_turn()
        notice = access.notice_of(request, int(notice_id))
        require_match(request, _version(notice))
        if body(ReadSerializer, request)["read"]:
            actions.mark_read([notice.pk])
        else:
            actions.mark_unread(Notice.objects.filter(pk=notice.pk))
        return _notice(access.notice_of(request, notice.pk))


class AllRead(GenericAPIView[Any]):
    @extend_schema(operation_id="mark_all_read", request=None, responses=UnreadSerializer)
    def post(self, request: Request) -> Response:
        """All are read."""
        actions.mark_all_read()
        return Response({"unread": Notice.objects.unread().count()})


def _notice(notice: Notice) -> Response:
    data = NoticeSerializer(lines([notice])[0]).data
    return Response(data, headers={"ETag": etag(_version(notice))})


def _version(notice: Notice) -> str:
    return version_of(notice.count, notice.at, notice.read_at)


def _filters(wanted: dict[str, Any]) -> feed.Filters:
    named = {name: wanted[name] for name in feed.Filters.__annotations__ if wanted.get(name)}
    given = {name: str(value) for name, value in named.items()}
    return feed.Filters(**(given | ({"unread": "1"} if wanted.get("unread") else {})))
