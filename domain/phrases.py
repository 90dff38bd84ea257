"""Holds our own texts to customers in each language; none names a date, a price or a promise."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from domain.languages import Language
from domain.tickets import EscalationReason


@dataclass(frozen=True, slots=True)
class Phrases:
    """The texts in one language.

    `{number}` is the ticket's, `{count}` the number of files.
    """

    hand_overs: MappingProxyType[EscalationReason, str]
    ticket: str
    apology: str
    already_with_person: str
    cannot_read: str
    one_file: str
    many_files: str
    unproven: str
    """The only text that goes to an address which the sender only claims. It is true for whoever reads it."""


def _hand_overs(**texts: str) -> MappingProxyType[EscalationReason, str]:
    return MappingProxyType({EscalationReason(reason): text for reason, text in texts.items()})


PHRASES = {
    Language.ENGLISH: Phrases(
        hand_overs=_hand_overs(
            pricing=(
                "Questions about prices and contracts are answered by people here, so I have passed"
                " your message on to a colleague from our sales team, who will reply to you."
            ),
            refund=(
                "Refunds are decided by people here, so I have passed your message on to a colleague"
                " from our billing team, who will look at your case and reply to you."
            ),
            legal=(
                "I can't answer legal questions, so I have passed your message on to a colleague who"
                " is responsible for them and will reply to you."
            ),
            human_request=(
                "Of course. I have passed your conversation on to a colleague, who will read it and"
                " reply to you here."
            ),
            negative_sentiment=(
                "I'm sorry about the trouble you have had. I have passed your conversation on to a"
                " colleague, who will look at it personally and reply to you."
            ),
            no_kb_match=(
                "I could not find a reliable answer to this in our documentation, and I don't want"
                " to guess. I have passed your question on to a colleague, who will reply to you."
            ),
            model_unavailable=(
                "I can't answer this myself at the moment, so I have passed your message on to a"
                " colleague, who will reply to you."
            ),
            repeated_failure=(
                "I have not managed to solve this for you, and I'm sorry about that. I have passed"
                " your conversation on to a colleague, who will read it and reply to you."
            ),
            loop_guard=(
                "We have exchanged many messages in a short time, so I have passed the conversation"
                " on to a colleague, who will read it and reply to you."
            ),
            delivery_failed=(
                "My last reply did not reach you, so I have passed the conversation on to a colleague,"
                " who will get in touch with you."
            ),
        ),
        ticket="Your ticket number is {number}.",
        apology=(
            "I'm sorry, I could not answer your message. It is not lost: I have passed it on to a"
            " colleague, who will reply to you."
        ),
        already_with_person=(
            "Thank you, I have added this to your ticket. A colleague already has your conversation"
            " and will read this as well before replying."
        ),
        cannot_read=(
            "I received your message, but there was no text in it that I can read. Could you tell me"
            " in a few words what you need help with?"
        ),
        one_file=(
            "I can't open attachments, so I have not looked at your file. It is kept with your message."
        ),
        many_files=(
            "I can't open attachments, so I have not looked at your {count} files. They are kept with"
            " your message."
        ),
        unproven=(
            "We have received an e-mail that names this address as its sender. It came without proof"
            " that it was sent from here, so we do not answer what it says by e-mail. If you wrote it,"
            " please use the support form or another contact on our website. If you did not, you need"
            " not do anything."
        ),
    ),
    Language.GERMAN: Phrases(
        hand_overs=_hand_overs(
            pricing=(
                "Fragen zu Preisen und Verträgen beantworten bei uns Menschen. Ich habe Ihre"
                " Nachricht an das Vertriebsteam weitergegeben, das Ihnen antworten wird."
            ),
            refund=(
                "Über Erstattungen entscheiden bei uns Menschen. Ich habe Ihre Nachricht an das"
                " Abrechnungsteam weitergegeben, das sich Ihren Fall ansieht und Ihnen antwortet."
            ),
            legal=(
                "Rechtliche Fragen kann ich nicht beantworten. Ich habe Ihre Nachricht an die"
                " zuständigen Kolleginnen und Kollegen weitergegeben, die Ihnen antworten werden."
            ),
            human_request=(
                "Gern. Ich habe Ihr Gespräch an einen Menschen aus unserem Team weitergegeben, der"
                " es liest und Ihnen hier antwortet."
            ),
            negative_sentiment=(
                "Der Ärger, den Sie hatten, tut mir leid. Ich habe Ihr Gespräch an einen Menschen aus"
                " unserem Team weitergegeben, der es sich persönlich ansieht und Ihnen antwortet."
            ),
            no_kb_match=(
                "Dazu habe ich in unserer Dokumentation keine verlässliche Antwort gefunden, und"
                " raten möchte ich nicht. Ich habe Ihre Frage an einen Menschen aus unserem Team"
                " weitergegeben, der Ihnen antworten wird."
            ),
            model_unavailable=(
                "Das kann ich im Moment nicht selbst beantworten. Ich habe Ihre Nachricht an einen"
                " Menschen aus unserem Team weitergegeben, der Ihnen antworten wird."
            ),
            repeated_failure=(
                "Das konnte ich für Sie leider nicht lösen. Ich habe Ihr Gespräch an einen Menschen"
                " aus unserem Team weitergegeben, der es liest und Ihnen antwortet."
            ),
            loop_guard=(
                "Wir haben in kurzer Zeit viele Nachrichten ausgetauscht. Ich habe das Gespräch an"
                " einen Menschen aus unserem Team weitergegeben, der es liest und Ihnen antwortet."
            ),
            delivery_failed=(
                "Meine letzte Antwort hat Sie nicht erreicht. Ich habe Ihr Gespräch an einen Menschen"
                " aus unserem Team weitergegeben, der sich bei Ihnen meldet."
            ),
        ),
        ticket="Ihre Ticketnummer ist {number}.",
        apology=(
            "Ihre Nachricht konnte ich leider nicht beantworten. Sie ist nicht verloren: Ich habe"
            " sie an einen Menschen aus unserem Team weitergegeben, der Ihnen antworten wird."
        ),
        already_with_person=(
            "Danke, ich habe das zu Ihrem Ticket genommen. Ihr Gespräch liegt schon bei einem"
            " Menschen aus unserem Team, der auch dies liest, bevor er antwortet."
        ),
        cannot_read=(
            "Ihre Nachricht ist angekommen, enthielt aber keinen Text, den ich lesen kann. Wobei"
            " brauchen Sie Hilfe? Ein paar Worte genügen."
        ),
        one_file=(
            "Anhänge kann ich nicht öffnen, daher habe ich Ihre Datei nicht angesehen. Sie bleibt"
            " bei Ihrer Nachricht."
        ),
        many_files=(
            "Anhänge kann ich nicht öffnen, daher habe ich Ihre {count} Dateien nicht angesehen. Sie"
            " bleiben bei Ihrer Nachricht."
        ),
        unproven=(
            "Wir haben eine E-Mail erhalten, die diese Adresse als Absender nennt. Wir konnten nicht"
            " bestätigen, dass sie von hier kam, und beantworten ihren Inhalt deshalb nicht per E-Mail."
            " Falls Sie sie geschrieben haben, nutzen Sie bitte das Kontaktformular oder einen anderen"
            " Weg auf unserer Website. Falls nicht, brauchen Sie nichts zu tun."
        ),
    ),
    Language.SPANISH: Phrases(
        hand_overs=_hand_overs(
            pricing=(
                "Las preguntas sobre precios y contratos las responden personas. He pasado su mensaje"
                " a nuestro equipo de ventas, que le responderá."
            ),
            refund=(
                "Sobre los reembolsos deciden personas. He pasado su mensaje a nuestro equipo de"
                " facturación, que revisará su caso y le responderá."
            ),
            legal=(
                "No puedo responder preguntas legales. He pasado su mensaje a la persona responsable,"
                " que le responderá."
            ),
            human_request=(
                "Por supuesto. He pasado su conversación a una persona de nuestro equipo, que la"
                " leerá y le responderá aquí."
            ),
            negative_sentiment=(
                "Lamento las molestias que ha tenido. He pasado su conversación a una persona de"
                " nuestro equipo, que la verá personalmente y le responderá."
            ),
            no_kb_match=(
                "No he encontrado una respuesta fiable en nuestra documentación y no quiero"
                " adivinar. He pasado su pregunta a una persona de nuestro equipo, que le responderá."
            ),
            model_unavailable=(
                "En este momento no puedo responder yo. He pasado su mensaje a una persona de nuestro"
                " equipo, que le responderá."
            ),
            repeated_failure=(
                "Lamento no haber podido resolverlo. He pasado su conversación a una persona de"
                " nuestro equipo, que la leerá y le responderá."
            ),
            loop_guard=(
                "Hemos intercambiado muchos mensajes en poco tiempo. He pasado la conversación a una"
                " persona de nuestro equipo, que la leerá y le responderá."
            ),
            delivery_failed=(
                "Mi última respuesta no le ha llegado. He pasado su conversación a una persona de"
                " nuestro equipo, que se pondrá en contacto con usted."
            ),
        ),
        ticket="Su número de ticket es {number}.",
        apology=(
            "Lo siento, no he podido responder a su mensaje. No se ha perdido: lo he pasado a una"
            " persona de nuestro equipo, que le responderá."
        ),
        already_with_person=(
            "Gracias, lo he añadido a su ticket. Una persona de nuestro equipo ya tiene su"
            " conversación y leerá también esto antes de responder."
        ),
        cannot_read=(
            "He recibido su mensaje, pero no contenía texto que pueda leer. ¿Podría decirme en pocas"
            " palabras en qué necesita ayuda?"
        ),
        one_file=(
            "No puedo abrir archivos adjuntos, así que no he visto su archivo. Queda guardado con su"
            " mensaje."
        ),
        many_files=(
            "No puedo abrir archivos adjuntos, así que no he visto sus {count} archivos. Quedan"
            " guardados con su mensaje."
        ),
        unproven=(
            "Hemos recibido un correo que indica esta dirección como remitente. No hemos podido"
            " confirmar que se envió desde aquí, por lo que no respondemos a su contenido por correo."
            " Si lo escribió usted, utilice el formulario de contacto u otra vía de nuestro sitio web."
            " Si no fue usted, no tiene que hacer nada."
        ),
    ),
    Language.FRENCH: Phrases(
        hand_overs=_hand_overs(
            pricing=(
                "Chez nous, ce sont des personnes qui répondent aux questions de prix et de contrat."
                " J'ai transmis votre message à notre équipe commerciale, qui vous répondra."
            ),
            refund=(
                "Chez nous, ce sont des personnes qui décident des remboursements. J'ai transmis"
                " votre message à notre équipe de facturation, qui examinera votre cas et vous"
                " répondra."
            ),
            legal=(
                "Je ne peux pas répondre aux questions juridiques. J'ai transmis votre message à la"
                " personne responsable, qui vous répondra."
            ),
            human_request=(
                "Bien sûr. J'ai transmis votre conversation à une personne de notre équipe, qui la"
                " lira et vous répondra ici."
            ),
            negative_sentiment=(
                "Je suis désolé des difficultés que vous avez eues. J'ai transmis votre conversation"
                " à une personne de notre équipe, qui l'examinera personnellement et vous répondra."
            ),
            no_kb_match=(
                "Je n'ai pas trouvé de réponse fiable dans notre documentation et je ne veux pas"
                " deviner. J'ai transmis votre question à une personne de notre équipe, qui vous"
                " répondra."
            ),
            model_unavailable=(
                "Je ne peux pas répondre moi-même en ce moment. J'ai transmis votre message à une"
                " personne de notre équipe, qui vous répondra."
            ),
            repeated_failure=(
                "Je suis désolé de ne pas avoir pu résoudre cela. J'ai transmis votre conversation à"
                " une personne de notre équipe, qui la lira et vous répondra."
            ),
            loop_guard=(
                "Nous avons échangé beaucoup de messages en peu de temps. J'ai transmis la"
                " conversation à une personne de notre équipe, qui la lira et vous répondra."
            ),
            delivery_failed=(
                "Ma dernière réponse ne vous est pas parvenue. J'ai transmis votre conversation à une"
                " personne de notre équipe, qui vous contactera."
            ),
        ),
        ticket="Votre numéro de ticket est {number}.",
        apology=(
            "Je suis désolé, je n'ai pas pu répondre à votre message. Il n'est pas perdu : je l'ai"
            " transmis à une personne de notre équipe, qui vous répondra."
        ),
        already_with_person=(
            "Merci, je l'ai ajouté à votre ticket. Une personne de notre équipe a déjà votre"
            " conversation et lira aussi ceci avant de répondre."
        ),
        cannot_read=(
            "J'ai bien reçu votre message, mais il ne contenait pas de texte que je puisse lire."
            " Pourriez-vous me dire en quelques mots de quoi vous avez besoin ?"
        ),
        one_file=(
            "Je ne peux pas ouvrir les pièces jointes, je n'ai donc pas regardé votre fichier. Il"
            " reste avec votre message."
        ),
        many_files=(
            "Je ne peux pas ouvrir les pièces jointes, je n'ai donc pas regardé vos {count} fichiers."
            " Ils restent avec votre message."
        ),
        unproven=(
            "Nous avons reçu un e-mail qui indique cette adresse comme expéditeur. Nous n'avons pas pu"
            " confirmer qu'il a été envoyé d'ici, nous ne répondons donc pas à son contenu par e-mail."
            " Si vous l'avez écrit, utilisez le formulaire de contact ou un autre moyen indiqué sur"
            " notre site. Sinon, vous n'avez rien à faire."
        ),
    ),
}
