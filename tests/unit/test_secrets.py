"""Passwords stay out of what is printed."""

import pytest

from lockstep.guards.text.secrets import masked
from lockstep.tracking.store import display_uri, tracking_uri


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'https:/me:geheim@h/t.csv': string should match", "'https:/h/t.csv': string should match"),
        ("me:geheim@h/t.csv", "h/t.csv"),
        ("write to someone@example.org: it helps", "write to someone@example.org: it helps"),
    ],
)
def test_a_mistyped_address_is_masked_too(text: str, expected: str) -> None:
    assert masked(text) == expected


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://user:secret@host:5000/path", "http://host:5000/path"),
        ("postgresql://u:secret@db/mlflow?sslmode=require", "postgresql://db/mlflow"),
        ("failed for 'ftp://u:secret@host/x' (twice)", "failed for 'ftp://host/x' (twice)"),
        ("https://host/t.csv?token=secret; next", "https://host/t.csv; next"),
        ("sqlite:///mlruns/mlflow.db", "sqlite:///mlruns/mlflow.db"),
        ("http://[bad", "http://[bad"),
        ("postgresql://u:pa/ss@host/db", "postgresql://host/db"),
        ("http://u:p@s's@host/x", "http://host/x"),
        ("https://host/t.csv?user=u;password=secret", "https://host/t.csv"),
        ("https://host/t.csv?token=sec'ret\"secret", "https://host/t.csv"),
        ("https://host/it's?token=secret", "https://host/it's"),
        ("failed for 'https://host/x?token=secret' (twice)", "failed for 'https://host/x' (twice)"),
        ('("https://host/x?token=secret"), then', '("https://host/x"), then'),
        ("tried https://a/x?k=secret, https://u:secret@b/y?k=secret.", "tried https://a/x, https://b/y."),
        ("what? see https://host/x", "what? see https://host/x"),
    ],
)
def test_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize("start", ["/", "//", "?", "://?", "@"])
def test_a_long_text_is_masked_in_one_pass(start: str) -> None:
    # 10^10 steps where each sign is a new beginning
    text = start * 100_000
    assert len(masked(text)) <= len(text)


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("sqlite:///store.db", "sqlite:////repository/store.db"),
        ("sqlite:////absolute/store.db", "sqlite:////absolute/store.db"),
        ("runs", "/repository/runs"),
        ("file:runs", "/repository/runs"),
        ("http://host:5000", "http://host:5000"),
        ("databricks", "databricks"),
        ("", "sqlite:////repository/mlruns/mlflow.db"),
    ],
)
def test_stores_are_anchored_at_the_repository(given: str, used: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DVC_ROOT", "/repository")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", given)
    assert tracking_uri() == used
    assert display_uri() == (given or used)
