"""The pages around the API, in a browser: a token is made, seen once and revoked; Swagger's pages
work under the content policy.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.people import Person

pytestmark = pytest.mark.browser


def test_token_is_made_seen_once_and_revoked(alice: Person) -> None:
    page = alice.open("/settings/tokens/")
    page.get_by_label("What it is for").fill("My sheet")
    page.get_by_label("What it may do").select_option("write")
    page.get_by_role("button", name="Make token").click()
    token = page.get_by_label("Your new token")
    text = token.input_value()
    assert text.startswith("pp_")
    status = page.request.get(
        f"{alice.instance.url}/api/v1/status", headers={"Authorization": f"Bearer {text}"}
    )
    assert status.json()["display_name"] == "Alice"
    page.goto(f"{alice.instance.url}/settings/tokens/")
    expect(page.get_by_text("My sheet")).to_be_visible()
    expect(token).to_have_count(0)
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("My sheet no longer works")).to_be_visible()


def test_swagger_draws_every_address(alice: Person) -> None:
    page = alice.context.new_page()  # no page of ours: it has no socket
    page.goto(f"{alice.instance.url}/docs")
    expect(page.get_by_text("/api/v1/positions/ideas/{position_id}/share/").first).to_be_visible()
    page.get_by_text("/api/v1/status/").first.click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.get_by_text('"display_name": "Alice"').first).to_be_visible()
