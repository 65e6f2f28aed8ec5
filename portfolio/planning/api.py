"""Ideas for the person's own programs, and the address at which friends read theirs.

Parse, one action, one answer, behind the same doors as the pages. An idea's ETag is its version.
A friend's instance calls the same address as I do: a signed token of three parts is handed to
`sharing`, which judges it and answers with a sealed box.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from portfolio import access
from portfolio.api.fields import body, query
from portfolio.api.once import created_once, etag, require_match
from portfolio.api.schema import ETAG, IF_MATCH, LOCATION, ONCE
from portfolio.models import Idea, SharedPosition
from portfolio.planning import actions, lists
from portfolio.planning.resources import (
    IdeaChange,
    IdeaSerializer,
    NewIdea,
    NewStatus,
    Resource,
    Wanted,
    WantedCopies,
)
from portfolio.sharing import actions as sharing
from portfolio.sharing import api as friends
from portfolio.sharing.own_api import ADDRESS, PersonView


class Listed(PersonView):
    """A page of ideas."""

    serializer_class = IdeaSerializer

    def answer(self, found: QuerySet[SharedPosition]) -> Response:
        rows = found.select_related("owner")
        resources = [Resource.of(position) for position in self.paginate_queryset(rows) or []]
        return self.get_paginated_response(IdeaSerializer(resources, many=True).data)


class Ideas(Listed):
    @extend_schema(
        operation_id="list_ideas", parameters=[Wanted], responses=IdeaSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        """My ideas."""
        return self.answer(lists.mine(_filters(query(Wanted, request))))

    @extend_schema(
        operation_id="create_idea",
        parameters=[ONCE, LOCATION, ETAG],
        request=NewIdea,
        responses={201: IdeaSerializer},
    )
    def post(self, request: Request) -> Response:
        """A new idea of mine, shared with nobody yet."""
        person = access.person_of(request)

        def create() -> Response:
            fields = body(NewIdea, request)
            legs = fields.pop("legs", [])
            made = actions.create_idea(fields, legs, person)
            return answer_with(made.position, 201, {"Location": f"{ADDRESS}/{made.pk}"})

        return created_once(request, person, create)


class Copies(Listed):
    @extend_schema(
        operation_id="list_shared", parameters=[WantedCopies], responses=IdeaSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        """What friends share with me."""
        return self.answer(lists.shared(_filters(query(WantedCopies, request))))


class OneCopy(PersonView):
    @extend_schema(operation_id="read_shared", parameters=[ETAG], responses=IdeaSerializer)
    def get(self, request: Request, position_id: str) -> Response:
        """An idea that a friend shares with me."""
        return answer_with(access.copy_of(request, position_id))

    @extend_schema(
        operation_id="remove_shared", parameters=[IF_MATCH], request=None, responses={204: None}
    )
    @transaction.atomic
    def delete(self, request: Request, position_id: str) -> Response:
        """Off my list, for good; its owner learns that I do not want it."""
        copy = access.copy_of(request, position_id)
        require_match(request, sharing.hold(copy).version)
        sharing.forget_copy(copy)
        return Response(status=204)


class OneIdea(PersonView):
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """What a friend's instance signed is `sharing`'s to judge."""
        if friends.is_signed(request):
            return friends.shared_idea(request, *args, **kwargs)
        return super().dispatch(request, *args, **kwargs)

    @extend_schema(operation_id="read_idea", parameters=[ETAG], responses=IdeaSerializer)
    def get(self, request: Request, position_id: str) -> Response:
        """An idea of mine, or a copy of a friend's."""
        return answer_with(access.position_of(request, position_id))

    @extend_schema(
        operation_id="edit_idea",
        parameters=[IF_MATCH, ETAG],
        request=IdeaChange,
        responses=IdeaSerializer,
    )
    @transaction.atomic
    def patch(self, request: Request, position_id: str) -> Response:
        """Change some fields; `legs` are replaced as a whole. The status has its own address."""
        idea = held(request, position_id)
        fields = body(IdeaChange, request)
        legs = fields.pop("legs", None)
        edited = actions.edit_idea(idea, fields, legs, access.person_of(request))
        return answer_with(edited.position)

    @extend_schema(
        operation_id="delete_idea", parameters=[IF_MATCH], request=None, responses={204: None}
    )
    @transaction.atomic
    def delete(self, request: Request, position_id: str) -> Response:
        """Gone here, and from every friend it was shared with."""
        actions.delete_idea(held(request, position_id))
        return Response(status=204)


class Status(PersonView):
    @extend_schema(
        operation_id="change_status",
        parameters=[IF_MATCH, ETAG],
        request=NewStatus,
        responses=IdeaSerializer,
    )
    @transaction.atomic
    def put(self, request: Request, position_id: str) -> Response:
        """One move; not every status follows on every other."""
        idea = held(request, position_id)
        status = body(NewStatus, request)["status"]
        return answer_with(actions.change_status(idea, status, access.person_of(request)).position)


def _filters(wanted: dict[str, Any]) -> lists.Filters:
    return lists.Filters(
        wanted["q"],
        wanted["status"],
        wanted["tag"].strip().lstrip("#").lower(),
        wanted["symbol"].strip(),
        str(wanted.get("friend") or ""),
        wanted["ordering"],
    )


def held(request: Request, position_id: str) -> Idea:
    """An idea of mine, locked, in the version that the caller has read."""
    position = access.own_position_of(request, position_id)
    require_match(request, sharing.hold(position).version)
    return position.idea


def answer_with(
    position: SharedPosition, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """An idea as it is, with its version as its ETag."""
    data = IdeaSerializer(Resource.of(position)).data
    return Response(data, status, headers={"ETag": etag(position.version), **(headers or {})})
