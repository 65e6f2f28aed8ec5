"""The command itself: see test_doctor for what it finds."""

import pytest
from django.core.management import CommandError, call_command


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(CommandError, match="is not a port or address:port"):
        call_command("relay_doctor", "nowhere")
