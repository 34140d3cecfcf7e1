"""The content of mail, for people and for mail programs."""

from __future__ import annotations

import email.utils
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.channels.email.composing import UnknownEventError
from notifier.channels.email.order_lines import ORDER_LINES
from notifier.http.pages.newsletters_page import TOPIC_TEXTS
from notifier.http.pages.shell import SHELL
from shared.domain.mail_address import InvalidAddressError
from shared.domain.order import OrderState
from shared.messages.announcement import CloudEvent
from shared.messages.topics import TOPIC_TITLES
from tests.support.mailing import LINKS, composer, html_of, read, subscriber, text_of
from tests.support.notifier import newsletter
from tests.support.webhooks import ready_event


def test_mail_calls_newsletters_by_the_names_of_the_pages() -> None:
    titles = {name: SHELL.catalogues.text("en", key) for name, (key, _) in TOPIC_TEXTS.items()}
    assert titles == TOPIC_TITLES


def issue(subject: str = "Half price", body: str = "Come by!") -> EmailMessage:
    return sent(composer().announcement(subscriber(), newsletter(subject, body)))


def sent(message: EmailMessage) -> EmailMessage:
    """The mail as its reader has it."""
    return read(bytes(message))


def order_event(state: str, number: str = "042") -> CloudEvent:
    event = ready_event(number=number, state=state, previous_state=None, version=3, attempt=1)
    return event.model_copy(update={"type": f"coffeeshop.order.{state}.v1"})


def test_a_confirmation_names_the_topic_and_has_the_link_in_both_parts() -> None:
    mail = sent(composer().confirmation(subscriber()))
    for part in (text_of(mail), html_of(mail)):
        assert "Offers" in part
        assert LINKS.confirm_link("s1") in part
        assert "Nothing is sent to you unless you do" in part
    assert mail["Subject"] == "Please confirm your subscription"


def test_every_mail_has_sender_recipient_date_and_an_unsubscribe_link() -> None:
    for mail in (
        sent(composer().confirmation(subscriber())),
        issue(),
        sent(composer().announcement(subscriber(), order_event("ready"))),
    ):
        assert mail["From"] == "Coffee shop <shop@coffee.example>"
        assert mail["To"] == "ada@guests.example"
        assert email.utils.parsedate_to_datetime(mail["Date"]).tzinfo is not None
        assert mail["List-Unsubscribe"] == f"<{LINKS.unsubscribe_link('s1')}>"
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail.get_content_type() == "multipart/alternative"
        assert [part.get_content_type() for part in mail.iter_parts()] == [
            "text/plain",
            "text/html",
        ]
    assert issue()["List-Id"] == "<coupons.coffee.example>"


def test_links_in_headers_stay_in_one_piece() -> None:
    raw = bytes(composer().announcement(subscriber(), newsletter("Half price", "Come by!")))
    assert f"\r\nList-Unsubscribe: <{LINKS.unsubscribe_link('s1')}>\r\n".encode() in raw


def test_copies_of_a_mail_have_one_id_and_other_mails_have_others() -> None:
    event = newsletter("Half price", "Come by!")
    first, copy = (composer().announcement(subscriber(), event)["Message-ID"] for _ in range(2))
    assert first == copy
    assert (
        len({first, issue()["Message-ID"], composer().confirmation(subscriber())["Message-ID"]})
        == 3
    )


def test_nothing_in_the_headers_is_a_customers_key() -> None:
    mail = composer().announcement(subscriber(), order_event("ready"))
    assert "o1" not in mail["Message-ID"]


@given(st.text(max_size=300))
def test_no_subject_becomes_another_header(subject: str) -> None:
    mail = issue(f"{subject}\r\nBcc: eve@elsewhere.example\n\nHello")
    assert "Bcc" not in mail
    assert set(mail.keys()) == set(issue().keys())
    assert text_of(mail) == text_of(issue())


def test_a_subject_with_an_encoded_word_is_no_second_header() -> None:
    """Python before 3.11.10 decodes it and writes what it finds (CVE-2024-6923)."""
    mail = issue("=?utf-8?q?Hello=0d=0aBcc=3A_eve=40elsewhere.example?=")
    assert "Bcc" not in mail


@pytest.mark.parametrize(
    "subject", ["Halber Preis für Zoë ☕", "半額" * 60, "a" * 200, "👨‍👩‍👧 day"]
)
def test_subjects_arrive_in_any_script(subject: str) -> None:
    assert issue(subject)["Subject"] == subject


@pytest.mark.parametrize(
    "body", ["Grüße von Zoë\n半額 ☕", "a" * 2000, "From here\n.\n..\nto there"]
)
def test_the_text_is_as_it_was_typed(body: str) -> None:
    assert text_of(issue(body=body)).startswith(f"{body}\n")


def test_a_body_is_markdown_in_html() -> None:
    html = html_of(issue(body="# News\n\n**Half** [off](https://coffee.example/a?b=1&c=2)"))
    assert "<h1>News</h1>" in html
    assert '<strong>Half</strong> <a href="https://coffee.example/a?b=1&amp;c=2">off</a>' in html


@pytest.mark.parametrize(
    "markup",
    [
        *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<b>bold</b>"),
        *("[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](&#106;avascript:alert(1))"),
        *(
            "[x](data:text/html,hi)",
            "[x](vbscript:x)",
            "[x](file:///etc/passwd)",
            "[x](//x.example)",
        ),
        *("<javascript:alert(1)>", "![x](https://x.example/seen.png)", "[x]\n\n[x]: javascript:a"),
        '[x](https://x.example "\'><script>alert(1)</script>")',
    ],
)
def test_no_markup_but_that_of_markdown_gets_through(markup: str) -> None:
    plain, mail = html_of(issue(body="nothing")), html_of(issue(subject=markup, body=markup))
    for fragment in ("<script", "<img", "<b>", 'href="javascript', 'href="data', 'href="file'):
        assert mail.lower().count(fragment) == plain.lower().count(fragment)
    assert 'href="//' not in mail
    assert 'href="vb' not in mail


@pytest.mark.parametrize("link", ["https://x.example", "http://x.example", "mailto:a@x.example"])
def test_links_to_the_web_and_to_mail_are_links(link: str) -> None:
    assert f'<a href="{link}">here</a>' in html_of(issue(body=f"[here]({link})"))


@pytest.mark.parametrize("state", OrderState)
def test_every_state_of_an_order_has_a_line(state: OrderState) -> None:
    mail = sent(composer().announcement(subscriber(), order_event(state)))
    assert "042" in mail["Subject"]
    assert "{" not in mail["Subject"]
    _, line = ORDER_LINES[state]
    for part in (text_of(mail), html_of(mail)):
        assert "042" in part
        assert line in part


def test_the_customer_is_told_why_an_order_was_canceled() -> None:
    event = order_event("canceled")
    why = {**event.data, "cancel_reason": "out of <oat> milk"}
    mail = sent(composer().announcement(subscriber(), event.model_copy(update={"data": why})))
    assert "The reason: out of <oat> milk." in text_of(mail)
    assert "out of &lt;oat&gt; milk" in html_of(mail)


def test_an_order_number_is_text() -> None:
    mail = sent(composer().announcement(subscriber(), order_event("ready", "<script>{0}")))
    assert "<script>" not in html_of(mail)


@pytest.mark.parametrize(
    "event",
    [
        order_event("ready").model_copy(update={"type": "coffeeshop.board.changed.v1"}),
        order_event("melted"),
        newsletter("x").model_copy(update={"data": {"topic": "coupons"}}),
        newsletter("x").model_copy(update={"data": {"subject": 1, "body": []}}),
    ],
)
def test_there_is_no_mail_for_other_events(event: CloudEvent) -> None:
    with pytest.raises(UnknownEventError, match="no mail for this type of event"):
        composer().announcement(subscriber(), event)


def test_a_name_and_a_domain_may_be_in_any_script() -> None:
    mail = composer("Café Zoë <shop@coffee.example>").confirmation(subscriber("ada@café.example"))
    assert bytes(mail).isascii()
    assert sent(mail)["From"] == "Café Zoë <shop@coffee.example>"
    assert mail["To"] == "ada@xn--caf-dma.example"


def test_an_address_may_be_in_any_script() -> None:
    mail = composer().confirmation(subscriber("zoë@café.example"))
    assert "\r\nTo: zoë@xn--caf-dma.example\r\n".encode() in bytes(mail)


@pytest.mark.parametrize(
    "address", ["", "ada", "ada@x.example, eve@x.example", "a@x.example\r\nBcc: eve@x.example"]
)
def test_an_invalid_address_gets_no_mail(address: str) -> None:
    with pytest.raises(InvalidAddressError):
        composer().confirmation(subscriber(address))
