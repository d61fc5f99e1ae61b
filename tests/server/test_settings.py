"""What whoever runs the server may set: read, refused in words, with defaults."""

from __future__ import annotations

from dataclasses import fields

import pytest

from pages._shared.host import settings


def test_defaults() -> None:
    found = settings.read({})
    assert found.uploads and found.warm_up
    assert 0 < found.total_mb <= settings.memory() / settings.MEGABYTE


def test_every_setting_can_be_set() -> None:
    given = {
        "POOLING_UPLOADS": "off",
        "POOLING_SESSIONS": "7",
        "POOLING_SESSION_MB": "8",
        "POOLING_TOTAL_MB": "9",
        "POOLING_IDLE_MINUTES": "10",
        "POOLING_FRAME_ANCESTORS": "'self' https://school.example",
        "POOLING_WARM_UP": " Off ",
    }
    expected = settings.Settings(False, 7, 8, 9, 10, "'self' https://school.example", False)
    assert settings.read(given) == expected
    assert len(given) == len(fields(settings.Settings))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("POOLING_UPLOADS", "maybe"),
        ("POOLING_SESSIONS", "-1"),
        ("POOLING_TOTAL_MB", "1.5"),
        ("POOLING_IDLE_MINUTES", "²"),
        ("POOLING_FRAME_ANCESTORS", "'self'; script-src *"),
        ("POOLING_FRAME_ANCESTORS", "a\r\nset-cookie: b"),
    ],
)
def test_what_cannot_be_is_named(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=name):
        settings.read({name: text})
