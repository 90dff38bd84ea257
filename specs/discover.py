"""Counts patterns in the sample tickets and writes discovery-log.md: `python -m specs.discover`.

For another file of tickets in the same format: `python -m specs.discover TICKETS LOG`.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
TICKETS = HERE.parent / "context" / "sample-tickets.json"
LOG = HERE / "discovery-log.md"
FEWEST = 2
"""A pattern is listed if at least this many tickets of a channel match it."""
EXAMPLES = 2
EXCERPT = 110

Ticket = Mapping[str, object]
_CHANNELS = {"web_form": "Web form", "email": "E-mail", "whatsapp": "WhatsApp"}


@dataclass(frozen=True, slots=True)
class Pattern:
    """A property of tickets; `means` is what the system has to do about it."""

    name: str
    means: str
    holds: Callable[[Ticket], bool]


def message(ticket: Ticket) -> str:
    """Return the ticket's message."""
    return str(ticket["message"])


def everything(ticket: Ticket) -> str:
    """Return subject and message."""
    return f"{ticket.get('subject') or ''}\n{message(ticket)}"


def words(ticket: Ticket) -> int:
    """Count the words of the message."""
    return len(message(ticket).split())


def _says(pattern: str, flags: re.RegexFlag = re.IGNORECASE) -> Callable[[Ticket], bool]:
    compiled = re.compile(pattern, flags)
    return lambda ticket: compiled.search(everything(ticket)) is not None


def _is(field: str, value: str) -> Callable[[Ticket], bool]:
    return lambda ticket: ticket[field] == value


def _hands_over(*reasons: str) -> Callable[[Ticket], bool]:
    def holds(ticket: Ticket) -> bool:
        expected = ticket["expected"]
        return isinstance(expected, dict) and expected["reason"] in reasons

    return holds


_FOREIGN = (
    r"\b(?:ich|wir|nicht|für|und|der|quiero|hola|cómo|por favor|buenos|bonjour|nous|votre|pour|"
    r"sehr geehrte|was kostet)\b"
)
PATTERNS: Sequence[Pattern] = (
    Pattern(
        "Names an error code",
        "the code is searched for as it stands: chunking keeps it together with its article",
        _says(r"\b[A-Z]{2,6}-\d{3,4}\b|\b4(?:01|10|29)s?\b", re.NOFLAG),
    ),
    Pattern(
        "Asks more than one question",
        "one reply answers all of them; a burst is one turn",
        lambda ticket: message(ticket).count("?") >= 2,
    ),
    Pattern(
        "Asks where something is found",
        "answers name the menu path, word for word from the article",
        _says(r"\bwhere\b|\bwhich menu\b|\ben qué menú\b"),
    ),
    Pattern(
        "Asks how long or until when",
        "figures are quoted from the article; one that no passage holds is refused",
        _says(
            r"how long|how much time|until when|how many days|how quickly|wie lange|still work|per minute"
        ),
    ),
    Pattern(
        "Asks what to do",
        "numbered steps where the channel has room for them",
        _says(r"\bhow (?:do|can|to|does)\b|\bwhat (?:do|has|have|now)\b|wie kann|que faut-il"),
    ),
    Pattern(
        "Asks what a message or state means",
        "explanations are searched like instructions: articles say what an error means first",
        _says(
            r"\bmeans?\b|what is it\b|could be the reason|is this a (?:bug|known)|what happens there|what exactly"
        ),
    ),
    Pattern(
        "Is about signing in or passwords",
        "the most frequent topic: first in the knowledge base; no reply ever asks for a password",
        _says(r"password|passwort|log ?in|sign(?:ed)? in|\b2fa\b|sso|authenticator|locked out"),
    ),
    Pattern(
        "Is about money: bills, cards, seats",
        "category billing; the hard limits on prices and refunds are checked before any model",
        _is("category", "billing"),
    ),
    Pattern(
        "Asks for a price or a discount",
        "goes to a person with reason pricing",
        _hands_over("pricing"),
    ),
    Pattern(
        "Wants money back",
        "goes to a person with reason refund",
        _hands_over("refund"),
    ),
    Pattern(
        "Has legal weight",
        "goes to a person with reason legal, urgent; “legal department” alone is no threat",
        _hands_over("legal"),
    ),
    Pattern(
        "Asks for a person",
        "works in code, in every language, with every model down",
        _hands_over("human_request"),
    ),
    Pattern(
        "Is very angry",
        "sentiment under 0.3 goes to a person before any model is asked",
        _hands_over("negative_sentiment"),
    ),
    Pattern(
        "Is on nothing that the documentation holds",
        "said so and handed over, never invented; feeds the list of content gaps",
        _hands_over("no_kb_match"),
    ),
    Pattern(
        "Is frustrated, though not angry",
        "the priority rises where the sentiment is under 0.5, before it is angry",
        _is("mood", "frustrated"),
    ),
    Pattern("Is happy", "thanks are answered as thanks, without a search", _is("mood", "happy")),
    Pattern(
        "Is in another language than English",
        "guardrails and our own words know German, Spanish and French",
        _says(_FOREIGN),
    ),
    Pattern(
        "Names what is at stake: deadline, team, client",
        "pressing words raise the priority of the ticket",
        _says(
            r"today|half an hour|right now|client|deadline|\b(?:our|my|whole) team\b|office|friday|monday|\bHELP\b"
        ),
    ),
    Pattern(
        "Fears that work is lost",
        "answered from the articles on trash and conflicts; no reply claims that something was restored",
        _says(r"delet|gone|undone|lost|wiped|trash|get it back"),
    ),
    Pattern(
        "Opens with a formal greeting",
        "greeted back by name and signed, as the channel's configuration says",
        _says(
            r"^(?:dear|hello|good morning|guten tag|sehr geehrte|bonjour|buenos|hola|madame|to whom)\b.*[,:]$",
            re.IGNORECASE | re.MULTILINE,
        ),
    ),
    Pattern(
        "Ends with a signature",
        "names and companies under the text are no part of the question",
        _says(
            r"\n\n[^\n?]*(?:regards|thanks|sincerely|wishes|gracias|grüßen|cordialement|faithfully|truly|best),?\n",
            re.IGNORECASE,
        ),
    ),
    Pattern(
        "Comes from a company, with role or firm in the signature",
        "a customer is a person with an address; the firm is text",
        _says(
            r"\n[^\n]*(?:CTO|Finance|Manager|Procurement|Ltd|plc|Logistics|Universidad|Kranwerk|Chargée|Buchhalt)"
        ),
    ),
    Pattern(
        "Continues something said before, here or elsewhere",
        "history over all channels, threads found by their headers",
        _says(
            r"^Re:|^Fwd:|again|once more|one more thing|already|third time|still\b|since (?:we|this|the)",
            re.IGNORECASE | re.MULTILINE,
        ),
    ),
    Pattern(
        "Has no subject and at most 15 words",
        "searched together with the conversation; asked back once if it stays vague",
        lambda ticket: not ticket.get("subject") and words(ticket) <= 15,
    ),
    Pattern(
        "Is written in lower case throughout",
        "nothing hangs on capitals: texts are folded before they are compared",
        lambda ticket: (
            message(ticket)[:1].islower() and not re.search(r"[.!?] [A-Z]", message(ticket))
        ),
    ),
    Pattern(
        "Uses shorthand of chats",
        "read as it stands, nothing is corrected; guardrails and sentiment are fitted on chats too",
        _says(r"\b(?:u|ur|pls|smth|rn|tmrw|ppl|omg|lol|im|cant|doesnt|q|w/)\b|\?\?"),
    ),
    Pattern(
        "Carries emoji",
        "kept as written; counts for the sentiment",
        lambda ticket: (
            re.search(r"[\U0001F300-\U0001FAFF\u2600-\u27BF]", message(ticket)) is not None
        ),
    ),
    Pattern(
        "Breaks a thought into several lines",
        "what arrives within the burst window is one turn with one reply",
        lambda ticket: "\n" in message(ticket).strip() and "\n\n" not in message(ticket),
    ),
    Pattern(
        "Names the device or system",
        "searched with it: the apps have articles of their own",
        _says(r"phone|xiaomi|windows|desktop app|laptop|watch|excel|jaws|browser"),
    ),
    Pattern(
        "Is about data going in or out: export, import, API",
        "code and paths in an article survive chunking and formatting",
        _says(r"\bexport|\bimport|\bcsv\b|\bAPI\b|webhook|\bcopy of\b|GET /"),
    ),
    Pattern(
        "Is about people joining or leaving",
        "roles and seats are answered by steps; nothing is done to an account",
        _says(
            r"invit|leaving|left us|\bowner\b|colleague will|new starters|\bseats?\b|\d+ people go"
        ),
    ),
)


def find_patterns(tickets: Sequence[Ticket], channel: str) -> list[tuple[Pattern, list[Ticket]]]:
    """Return the channel's patterns with their tickets, the most frequent first."""
    own = [ticket for ticket in tickets if ticket["channel"] == channel]
    found = [(pattern, [ticket for ticket in own if pattern.holds(ticket)]) for pattern in PATTERNS]
    return sorted(
        [(pattern, hits) for pattern, hits in found if len(hits) >= FEWEST],
        key=lambda entry: (-len(entry[1]), entry[0].name),
    )


def discovery_log(tickets: Sequence[Ticket]) -> str:
    """Return the log as Markdown."""
    lines = [
        "# Discovery log",
        "",
        f"What the {len(tickets)} sample tickets of `context/sample-tickets.json` have in common, channel by channel. "
        f"Written by `python -m specs.discover`: a pattern is a rule in `specs/discover.py`, and it is listed where at "
        f"least {FEWEST} tickets of the channel follow it. A ticket may follow several.",
        "",
        "| channel | tickets | median words | with a subject | handed over |",
        "|---|---|---|---|---|",
    ]
    for channel, title in _CHANNELS.items():
        own = [ticket for ticket in tickets if ticket["channel"] == channel]
        if own:
            handed = sum(1 for ticket in own if _reason(ticket) is not None)
            titled = sum(1 for ticket in own if ticket.get("subject"))
            middle = median(words(ticket) for ticket in own)
            lines.append(f"| {title} | {len(own)} | {middle:g} | {titled} | {handed} |")
    for channel, title in _CHANNELS.items():
        found = find_patterns(tickets, channel)
        total = sum(1 for ticket in tickets if ticket["channel"] == channel)
        lines += ["", f"## {title}: {len(found)} patterns", ""]
        lines += [
            "| pattern | tickets | what the system does about it | examples |",
            "|---|---|---|---|",
        ]
        for pattern, hits in found:
            examples = "<br>".join(_example(ticket) for ticket in hits[:EXAMPLES])
            count = f"{len(hits)} of {total}"
            lines.append(f"| {pattern.name} | {count} | {pattern.means} | {examples} |")
    return "\n".join(lines) + "\n"


def _reason(ticket: Ticket) -> object:
    expected = ticket["expected"]
    return expected["reason"] if isinstance(expected, dict) else None


def _example(ticket: Ticket) -> str:
    text = " ".join(message(ticket).split())
    if len(text) > EXCERPT:
        text = text[:EXCERPT].rsplit(" ", 1)[0] + " …"
    return f"{ticket['id']}: “{text}”".replace("|", "\\|")


def main(arguments: Sequence[str]) -> int:
    """Write the log; return an exit code."""
    source, target = (
        (Path(arguments[0]), Path(arguments[1])) if len(arguments) == 2 else (TICKETS, LOG)
    )
    tickets = json.loads(source.read_text(encoding="utf-8"))
    target.write_text(discovery_log(tickets), encoding="utf-8")
    for channel, title in _CHANNELS.items():
        print(f"{title}: {len(find_patterns(tickets, channel))} patterns")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
