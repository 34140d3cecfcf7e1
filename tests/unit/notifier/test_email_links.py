"""Links in mail open what they were made for, and nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from notifier.channels.email.links import LinkSigner

LINKS = LinkSigner("the-secret", "https://coffee.example")
OTHERS = LinkSigner("another-secret", "https://coffee.example")
IDS = st.from_regex(r"[A-Za-z0-9]{1,32}", fullmatch=True)


@given(IDS, IDS)
def test_a_token_confirms_its_own_subscription_only(one: str, other: str) -> None:
    assert LINKS.confirms(LINKS.confirm_token(one), one)
    assert LINKS.confirms(LINKS.confirm_token(one), other) == (one == other)
    assert not LINKS.confirms(OTHERS.confirm_token(one), one)


@given(IDS)
def test_a_link_unsubscribes_its_own_subscription(one: str) -> None:
    assert LINKS.unsubscribes(unsubscribe_token(LINKS, one)) == one
    assert LINKS.unsubscribes(unsubscribe_token(OTHERS, one)) is None
    assert LINKS.unsubscribes(f"{one}.{LINKS.confirm_token(one)}") is None
    assert not LINKS.confirms(unsubscribe_token(LINKS, one).rpartition(".")[2], one)


@given(st.text())
def test_a_forged_token_is_not_valid(token: str) -> None:
    assert LINKS.unsubscribes(token) is None
    assert not LINKS.confirms(token, "s1")


def test_links_lead_to_the_shop() -> None:
    token = LINKS.confirm_token("s1")
    expected = f"https://coffee.example/subscriptions/s1/confirm?token={token}"
    assert LINKS.confirm_link("s1") == expected


def unsubscribe_token(links: LinkSigner, subscription_id: str) -> str:
    link = links.unsubscribe_link(subscription_id)
    assert link.startswith("https://coffee.example/unsubscribe?token=")
    return link.partition("token=")[2]
