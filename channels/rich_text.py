"""Reads the Markdown of a reply and writes it as HTML, as plain text, or with a channel's own signs."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from documents.tables import table_lines

_ADDRESS = re.compile(r"://[^\s<>\"'\x00-\x1f]{1,2000}")
_SCHEME = re.compile(r"(?<![^\W_])https?\Z")
_AFTER_ADDRESS = ".,;:!?)]}'*_~"
"""Ends a sentence or a span of the text around the address."""
_IDENTIFIER = re.compile(r"__[a-z][a-z0-9_]{0,80}(?<!_)__(?!\w)")
_FENCE = re.compile(r"[ ]{0,3}(`{3,}|~{3,})")
_ITEM_OR_QUOTE = re.compile(r"[ ]{0,12}(?:[-*+]|\d{1,9}[.)]|>)(?:\s|\Z)|>")
_OTHER_BULLET = re.compile(r"^(\s*)[•–]([^\S\n])")
_LONGEST_SCHEME = 5


def _bare_address(state: StateInline, silent: bool) -> bool:
    """Take `https://…` as a link, so that the signs in it mean nothing."""
    start = state.pos
    if not state.src.startswith("://", start) or state.linkLevel > 0:
        return False
    scheme = _SCHEME.search(state.src[max(0, start - _LONGEST_SCHEME) : start])
    if scheme is None or not state.pending.endswith(scheme[0]):
        return False
    found = _ADDRESS.match(state.src, start)
    rest = found[0].rstrip(_AFTER_ADDRESS) if found else ""
    if len(rest) <= len("://"):
        return False
    address = scheme[0] + rest
    if not silent:
        state.pending = state.pending[: -len(scheme[0])]
        opening = state.push("link_open", "a", 1)
        opening.attrs = {"href": state.md.normalizeLink(address)}
        opening.markup, opening.info = "autolink", "auto"
        state.push("text", "", 0).content = address
        closing = state.push("link_close", "a", -1)
        closing.markup, closing.info = "autolink", "auto"
    state.pos += len(rest)
    return True


def _identifier(state: StateInline, silent: bool) -> bool:
    """Take `__init__` as a word: names in code look like bold text."""
    if state.src[state.pos] != "_" or (state.pos and state.src[state.pos - 1].isalnum()):
        return False
    found = _IDENTIFIER.match(state.src, state.pos)
    if found is None:
        return False
    if not silent:
        state.pending += found[0]
    state.pos = found.end()
    return True


def _parser() -> MarkdownIt:
    """Return a parser of what replies hold: lines break where they break, and HTML is text."""
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True, "linkify": True})
    parser.enable(["table", "strikethrough"])
    parser.disable(["code", "lheading", "reference", "html_block", "html_inline"])
    parser.inline.ruler.before("escape", "bare_address", _bare_address)
    parser.inline.ruler.before("emphasis", "identifier", _identifier)
    return parser


_PARSER = _parser()


def _tidy_lines(text: str) -> str:
    """Return the text as people mean it.

    A bullet that Markdown doesn't know becomes one that it knows, and a line at the margin below a list or a
    quotation is no part of it.
    """
    lines, fence, is_inside = [], "", False
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if fence or mark is not None:
            if not fence and mark is not None:
                fence = mark[1]
            elif mark is not None and mark[1].startswith(fence):
                fence = ""
            lines.append(line)
            is_inside = False
            continue
        line = _OTHER_BULLET.sub(r"\1-\2", line, count=1)
        if _ITEM_OR_QUOTE.match(line):
            is_inside = True
        elif is_inside and line[:1].strip():
            lines.append("")
            is_inside = False
        lines.append(line)
    return "\n".join(lines)


def _tokens(text: str) -> list[Token]:
    tokens = _PARSER.parse(_tidy_lines(text.replace("\r\n", "\n").strip("\n")))
    for token in tokens:
        if token.type == "inline":
            token.children = _cleaned(token.children or [])
    return tokens


def _cleaned(children: Sequence[Token]) -> list[Token]:
    """Return the tokens without empty texts, and pictures as links: a picture tells its host who reads the reply."""
    kept: list[Token] = []
    depth = 0
    for token in children:
        depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type != "image":
            if token.type != "text" or token.content:
                kept.append(token)
            continue
        words = Token("text", "", 0, content=token.content or str(token.attrGet("src") or ""))
        if depth:
            kept.append(words)
            continue
        href = {"href": token.attrGet("src") or ""}
        kept += [Token("link_open", "a", 1, attrs=href), words, Token("link_close", "a", -1)]
    return kept


@lru_cache(maxsize=1_000)
def to_html(text: str) -> str:
    """Return the reply as an HTML fragment that is safe to show: its own tags are escaped."""
    return str(_PARSER.renderer.render(_tokens(text), _PARSER.options, {})).rstrip("\n")


@dataclass(frozen=True, slots=True)
class TextWriter:
    """Writes a reply's Markdown with a channel's own signs; without any it writes plain text."""

    signs: Mapping[str, str] = field(default_factory=dict)
    """By the kind of span: strong, em, s, code_inline, fence. Headings are strong."""

    def write(self, text: str) -> str:
        """Return the reply: lists and quotations as lines, tables as lists, links as words and address."""
        return self._blocks(SyntaxTreeNode(_tokens(text)).children)

    def _blocks(self, blocks: Sequence[SyntaxTreeNode]) -> str:
        """Write blocks with the empty lines that stand between them."""
        written: list[str] = []
        end = 0
        for block in blocks:
            said = self._block(block)
            if not said:
                continue
            start, stop = block.map or (end, end)
            if written:
                written.append("\n" if start <= end and not _is_apart(block) else "\n\n")
            written.append(said)
            end = _last_line(block, stop)
        return "".join(written)

    def _block(self, block: SyntaxTreeNode) -> str:
        match block.type:
            case "paragraph":
                return self._inline(block.children[0])
            case "heading":
                return self._heading(block.children[0])
            case "fence":
                return self._fence(block.content.rstrip("\n"))
            case "blockquote":
                lines = self._blocks(block.children).split("\n")
                return "\n".join(f"> {line}".rstrip() for line in lines)
            case "bullet_list" | "ordered_list":
                return self._list(block)
            case "table":
                return self._table(block)
            case "hr":
                return "———"
            case _:
                return block.content

    def _fence(self, code: str) -> str:
        sign = self.signs.get("fence")
        return f"{sign}\n{code}\n{sign}" if sign else code

    def _list(self, block: SyntaxTreeNode) -> str:
        number = int(block.attrs.get("start") or 1) if block.type == "ordered_list" else None
        lines: list[str] = []
        end = 0
        for item in block.children:
            mark = "-" if number is None else f"{number}{item.markup}"
            first, *others = self._blocks(item.children).split("\n")
            start, stop = item.map or (end, end)
            if lines and start > end:
                lines.append("")
            lines.append(f"{mark} {first}".rstrip())
            pad = " " * (len(mark) + 1)
            lines += [f"{pad}{line}".rstrip() for line in others]
            end = _last_line(item, stop)
            number = None if number is None else number + 1
        return "\n".join(lines)

    def _table(self, block: SyntaxTreeNode) -> str:
        rows = [
            [self._inline(cell.children[0]) if cell.children else "" for cell in row.children]
            for part in block.children
            for row in part.children
        ]
        has_names = any(cell.strip() for cell in rows[0])
        names = [_without(self.signs.values(), cell) for cell in rows[0]]
        kept = [names, *rows[1:]] if has_names else rows[1:]
        return "\n".join(table_lines(kept, has_header=has_names))

    def _heading(self, inline: SyntaxTreeNode) -> str:
        words = _without(self.signs.values(), self._inline(inline))
        sign = self.signs.get("strong", "")
        return f"{sign}{words}{sign}" if words else ""

    def _inline(self, inline: SyntaxTreeNode) -> str:
        pieces: list[str | _Sign] = []
        self._spans(inline.children, pieces, [])
        return _settle(pieces)

    def _spans(
        self, nodes: Sequence[SyntaxTreeNode], pieces: list[str | _Sign], around: list[str]
    ) -> None:
        for node in nodes:
            match node.type:
                case "softbreak" | "hardbreak":
                    # A sign counts within its line alone.
                    pieces += [_Sign(sign, is_open=False) for sign in reversed(around)]
                    pieces.append("\n")
                    pieces += [_Sign(sign, is_open=True) for sign in around]
                case "link":
                    self._link(node, pieces, around)
                case "em" | "strong" | "s":
                    self._span(node, pieces, around)
                case "code_inline":
                    sign = self.signs.get("code_inline", "")
                    pieces.append(f"{sign}{node.content}{sign}")
                case _:
                    pieces.append(node.content)

    def _span(self, node: SyntaxTreeNode, pieces: list[str | _Sign], around: list[str]) -> None:
        sign, inner = self.signs.get(node.type, ""), node.children
        signs = [sign]
        if node.type == "em" and [child.type for child in inner] == ["strong"]:
            # `***now***`: WhatsApp's own order is bold outside.
            signs = [self.signs.get("strong", ""), sign]
            inner = inner[0].children
        signs = [new for new in signs if new and new not in around]
        pieces += [_Sign(new, is_open=True) for new in signs]
        self._spans(inner, pieces, [*around, *signs])
        pieces += [_Sign(new, is_open=False) for new in reversed(signs)]

    def _link(self, link: SyntaxTreeNode, pieces: list[str | _Sign], around: list[str]) -> None:
        address = str(link.attrs.get("href") or "")
        shown = address.removeprefix("mailto:")
        inside: list[str | _Sign] = []
        self._spans(link.children, inside, around)
        words = "".join(piece for piece in inside if isinstance(piece, str)).strip()
        if link.info == "auto" or words in ("", shown, address):
            pieces.append(words or shown)
        else:
            pieces += [*inside, f" ({shown})"]


@dataclass(frozen=True, slots=True)
class _Sign:
    """A sign that begins or ends a span."""

    sign: str
    is_open: bool


def _settle(pieces: Sequence[str | _Sign]) -> str:
    """Join the pieces without the signs that would be shown raw: beside a letter outside, or a space inside."""
    left = _characters_beside(pieces, 1)
    right = _characters_beside(pieces, -1)
    kept = [False] * len(pieces)
    opened: list[int] = []
    for at, piece in enumerate(pieces):
        if not isinstance(piece, _Sign):
            kept[at] = True
        elif piece.is_open:
            opened.append(at)
        else:
            start = opened.pop()
            inside, outside = (right[start], left[at]), (left[start], right[at])
            is_shown = any(not end or end.isspace() for end in inside) or any(
                end.isalnum() for end in outside
            )
            kept[start] = kept[at] = not is_shown
    return "".join(
        piece.sign if isinstance(piece, _Sign) else piece
        for piece, is_kept in zip(pieces, kept, strict=True)
        if is_kept
    )


def _characters_beside(pieces: Sequence[str | _Sign], step: int) -> list[str]:
    """Return the nearest character before each piece (`step` 1) or after it (-1), signs aside."""
    beside = [""] * len(pieces)
    nearest = ""
    for at in range(len(pieces))[::step]:
        beside[at] = nearest
        piece = pieces[at]
        if isinstance(piece, str) and piece:
            nearest = piece[-1] if step > 0 else piece[0]
    return beside


def _without(signs: Collection[str], text: str) -> str:
    for sign in signs:
        text = text.replace(sign, "") if sign in ("*", "_", "~") and text.count(sign) > 1 else text
    return text


def _is_apart(block: SyntaxTreeNode) -> bool:
    """Whether a block stands alone even where its source does not, as a table that became a list."""
    return block.type == "table"


def _last_line(block: SyntaxTreeNode, stop: int) -> int:
    """Return the line after a block; a list's own count takes the empty lines that follow it."""
    while block.children and block.type in (
        "bullet_list",
        "ordered_list",
        "list_item",
        "blockquote",
    ):
        block = block.children[-1]
        stop = block.map[1] if block.map else stop
    return stop


_PLAIN = TextWriter()


def to_plain(text: str) -> str:
    """Return the reply as text without signs."""
    return _PLAIN.write(text)
