"""GET /metrics: what this process counted, and how the instance stands at this moment.

Promises: whoever may not read it finds nothing there (`access.scraper`). What is told are numbers:
friends appear as one sum or one maximum, by their ids only where METRICS_FRIENDS says so, and never
by their names. It asks the database two questions, however many friends and events there are, and
while the database does not answer, tells everything else. As text or OpenMetrics, as is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from portfolio import access
from portfolio.link import inbox, outbox, status
from portfolio.link.outbox import Backlog
from portfolio.live import tabs
from portfolio.metrics import REGISTRY

ONLINE, OFFLINE = "online", "offline"


@login_not_required
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    access.scraper(request)
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(REGISTRY), content_type=content_type)


class Standing(Collector):
    """How it stands when somebody asks. Registered once, with the process's registry."""

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily(
            "portfolio_build", "The version of this instance", {"version": settings.VERSION}
        )
        yield from _link()
        yield _gauge("portfolio_tabs", "Open tabs", tabs.listening())
        try:
            backlogs, failed = outbox.backlogs(), inbox.failed()
        except DatabaseError:
            yield _gauge("portfolio_database_up", _DATABASE, 0)
            return
        yield _gauge("portfolio_database_up", _DATABASE, 1)
        yield _gauge(
            "portfolio_events_set_aside",
            "Events of friends that could not be applied and wait for a person",
            failed,
        )
        yield from _outbox(backlogs)
        if settings.METRICS_FRIENDS:
            yield from _by_friend(backlogs)


def _link() -> Iterator[Metric]:
    link = status.standing()
    online, skew = len(status.online()), link.meeting.skew if link.meeting else 0.0
    yield _gauge("portfolio_link_connected", "1 while the relay is connected", link.state == "live")
    yield _gauge("portfolio_friends_online", "Friends that the relay says are there", online)
    yield _gauge(
        "portfolio_relay_clock_skew_seconds", "The relay's clock less this one, when last met", skew
    )


def _outbox(backlogs: Iterable[Backlog]) -> Iterator[Metric]:
    depth = _family("portfolio_outbox_depth", "Events that wait for friends' receipts", "reach")
    deepest = _family(
        "portfolio_outbox_depth_max", "Events that wait for the friend with the most", "reach"
    )
    oldest = _family(
        "portfolio_outbox_oldest_seconds",
        "How long the oldest event waits for its receipt",
        "reach",
    )
    online = status.online()
    for reach in (ONLINE, OFFLINE):
        there = [log for log in backlogs if (log.user_id in online) is (reach == ONLINE)]
        depth.add_metric([reach], sum(log.depth for log in there))
        deepest.add_metric([reach], max((log.depth for log in there), default=0))
        oldest.add_metric([reach], max((log.seconds for log in there), default=0))
    yield from (depth, deepest, oldest)


def _by_friend(backlogs: Iterable[Backlog]) -> Iterator[Metric]:
    depth = _family("portfolio_friend_outbox_depth", "Events that wait for this friend", "friend")
    oldest = _family(
        "portfolio_friend_outbox_oldest_seconds",
        "How long the oldest waits for its receipt",
        "friend",
    )
    for backlog in backlogs:
        depth.add_metric([backlog.user_id], backlog.depth)
        oldest.add_metric([backlog.user_id], backlog.seconds)
    yield from (depth, oldest)


def _gauge(name: str, meaning: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, meaning, value)


def _family(name: str, meaning: str, label: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, meaning, labels=[label])


_DATABASE = "1 while the database answers"
REGISTRY.register(Standing())
