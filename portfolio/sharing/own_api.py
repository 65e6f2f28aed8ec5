"""Comments for the person's own programs: parse, one action, one answer.

The same doors and the same actions as the pages. `PersonView` turns what an action refuses into a
problem; `planning` builds its views on it. A comment's ETag is its revision. Who may read an idea:
`shares_api`; signs and names: `talk.api`.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from portfolio import access
from portfolio.api.fields import Strict, Text, body, query
from portfolio.api.once import created_once, etag, require_match
from portfolio.api.paging import Part
from portfolio.api.problems import Refused
from portfolio.api.schema import ETAG, IF_MATCH, LOCATION, ONCE
from portfolio.models import Comment, Friend
from portfolio.sharing import actions, thread
from portfolio.sharing.checks import Invalid
from portfolio.sharing.talk.signs import SIGNS

ADDRESS = "/api/v1/positions/ideas"


class PersonView(GenericAPIView[Any]):
    """For whoever is signed in, by session or token."""

    def handle_exception(self, exc: Exception) -> Response:
        refused = Refused(exc.errors) if isinstance(exc, Invalid) else exc
        return super().handle_exception(refused)


class DeliverySerializer(serializers.Serializer[Any]):
    state = serializers.ChoiceField(["sending", "waiting", "delivered", "opened", "seen"])
    label = serializers.CharField()  # type: ignore[assignment]  # declared fields leave the class


class PersonSerializer(serializers.ModelSerializer[Friend]):
    class Meta:
        model = Friend
        fields = ("id", "user_id", "display_name")
        read_only_fields = fields


# Comments -----------------------------------------------------------------------------------------


class SignsSerializer(serializers.Serializer[Any]):
    sign = serializers.ChoiceField(list(SIGNS), source="sign.name")
    names = serializers.ListField(child=serializers.CharField(), help_text="Mine is `you`")
    mine = serializers.BooleanField()


class CommentSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(source="comment.id", help_text="On this instance")
    uid = serializers.UUIDField(source="comment.uid", help_text="Everywhere")
    author = serializers.CharField(source="comment.author", help_text="The author's user id")
    author_name = serializers.CharField(source="comment.author_name")
    mine = serializers.BooleanField()
    text = serializers.CharField(source="comment.text")
    reply_to = serializers.UUIDField(source="comment.reply_to", allow_null=True)
    number = serializers.IntegerField(
        source="comment.number", allow_null=True, help_text="null: the owner has not seen it yet"
    )
    revision = serializers.IntegerField(source="comment.revision")
    deleted = serializers.BooleanField(source="comment.deleted")
    created_at = serializers.DateTimeField(source="comment.created_at")
    edited_at = serializers.DateTimeField(source="comment.edited_at", allow_null=True)
    delivery = DeliverySerializer(allow_null=True, help_text="Of mine alone")
    seen_by = serializers.ListField(
        child=serializers.CharField(), help_text="Of mine: who has read this far"
    )
    reactions = SignsSerializer(many=True, source="put")
    replies = serializers.IntegerField(source="answers", help_text="And the answers to those")


class NewCommentSerializer(Strict):
    text = Text()
    reply_to = serializers.UUIDField(required=False, allow_null=True, default=None)


class EditedCommentSerializer(Strict):
    text = Text()


class WantedComments(Part):
    ordering = serializers.ChoiceField(("id", "-id"), default="id")


class Comments(PersonView):
    serializer_class = CommentSerializer

    @extend_schema(
        operation_id="list_comments",
        parameters=[WantedComments],
        responses=CommentSerializer(many=True),
    )
    def get(self, request: Request, position_id: str) -> Response:
        """In the order in which they came here: what is new stands at the end of the last part."""
        position = access.position_of(request, position_id)
        order = query(WantedComments, request)["ordering"]
        page = self.paginate_queryset(position.comments.order_by(order)) or []
        data = CommentSerializer(thread.rows(position, page), many=True).data
        return self.get_paginated_response(data)

    @extend_schema(
        operation_id="add_comment",
        parameters=[ONCE, LOCATION, ETAG],
        request=NewCommentSerializer,
        responses={201: CommentSerializer},
    )
    def post(self, request: Request, position_id: str) -> Response:
        """Say something about an idea of mine, or of a friend's."""
        position = access.position_of(request, position_id)

        def create() -> Response:
            said = actions.add_comment(position, **body(NewCommentSerializer, request))
            where = f"{ADDRESS}/{position.pk}/comments/{said.pk}"
            return answer_with(said, 201, {"Location": where})

        return created_once(request, access.person_of(request), create)


class OneComment(PersonView):
    @extend_schema(operation_id="read_comment", parameters=[ETAG], responses=CommentSerializer)
    def get(self, request: Request, position_id: str, comment_id: str) -> Response:
        """One comment of anybody's."""
        position = access.position_of(request, position_id)
        return answer_with(access.said_about(position, int(comment_id)))

    @extend_schema(
        operation_id="edit_comment",
        parameters=[IF_MATCH, ETAG],
        request=EditedCommentSerializer,
        responses=CommentSerializer,
    )
    @transaction.atomic
    def patch(self, request: Request, position_id: str, comment_id: str) -> Response:
        """Say it differently; mine alone."""
        said = _mine(request, position_id, comment_id)
        return answer_with(
            actions.edit_comment(said, body(EditedCommentSerializer, request)["text"])
        )

    @extend_schema(
        operation_id="delete_comment", parameters=[IF_MATCH], request=None, responses={204: None}
    )
    @transaction.atomic
    def delete(self, request: Request, position_id: str, comment_id: str) -> Response:
        """Take it back, for everybody; mine alone."""
        actions.delete_comment(_mine(request, position_id, comment_id))
        return Response(status=204)


def _mine(request: Request, position_id: str, comment_id: str) -> Comment:
    """A comment of mine on this position, locked, in the version that the caller has read."""
    said = access.comment_of(request, int(comment_id))
    if said.position_id != UUID(position_id):
        raise Http404
    actions.hold(said.position)
    said.refresh_from_db(fields=["revision"])
    require_match(request, said.revision)
    return said


def answer_with(
    said: Comment, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    data = CommentSerializer(thread.row(said)).data
    return Response(data, status, headers={"ETag": etag(said.revision), **(headers or {})})
