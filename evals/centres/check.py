"""Check the help centres and the labelled messages in this folder.

    python evals/centres/check.py            # all
    python evals/centres/check.py pedalwerk  # one centre

Standard library only; the text of PDF files is checked where pypdf is installed.
"""

from __future__ import annotations

import csv
import html
import json
import re
import sys
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
FIELDS = {
    "id",
    "channel",
    "language",
    "turns",
    "kind",
    "must_contain_any",
    "must_not_contain",
    "escalation",
    "reply_language",
    "article",
    "why",
}
MORE = {"article_url", "more_articles", "reason", "tone", "trap"}
KINDS = {
    "answerable",
    "unanswerable",
    "must_escalate",
    "danger",
    "follow_up",
    "small_talk",
    "two_questions",
}


def decode(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252")


def plain(text: str) -> str:
    text = re.sub(r"(?is)<(script|style)\b.*?</\1>", " ", text)
    text = html.unescape(re.sub(r"<[^>]+>", " ", text))
    text = text.replace("**", "").replace("`", "").replace("\u00a0", " ")
    return re.sub(r"\s+", " ", text).lower()


def text_of(path: Path) -> str | None:
    suffix = path.suffix.lower()
    if suffix == ".pdf":
        try:
            from pypdf import PdfReader
        except ImportError:
            return None
        return plain(" ".join(page.extract_text() for page in PdfReader(path).pages))
    if suffix == ".docx":
        with zipfile.ZipFile(path) as archive:
            xml = archive.read("word/document.xml").decode("utf-8")
        xml = re.sub(r"</w:(p|tc)>", " ", xml)
        return plain(re.sub(r"<w:[^>]*>|</w:[^>]*>", "", xml))
    return plain(decode(path.read_bytes()))


def row_text(path: Path, link: str) -> str | None:
    text = decode(path.read_bytes())
    delimiter = ";" if text.splitlines()[0].count(";") > text.splitlines()[0].count(",") else ","
    for row in csv.reader(text.splitlines(), delimiter=delimiter):
        if link in row:
            return plain(" ".join(row))
    return None


def lines_of(path: Path, faults: list[str]) -> list[dict[str, Any]]:
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            rows.append(json.loads(line))
        except ValueError as error:
            faults.append(f"{path.name}:{number}: {error}")
    for name, count in Counter(row.get("id") for row in rows).items():
        if count > 1 or not name:
            faults.append(f"{path.name}: id {name!r} stands {count} times")
    return rows


def check_centre(folder: Path, faults: list[str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for row in lines_of(folder / "questions.jsonl", faults):
        where = f"{folder.name}/{row.get('id')}"
        counts[row["kind"] + ("+tone" if "tone" in row else "")] += 1
        if missing := FIELDS - row.keys():
            faults.append(f"{where}: lacks {sorted(missing)}")
        if unknown := row.keys() - FIELDS - MORE:
            faults.append(f"{where}: unknown fields {sorted(unknown)}")
        if row["kind"] not in KINDS:
            faults.append(f"{where}: kind {row['kind']!r}")
        if row["kind"] in ("answerable", "two_questions") and not row["must_contain_any"]:
            faults.append(f"{where}: answerable, but nothing must stand in the reply")
        if row["kind"] in ("answerable", "two_questions") and not row["article"]:
            faults.append(f"{where}: answerable, but no article")
        if not row["turns"] or not row["why"]:
            faults.append(f"{where}: no turns or no why")
        for text in [t for group in row["must_contain_any"] for t in group] + row[
            "must_not_contain"
        ]:
            if text != text.lower():
                faults.append(f"{where}: not in lower case: {text!r}")
        needed = " ".join(t for group in row["must_contain_any"] for t in group)
        for text in row["must_not_contain"]:
            if text in needed:
                faults.append(f"{where}: {text!r} is both asked for and forbidden")
        if row["article"] in (None, "profile.yaml"):
            continue
        texts = []
        for name in [row["article"], *row.get("more_articles", [])]:
            name, _, link = name.partition("#")
            path = folder / "articles" / name
            if not path.is_file():
                faults.append(f"{where}: no article {name!r}")
                continue
            link = link or (row.get("article_url", "") if name == row["article"] else "")
            text = row_text(path, link) if link else text_of(path)
            if link and text is None:
                faults.append(f"{where}: no row {link!r} in {name}")
            texts.append(text)
        if None in texts or row["kind"] == "danger":
            continue
        for group in row["must_contain_any"]:
            if not any(option in text for option in group for text in texts):
                faults.append(f"{where}: none of {group} in {row['article']}")
    return counts


def main(names: list[str]) -> int:
    faults: list[str] = []
    folders = [HERE / name for name in names] or sorted(
        path.parent for path in HERE.glob("*/questions.jsonl")
    )
    for folder in folders:
        counts = check_centre(folder, faults)
        files = sum(1 for path in (folder / "articles").rglob("*") if path.is_file())
        print(folder.name, files, "files", sum(counts.values()), "rows", dict(counts))
    if not names:
        for path in sorted(HERE.glob("*.jsonl")):
            rows = lines_of(path, faults)
            key = next((k for k in ("act", "kind", "label") if rows and k in rows[0]), None)
            print(path.name, len(rows), dict(Counter(str(row.get(key or "")) for row in rows)))
            seen = Counter(re.sub(r"\W+", " ", row.get("text", row["id"]).lower()) for row in rows)
            faults += [f"{path.name}: twice: {text!r}" for text, n in seen.items() if n > 1]
    for fault in faults:
        print("FAULT", fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
