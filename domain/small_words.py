"""Recognises messages that hold nothing but an acknowledgement or a greeting, and those that show displeasure.

The words of all languages are looked for at once: such messages are too short to tell their language.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

from domain.words import fold

MAX_CHARS = 120
"""A longer message says more than that."""


class SmallWord(StrEnum):
    """What a message without content is."""

    GREETING = "greeting"
    ACKNOWLEDGEMENT = "acknowledgement"
    """It thanks or agrees, and leaves nothing to answer."""
    DISPLEASURE = "displeasure"
    """It shows anger or sadness, or says no, without a word on what about."""


_PLEASED = frozenset(
    "👍👌🙏🙂😊😀😃😄😁😆😉😍🥰😘🤗🤝👏🙌💪✅✔❤💙💚💛🧡💜🖤🤍💕💖😎🎉🥳⭐🌟💯☺😇🫶🆗🤙👋🌹🌸😌✌"
)
_DISPLEASED = frozenset(
    "👎😡😠🤬😤😞😢😭💔😒🙄😑😕☹🙁😩😫🤦😾🖕😖😣😔😟😓😥🤮🤢💩😐😶🤨❌🚫😳🤯😰😨😱🥺😿🤡"
)
_THANKS = (
    # en
    "thanks?|thank (?:you|u|ya)|thankyou|thx|thnx|tnx|ty|tysm|tks|cheers|ta|much appreciated|appreciated?|"
    "(?:i )?(?:really )?appreciate (?:it|that|this|your help)|"
    # nl
    "dank (?:je|u)(?: wel)?|dankje(?:wel)?|dankuwel|bedankt|hartelijk dank|"
    # de
    "danke(?: ?schon| ?sehr)?|dankeschon|dankesehr|vielen dank|besten dank|herzlichen dank|tausend dank|"
    "dank(?: dir| ihnen)?|"
    # es
    "(?:muchas |mil )?gracias|"
    # fr
    "(?:un grand |grand )?merci(?: beaucoup| bien| infiniment)?|"
    # it
    "(?:molte |mille |tante )?grazie(?: mille| tante)?|ti ringrazio|la ringrazio|"
    # pt
    "(?:muito )?obrigad[oa]s?(?: mesmo)?|valeu|vlw|agradecid[oa]"
)
_AGREED = (
    "ok(?:ay|i|idoki|ie)?|okey|okee|oke|k|kk|alright|all right|fine|sure|got it|understood|noted|roger|"
    "will do|sounds good|"
    "all good|good|great|perfect|super|cool|nice|awesome|excellent|brilliant|wonderful|amazing|lovely|"
    "fantastic|"
    "top|prima|gut|alles klar|alles gut|klar|passt|verstanden|in ordnung|geht klar|einverstanden|"
    "perfekt|wunderbar|toll|klasse|"
    "spitze|vale|de acuerdo|entendido|perfecto|genial|bien|muy bien|estupendo|listo|d'accord|entendu|"
    "compris|parfait|"
    "tres bien|c'est bon|ca marche|nickel|impeccable|va bene|d'accordo|capito|perfetto|ottimo|benissimo|bene|"
    "goed|begrepen|duidelijk|akkoord|prima zo|perfect zo|fijn|mooi|esta bem|ta bom|tudo bem|tudo certo|"
    "certo|combinado|"
    "entendi|perfeito|otimo|beleza|blz"
)
_FAREWELL = (
    "(?:good)?bye|bye bye|see you|cya|have a (?:nice|good|great|lovely) (?:day|one|weekend|evening)|"
    "good night|take care|"
    "tschuss|auf wiedersehen|schonen tag(?: noch)?|adios|hasta luego|buen dia|au revoir|bonne journee|"
    "bonne soiree|"
    "a bientot|arrivederci|buona giornata|tot ziens|fijne dag(?: nog)?|doei|tchau|ate logo|bom dia para voce"
)
_SETTLED = (
    # en
    "never ?mind|nvm|forget (?:it|about it)|don't worry|no longer needed|not needed any ?more|it(?:'s| is| "
    "was) (?:just |only )?"
    "a test|(?:just |only )?(?:a )?test(?:ing)?(?: only)?|(?:it(?:'s| is| has)? )?(?:solved|sorted|resolved|"
    "fixed)(?: itself)?"
    "(?: now)?|(?:i(?:'ve| have)? )?(?:already )?(?:solved|fixed|sorted|resolved|found|figured|worked|got|"
    "managed|did) it"
    "(?: out)?(?: working)?(?: (?:by )?myself| on my own)?(?: now| already)?|wrong (?:number|chat|window)|"
    "sorry|my mistake|"
    "ignore (?:this|that|me|my (?:last )?message)|please ignore|"
    # de
    "hat sich erledigt|(?:schon |bereits )?erledigt|(?:habe? )?(?:es |das )?(?:selbst|selber) (?:gelost|"
    "geschafft|gefunden)|"
    "(?:ich )?habe? (?:es|das) (?:selbst|selber|schon)(?: gelost| geschafft| gefunden)?|vergiss es|"
    "vergessen sie es|"
    "(?:nur |bloss )?ein test|ist gelost|schon gelost|falsche nummer|"
    # es
    "olvidalo|no importa|ya (?:esta|lo (?:he )?(?:resuelto|resolvi|solucione|solucionado|arregle))|(?:solo "
    ")?(?:es )?una prueba|"
    "lo (?:he )?(?:resuelto|resolvi|solucione)(?: yo mism[oa])?|"
    # fr
    "laissez tomber|oubliez|c'est (?:resolu|regle)|(?:je l'ai )?resolu(?: moi-meme)?|(?:juste )?un test|"
    # it
    "lascia(?:te)? stare|non importa|(?:ho )?risolto(?: da solo| da sola)?|(?:solo )?una prova|"
    # nl
    "laat maar|opgelost|al opgelost|(?:ik heb het )?zelf opgelost|(?:alleen )?een test|"
    # pt
    "deixa (?:pra la|para la)|esquece|(?:ja )?resolvi(?: sozinh[oa])?|ja (?:esta )?resolvido|(?:so )?um teste|teste"
)
_WITH_THANKS = (
    "so much|very much|a lot|a bunch|many|again|once more|in advance|so|very|really|again|for (?:your|"
    "the|all your|all the|all) "
    "(?:quick |fast |kind |great |prompt )?(?:help|reply|answer|response|support|service|"
    "info(?:rmation)?|update)|"
    "for (?:letting me know|getting back to me|helping(?: me)?|everything)|"
    "(?:great|good|excellent|top|super|best|amazing|wonderful) (?:service|support|help|job|work|team)|"
    "you(?:'re| are) (?:the best|a star|great|awesome|amazing)|i(?:'ll| will) wait|i wait|no problem|"
    "no worries|"
    "sehr|schon(?: mal)?|fur (?:die|ihre|deine) (?:schnelle |tolle )?(?:hilfe|antwort|ruckmeldung|info|"
    "unterstutzung)|im voraus|"
    "por (?:la|su|tu) (?:ayuda|respuesta)|de antemano|pour (?:votre|ton) (?:aide|reponse)|d'avance|"
    "per (?:l'aiuto|la risposta)|in anticipo|voor (?:de|je|uw) (?:hulp|antwoord|reactie)|alvast|"
    "pel[ao] (?:ajuda|resposta)|desde ja|no thanks?|no thank you|nein danke|no gracias|non merci|"
    "no grazie|nee dank je|"
    "nao obrigad[oa]|that(?:'s| is) (?:all|it|great|fine|perfect|good)|das war(?:'s| es)|c'est tout|eso es todo"
)
_GREETING = (
    "hi|hello|hey+|hiya|howdy|yo|hallo|hi there|hello there|hey there|good (?:morning|afternoon|evening|"
    "day)|greetings|"
    "guten (?:tag|morgen|abend)|moin(?: moin)?|servus|gruss gott|gruezi|hola|buenos dias|"
    "buenas(?: tardes| noches)?|"
    "bonjour|bonsoir|salut|coucou|ciao|salve|buongiorno|buonasera|hoi|goedemorgen|goedemiddag|goedenavond|dag|"
    "ola|oi|bom dia|boa tarde|boa noite|(?:is )?any(?:one|body) (?:there|here)|are you there|still there|"
    "how are you(?: doing)?(?: today)?|nice to meet you|bot|team|everyone|all"
)
_DISPLEASED_WORDS = (
    "no+|nope|nah|not really|not at all|nein|no[eo]+|nicht wirklich|non|pas du tout|per niente|nee|nao|"
    "bad|terrible|awful|horrible|useless|rubbish|garbage|wtf|omg|ugh+|argh+|grr+|meh|seriously|really|come on|"
    "schlecht|mist|furchtbar|nutzlos|mal|malo|fatal|inutil|nul|mauvais|inutile|male|pessimo|slecht|"
    "waardeloos|ruim"
)


def _phrases(*groups: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(groups)})(?!\w)")


_IS_THANKS = _phrases(_THANKS)
_ACKNOWLEDGES = _phrases(_THANKS, _SETTLED, _AGREED, _FAREWELL)
_ACKNOWLEDGEMENT = _phrases(
    _WITH_THANKS,
    _THANKS,
    _SETTLED,
    _AGREED,
    _FAREWELL,
    "yes|yep|yeah|yup|ja|jawohl|si|oui|sim|and|und|y|et|e|en",
)
_SETTLED_PHRASES = _phrases(_SETTLED)
_GREETS = _phrases(_GREETING)
_IS_DISPLEASED = _phrases(_DISPLEASED_WORDS)
_SOMETHING_ELSE = re.compile(
    r"(?<!\w)(?:but|not|nothing|however|still|aber|nicht|nichts|kein\w*|pero|nada|mais|pas|rien|ma|niente|maar|niet|"
    r"niets|mas|nao|n't)(?!\w)|n't(?!\w)"
)
_LETTERS = re.compile(r"[^\W_]+")


def small_word(text: str) -> SmallWord | None:
    """Return what a message without content is; None for one that says or asks something.

    A single "yes" or "no" is no acknowledgement: it answers a question.
    """
    if not text.strip() or len(text) > MAX_CHARS:
        return None
    folded = fold(text).replace("’", "'")
    rest_words = _LETTERS.findall(folded)
    symbols = {
        character
        for character in text
        if unicodedata.category(character) == "So" or character in _PLEASED
    }
    is_displeased = bool(symbols & _DISPLEASED)
    if not rest_words:
        if is_displeased:
            return SmallWord.DISPLEASURE
        is_pleased = bool(symbols) and symbols <= _PLEASED
        return SmallWord.ACKNOWLEDGEMENT if is_pleased else None
    if is_displeased or not _left(_IS_DISPLEASED, folded):
        return SmallWord.DISPLEASURE if not _left(_KNOWN, folded) else None
    if not _left(_GREETS, folded):
        return SmallWord.GREETING
    if "?" in text or _SOMETHING_ELSE.search(_SETTLED_PHRASES.sub(" ", folded)):
        return None
    if _ACKNOWLEDGES.search(folded) is None:
        return None
    left = _left(_GREETS, _ACKNOWLEDGEMENT.sub(" ", folded))
    # A name may go with thanks.
    most = 1 if _IS_THANKS.search(folded) else 0
    return SmallWord.ACKNOWLEDGEMENT if len(left) <= most else None


def holds_thanks(text: str) -> bool:
    """Return whether a text thanks in any of our languages, whatever else it says."""
    return _IS_THANKS.search(fold(text).replace("’", "'")) is not None


_KNOWN = _phrases(
    _WITH_THANKS, _THANKS, _AGREED, _FAREWELL, _GREETING, _DISPLEASED_WORDS, "yes|yep|ja|si|oui|sim"
)


def _left(pattern: re.Pattern[str], folded: str) -> list[str]:
    """Return the words that the pattern does not match."""
    return _LETTERS.findall(pattern.sub(" ", folded))
