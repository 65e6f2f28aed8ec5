"""Every name in the options leads to something, and the settings take them."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.utils.module_loading import import_string

from portfolio.api import options


def names(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [name for inner in value.values() for name in names(inner)]
    if isinstance(value, list):
        return [name for inner in value for name in names(inner)]
    ours = ("portfolio.api.", "drf_spectacular.", "rest_framework.")
    return [value] if isinstance(value, str) and value.startswith(ours) else []


@pytest.mark.parametrize("name", names(options.REST_FRAMEWORK) + names(options.SPECTACULAR))
def test_name_leads_somewhere(name: str) -> None:
    assert import_string(name)


def test_settings_take_them() -> None:
    assert settings.REST_FRAMEWORK == {**options.REST_FRAMEWORK, "NUM_PROXIES": 0}
    assert settings.SPECTACULAR_SETTINGS == options.SPECTACULAR
