"""What machines may ask without signing in."""

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.test import Client


@pytest.mark.django_db
def test_health(client: Client) -> None:
    response = client.get("/health")
    assert response.status_code == 200
    assert response.json() == {
        "status": "healthy",
        "version": settings.VERSION,
        "database": "ok",
    }


def refuse(*_: object) -> None:
    raise OperationalError("disk I/O error")


@pytest.mark.django_db
def test_health_without_a_database(client: Client) -> None:
    with connection.execute_wrapper(refuse):
        response = client.get("/health")
    assert response.status_code == 503
    assert response.json()["status"] == "unhealthy"
    assert "disk" not in response.content.decode()


def test_robots(client: Client) -> None:
    assert client.get("/robots.txt").content == b"User-agent: *\nDisallow: /\n"


def test_favicon(client: Client) -> None:
    assert client.get("/favicon.ico").headers["Location"] == "/static/icon.svg"
