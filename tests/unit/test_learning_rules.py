"""Tests what may be learned from a resolved ticket and what may not, and how texts are told apart."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest

from documents.folder import files_of
from documents.reading import read
from domain.documents import ImportLimits, SourceFile
from domain.knowledge import Lesson, ResolvedTicket
from domain.tickets import Category, EscalationReason
from pipeline.learning.clusters import cluster, name_groups
from pipeline.learning.contradiction import find_contradiction
from pipeline.learning.extract import Solution, extract
from pipeline.learning.privacy import find_personal, scrub
from pipeline.triage import is_falling

GOOD = (
    "Hi Maya,\n\nthanks for waiting. Open Settings, then Calendar, and choose “Hide declined events”. "
    "The calendar then shows only what you accepted.\n\nBest regards,\nGrace\nTechCorp Support"
)


def resolved(
    *staff: str,
    note: str = "",
    asked: str = "How can I hide declined events in the calendar?",
    reason: EscalationReason | None = EscalationReason.NO_KB_MATCH,
    agent: tuple[str, ...] = (),
    is_disputed: bool = False,
) -> ResolvedTicket:
    return ResolvedTicket(
        id=uuid4(),
        number="TKT-7F3K9QXA",
        category=Category.TECHNICAL,
        reason=reason,
        subject="Declined events",
        note=note,
        resolved_at=datetime.now(UTC),
        private_words=("Maya Lindqvist", "maya.lindqvist@example.com", "grace"),
        customer_texts=(asked,),
        staff_texts=staff,
        agent_texts=agent,
        search_failed=True,
        is_disputed=is_disputed,
    )


def test_the_general_part_of_a_persons_reply_is_what_is_learned() -> None:
    solution = extract(resolved(GOOD))
    assert isinstance(solution, Solution)
    assert solution.title == "Hide declined events in the calendar"
    assert solution.text.startswith("Open Settings, then Calendar")
    for left_out in ("Maya", "Grace", "thanks", "regards"):
        assert left_out not in solution.text


def test_a_list_of_steps_stays_a_list() -> None:
    reply = "Do this:\n1. Open Settings and choose Boards.\n2. Click “Archive column”.\n3. Confirm the archiving."
    solution = extract(resolved(reply))
    assert isinstance(solution, Solution)
    assert solution.text == reply


def test_the_note_is_read_where_the_reply_says_nothing_general() -> None:
    note = "Webhooks need TLS 1.2 or newer on the receiving server; older versions are refused."
    solution = extract(resolved("Hi Maya, I've looked into it, see below.", note=note))
    assert isinstance(solution, Solution)
    assert solution.text == note


@pytest.mark.parametrize(
    "reply",
    [
        "I have refunded the duplicate charge. The money arrives on your card within five working days.",
        "We credited your account as a goodwill gesture, and you can see the credit under Billing, Credits.",
        "As an exception we waived the fee for the yearly plan, so the invoice in your billing page is lower.",
        "You get a 20 % discount when you renew the plan under Settings, Billing, Renew before it ends.",
        "I've reset the sync on our side and re-indexed your workspace, so it should work for you now.",
        "Our engineers fixed a broken shard yesterday, your boards were restored and are back for you.",
        "I have extended your trial until Friday and unlocked the export for your account.",
        "In your case we made an exception and moved the old project to the new workspace for you.",
    ],
)
def test_what_was_done_for_one_customer_is_not_learned(reply: str) -> None:
    assert extract(resolved(reply)) is Lesson.ONE_OFF


@pytest.mark.parametrize(
    "reply",
    [
        "Please log in with the temporary password Flow-8823! and the user maya.lindqvist@example.com.",
        "The seat belongs to your colleague Tom Berger, his number +49 151 12345678 is in the profile.",
        "Your order 4471-22 was delivered to 12 Baker Street, ask Mr Holmes at the front desk for it.",
        "Use the key sk_live_9aBcD3fGh1JkLmN0 in the header of every request that the server sends.",
    ],
)
def test_private_data_is_not_learned(reply: str) -> None:
    assert extract(resolved(reply)) in (Lesson.PRIVATE, Lesson.ONE_OFF)


def test_lines_of_the_agent_and_of_the_customer_are_not_learned_wherever_they_stand() -> None:
    bot = "Open the mobile app, tap Profile, then tap Notifications and choose Mute."
    quoted = f"{bot}\n> Open the web app and choose Mute all in the profile menu there."
    assert extract(resolved(quoted, agent=(f"Hello Maya, {bot}",))) is Lesson.NOTHING_GENERAL
    mine = "The calendar always shows declined events although nobody wants to see them."
    assert extract(resolved(mine, asked=f"{mine} How can I hide them?")) is Lesson.NOTHING_GENERAL


@pytest.mark.parametrize(
    "reason", [EscalationReason.PRICING, EscalationReason.REFUND, EscalationReason.LEGAL]
)
def test_hard_limits_teach_nothing(reason: EscalationReason) -> None:
    assert extract(resolved(GOOD, reason=reason)) is Lesson.HARD_LIMIT


def test_what_did_not_help_and_what_says_nothing_is_not_learned() -> None:
    assert extract(resolved(GOOD, is_disputed=True)) is Lesson.DISPUTED
    for chatter in (
        "You're welcome, have a nice day!",
        "Could you send me a screenshot of the page, please?",
        "I will look into it and come back to you.",
        "Resolved by phone, the customer was happy with the answer and thanked us for it.",
    ):
        assert extract(resolved(chatter)) is Lesson.NOTHING_GENERAL, chatter


def test_the_question_is_kept_without_the_customers_name() -> None:
    asked = "Hi, I'm Maya Lindqvist (maya.lindqvist@example.com). How do I hide declined events in my calendar?"
    solution = extract(resolved(GOOD, asked=asked))
    assert isinstance(solution, Solution)
    assert "Maya" not in solution.title + solution.question
    assert "declined events" in solution.question


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Write to jo.doe@mail.example.org about it", "e-mail address"),
        ("Call +49 (0)30 1234567 or 0151-2345678", "phone or card number"),
        ("The card 4111 1111 1111 1111 is stored", "phone or card number"),
        ("IBAN DE89 3704 0044 0532 0130 00 is stored", "bank account"),
        ("Your ticket TKT-7F3K9QXA is closed", "reference number"),
        ("See invoice 2231-99 for the amount", "reference number"),
        ("From 192.168.17.4 nothing comes", "network address"),
        ("Since 12 November it works", "date"),
        ("Ask Mrs Okafor about it", "name"),
    ],
)
def test_personal_data_is_found_and_taken_out(text: str, kind: str) -> None:
    assert kind in {finding.kind for finding in find_personal(text)}
    assert find_personal(scrub(text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "AUTH-423 means that the account is locked for 15 minutes.",
        "Files of up to 250 MB are kept for 30 days, then they are deleted.",
        "Open Settings, then Workspace, and choose “Export as CSV”.",
        "The API answers 429 with Retry-After once 1000 requests an hour are used up.",
    ],
)
def test_facts_about_the_product_are_no_personal_data(text: str) -> None:
    assert find_personal(text, ["Ada Fox"]) == []


@pytest.mark.parametrize(
    ("answer", "article"),
    [
        (
            "Deleted boards can be restored for 14 days.",
            "Deleted boards can be restored for 30 days.",
        ),
        ("The upload limit for a file is 2 GB.", "A file's upload limit is 250 MB."),
        ("Guests can export boards as PDF.", "Guests can't export boards as PDF."),
        (
            "Offline mode is available on Android tablets.",
            "Offline mode is not available on Android tablets.",
        ),
        (
            "Two-factor sign-in is required for guests.",
            "Two-factor sign-in is optional for guests.",
        ),
    ],
)
def test_an_answer_that_says_the_opposite_is_a_contradiction(answer: str, article: str) -> None:
    assert find_contradiction(answer, ["Something else entirely.", article]) == 1


@pytest.mark.parametrize(
    ("answer", "article"),
    [
        ("The reset link works for 1 hour.", "The reset link works for 60 minutes."),
        (
            "Deleted boards can be restored for 14 days.",
            "An exported file stays on the server for 7 days.",
        ),
        ("Guests can comment on boards.", "Guests can't export reports of other workspaces."),
        ("Offline mode is unavailable on tablets.", "Offline mode is not available on tablets."),
    ],
)
def test_an_answer_on_something_else_or_in_other_words_is_none(answer: str, article: str) -> None:
    assert find_contradiction(answer, [article]) is None


def test_texts_of_one_meaning_are_grouped_and_named() -> None:
    vectors = np.array([[1, 0], [0.99, 0.14], [0, 1], [0.98, 0.2]], dtype=np.float32)
    texts = [
        "calendar sync stopped",
        "sync of the calendar fails",
        "dark mode",
        "calendar does not sync",
    ]
    groups = cluster(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), 0.9)
    assert [sorted(group) for group in groups] == [[0, 1, 3], [2]]
    names = name_groups(texts, groups)
    assert "sync" in names[0].lower()
    assert names[1] == "Dark mode"
    assert cluster(np.zeros((0, 2), np.float32), 0.9) == []


@pytest.mark.parametrize(
    ("scores", "falls"),
    [
        ([0.9, 0.8, 0.7, 0.62], True),
        ([0.8, 0.55], True),
        ([0.55, 0.6, 0.5], False),
        ([0.4, 0.6, 0.8], False),
        ([0.9, 0.3, 0.9, 0.9], False),
        ([None, 0.7], False),
    ],
)
def test_a_falling_trend_is_seen_before_the_threshold(
    scores: list[float | None], falls: bool
) -> None:
    assert is_falling(scores) is falls


def test_a_folder_of_markdown_html_and_csv_becomes_articles(tmp_path: Path) -> None:
    (tmp_path / "hide.md").write_text(
        "# Hide events\n\nOpen Settings.\n\n## More\n\nChoose Hide.\n"
    )
    (tmp_path / "keep.md").write_text(
        "---\ntitle: Keep\ncategory: Files\nexpires_at: 2030-01-01\n---\nKept.\n"
    )
    (tmp_path / "page.html").write_text(
        "<html><head><title>x</title><style>p{}</style></head><body><nav>Menu</nav><h1>Share a board</h1>"
        "<p>Click <b>Share</b>.</p><ol><li>Add a name</li><li>Send</li></ol><script>1</script></body></html>"
    )
    (tmp_path / "faq.csv").write_text(
        'Question;Answer;Category\n"Can I print?";"Yes, press Print.";Files\n'
    )
    files = [file for file in files_of(tmp_path, 10_000) if isinstance(file, SourceFile)]
    read_articles = [article for file in files for article in read(file, ImportLimits()).articles]
    found = {article.title: article for article in read_articles}
    assert set(found) == {"Hide events", "Keep", "Share a board", "Can I print?"}
    page = found["Share a board"].body
    assert "**Share**" in page
    assert "1. Add a name\n2. Send" in page
    assert "Menu" not in page
    assert found["Can I print?"].category == "Files"
    assert found["Keep"].expires_at == datetime(2030, 1, 1, tzinfo=UTC)


def test_a_folder_with_a_file_that_can_not_be_read_is_refused_whole(tmp_path: Path) -> None:
    (tmp_path / "good.md").write_text("# Good\n\nText.\n")
