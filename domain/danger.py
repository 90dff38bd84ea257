"""Writes what somebody in danger is told: the profile's text, else the emergency numbers of its country."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.company import Company
from domain.languages import Language

DANGER_TOPIC = "danger"
"""A topic of this id in the profile replaces the shipped text."""


class DangerKind(StrEnum):
    """What somebody is in danger of."""

    SELF_HARM = "self_harm"
    DEVICE = "device"
    """A medical device without power."""
    GAS = "gas"
    """Carbon monoxide included."""
    FIRE = "fire"


@dataclass(frozen=True, slots=True)
class Danger:
    """A danger that a message tells of, the language of its words, and the words."""

    kind: DangerKind
    language: Language
    evidence: str


@dataclass(frozen=True, slots=True)
class _Numbers:
    emergency: str
    gas: str = ""
    """The gas emergency line, where the country has one."""
    crisis: str = ""
    """A help line for people who think of taking their life."""


_EUROPE = _Numbers("112")
_NUMBERS = {
    "AT": _Numbers("112", gas="128", crisis="142"),
    "AU": _Numbers("000", crisis="13 11 14"),
    "BE": _Numbers("112"),
    "CA": _Numbers("911", crisis="988"),
    "CH": _Numbers("112", crisis="143"),
    "DE": _Numbers("112", crisis="0800 111 0 111"),
    "ES": _Numbers("112", crisis="024"),
    "FR": _Numbers("112", gas="0 800 47 33 33", crisis="3114"),
    "GB": _Numbers("999", gas="0800 111 999", crisis="116 123"),
    "IE": _Numbers("112", gas="1800 20 50 50", crisis="116 123"),
    "IN": _Numbers("112", gas="1906", crisis="14416"),
    "IT": _Numbers("112", crisis="02 2327 2327"),
    "JP": _Numbers("119"),
    "MX": _Numbers("911", crisis="800 911 2000"),
    "NL": _Numbers("112", gas="0800-9009", crisis="113"),
    "NZ": _Numbers("111", crisis="1737"),
    "PT": _Numbers("112"),
    "US": _Numbers("911", crisis="988"),
    "ZA": _Numbers("112"),
}


@dataclass(frozen=True, slots=True)
class _Texts:
    self_harm: str
    device: str
    gas: str
    fire: str
    gas_line: str
    crisis_line: str


_TEXTS = {
    Language.ENGLISH: _Texts(
        self_harm=(
            "If you or somebody with you might be hurt, please call {number} now. You do not have to go"
            " through this alone: please talk to somebody near you, too."
        ),
        device="If somebody's health depends on this, please call {number} now.",
        gas=(
            "Please go outside now, everybody with you, and leave doors open. Use no flame, switch, bell"
            " or phone inside. From outside, call {number}."
        ),
        fire="Please get out now, everybody with you, and call {number} from outside. Do not go back in.",
        gas_line="The gas emergency line is {number}.",
        crisis_line="At {number} somebody will listen to you.",
    ),
    Language.GERMAN: _Texts(
        self_harm=(
            "Wenn Sie oder jemand bei Ihnen in Gefahr ist, rufen Sie bitte sofort {number} an. Sie müssen"
            " damit nicht allein bleiben: Sprechen Sie bitte auch mit jemandem in Ihrer Nähe."
        ),
        device="Wenn jemand darauf angewiesen ist, rufen Sie bitte sofort {number} an.",
        gas=(
            "Bitte gehen Sie sofort mit allen ins Freie und lassen Sie die Türen offen. Benutzen Sie"
            " drinnen keine Flamme, keinen Schalter, keine Klingel und kein Telefon. Rufen Sie von draußen"
            " {number} an."
        ),
        fire=(
            "Bitte gehen Sie sofort mit allen ins Freie und rufen Sie von draußen {number} an. Gehen Sie"
            " nicht wieder hinein."
        ),
        gas_line="Der Notdienst für Gas hat die Nummer {number}.",
        crisis_line="Unter {number} hört Ihnen jemand zu.",
    ),
    Language.SPANISH: _Texts(
        self_harm=(
            "Si usted o alguien que está con usted corre peligro, llame ahora al {number}. No tiene que"
            " pasar por esto a solas: hable también con alguien cercano."
        ),
        device="Si la salud de alguien depende de esto, llame ahora al {number}.",
        gas=(
            "Salga ahora al aire libre con todas las personas y deje las puertas abiertas. No use llamas,"
            " interruptores, timbres ni teléfonos dentro. Desde fuera, llame al {number}."
        ),
        fire="Salga ahora con todas las personas y llame al {number} desde fuera. No vuelva a entrar.",
        gas_line="El teléfono de urgencias de gas es el {number}.",
        crisis_line="En el {number} alguien le escuchará.",
    ),
    Language.FRENCH: _Texts(
        self_harm=(
            "Si vous ou une personne près de vous êtes en danger, appelez tout de suite le {number}. Vous"
            " n'avez pas à traverser cela sans aide : parlez aussi à quelqu'un près de vous."
        ),
        device=("Si la santé de quelqu'un en dépend, appelez tout de suite le {number}."),
        gas=(
            "Sortez tout de suite avec tout le monde et laissez les portes ouvertes. À l'intérieur,"
            " n'utilisez ni flamme, ni interrupteur, ni sonnette, ni téléphone. Une fois dehors, appelez"
            " le {number}."
        ),
        fire=(
            "Sortez tout de suite avec tout le monde et appelez le {number} une fois dehors. Ne retournez"
            " pas à l'intérieur."
        ),
        gas_line="Le numéro d'urgence gaz est le {number}.",
        crisis_line="Au {number}, quelqu'un vous écoutera.",
    ),
    Language.ITALIAN: _Texts(
        self_harm=(
            "Se lei o qualcuno vicino a lei è in pericolo, chiami subito il {number}. Non deve affrontare"
            " tutto questo senza aiuto: parli anche con qualcuno che le è vicino."
        ),
        device="Se la salute di qualcuno dipende da questo, chiami subito il {number}.",
        gas=(
            "Esca subito all'aperto con tutti e lasci le porte aperte. Dentro non usi fiamme,"
            " interruttori, campanelli o telefoni. Da fuori chiami il {number}."
        ),
        fire="Esca subito con tutti e chiami il {number} da fuori. Non rientri.",
        gas_line="Il pronto intervento gas risponde al {number}.",
        crisis_line="Al {number} qualcuno la ascolterà.",
    ),
    Language.DUTCH: _Texts(
        self_harm=(
            "Bent u of is iemand bij u in gevaar, bel dan nu {number}. U hoeft dit niet alleen te dragen:"
            " praat ook met iemand in uw buurt."
        ),
        device="Is iemand hiervan afhankelijk, bel dan nu {number}.",
        gas=(
            "Ga nu met iedereen naar buiten en laat de deuren open. Gebruik binnen geen vuur, schakelaar,"
            " bel of telefoon. Bel buiten {number}."
        ),
        fire="Ga nu met iedereen naar buiten en bel daar {number}. Ga niet terug naar binnen.",
        gas_line="Het nummer bij gaslekken is {number}.",
        crisis_line="Op {number} luistert iemand naar u.",
    ),
    Language.PORTUGUESE: _Texts(
        self_harm=(
            "Se está em perigo, ou alguém consigo, ligue já para o {number}. Não tem de passar por isto"
            " sem ajuda: fale também com alguém próximo."
        ),
        device="Se a saúde de alguém depende disto, ligue já para o {number}.",
        gas=(
            "Saia já para o exterior com todas as pessoas e deixe as portas abertas. Não use chamas,"
            " interruptores, campainhas nem telefones no interior. Do exterior, ligue para o {number}."
        ),
        fire="Saia já com todas as pessoas e ligue para o {number} do exterior. Não volte a entrar.",
        gas_line="A linha de emergência de gás é o {number}.",
        crisis_line="No {number} alguém o ouvirá.",
    ),
}


def emergency_text(company: Company, danger: Danger) -> str:
    """Return the text for somebody in danger, in the language of their words.

    The profile's topic `danger` comes first, then its `emergency`, then the general text of its country.
    """
    language = danger.language.value
    for topic in company.topics:
        if topic.id == DANGER_TOPIC and topic.reply:
            return company.in_language(topic.reply, language)
    if language in company.emergency:
        return company.emergency[language]
    numbers, texts = _NUMBERS.get(company.country, _EUROPE), _TEXTS[danger.language]
    lines = [getattr(texts, danger.kind.value).format(number=numbers.emergency)]
    if danger.kind is DangerKind.GAS and numbers.gas:
        lines.append(texts.gas_line.format(number=numbers.gas))
    if danger.kind is DangerKind.SELF_HARM and numbers.crisis:
        lines.append(texts.crisis_line.format(number=numbers.crisis))
    return " ".join(lines)
