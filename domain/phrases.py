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
            danger=(
                "I have passed your message on to a colleague, who will read it and reply to you"
                " here."
            ),
            company_topic=(
                "I have passed your message on to a colleague, who will read it and reply to you"
                " here."
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
            danger=(
                "Ich habe Ihre Nachricht an einen Menschen aus unserem Team weitergegeben, der sie"
                " liest und Ihnen hier antwortet."
            ),
            company_topic=(
                "Ich habe Ihre Nachricht an einen Menschen aus unserem Team weitergegeben, der sie"
                " liest und Ihnen hier antwortet."
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
            danger=(
                "He pasado su mensaje a una persona de nuestro equipo, que lo leerá y le responderá"
                " aquí."
            ),
            company_topic=(
                "He pasado su mensaje a una persona de nuestro equipo, que lo leerá y le responderá"
                " aquí."
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
            danger=(
                "J'ai transmis votre message à une personne de notre équipe, qui le lira et vous"
                " répondra ici."
            ),
            company_topic=(
                "J'ai transmis votre message à une personne de notre équipe, qui le lira et vous"
                " répondra ici."
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
    Language.ITALIAN: Phrases(
        hand_overs=_hand_overs(
            pricing=(
                "Alle domande su prezzi e contratti rispondono persone. Ho passato il suo"
                " messaggio al nostro reparto vendite, che le risponderà."
            ),
            refund=(
                "Sui rimborsi decidono persone. Ho passato il suo messaggio al nostro reparto"
                " fatturazione, che esaminerà il suo caso e le risponderà."
            ),
            legal=(
                "Non posso rispondere a domande legali. Ho passato il suo messaggio alla persona"
                " responsabile, che le risponderà."
            ),
            human_request=(
                "Certamente. Ho passato la sua conversazione a una persona del nostro team, che"
                " la leggerà e le risponderà qui."
            ),
            negative_sentiment=(
                "Mi dispiace per i disagi che ha avuto. Ho passato la sua conversazione a una"
                " persona del nostro team, che la esaminerà personalmente e le risponderà."
            ),
            no_kb_match=(
                "Non ho trovato una risposta affidabile nella nostra documentazione e non voglio"
                " tirare a indovinare. Ho passato la sua domanda a una persona del nostro team,"
                " che le risponderà."
            ),
            model_unavailable=(
                "Al momento non posso rispondere io. Ho passato il suo messaggio a una persona"
                " del nostro team, che le risponderà."
            ),
            repeated_failure=(
                "Mi dispiace di non essere riuscito a risolvere il problema. Ho passato la sua"
                " conversazione a una persona del nostro team, che la leggerà e le risponderà."
            ),
            loop_guard=(
                "Ci siamo scambiati molti messaggi in poco tempo. Ho passato la conversazione a"
                " una persona del nostro team, che la leggerà e le risponderà."
            ),
            danger=(
                "Ho passato il suo messaggio a una persona del nostro team, che lo leggerà e le"
                " risponderà qui."
            ),
            company_topic=(
                "Ho passato il suo messaggio a una persona del nostro team, che lo leggerà e le"
                " risponderà qui."
            ),
            delivery_failed=(
                "La mia ultima risposta non le è arrivata. Ho passato la sua conversazione a una"
                " persona del nostro team, che la contatterà."
            ),
        ),
        ticket="Il suo numero di ticket è {number}.",
        apology=(
            "Mi dispiace, non sono riuscito a rispondere al suo messaggio. Non è andato perso:"
            " l'ho passato a una persona del nostro team, che le risponderà."
        ),
        already_with_person=(
            "Grazie, l'ho aggiunto al suo ticket. Una persona del nostro team ha già la sua"
            " conversazione e leggerà anche questo prima di rispondere."
        ),
        cannot_read=(
            "Ho ricevuto il suo messaggio, ma non conteneva un testo che io possa leggere."
            " Potrebbe dirmi in poche parole di che cosa ha bisogno?"
        ),
        one_file=(
            "Non posso aprire gli allegati, quindi non ho visto il suo file. Resta con il suo messaggio."
        ),
        many_files=(
            "Non posso aprire gli allegati, quindi non ho visto i suoi {count} file. Restano con il"
            " suo messaggio."
        ),
        unproven=(
            "Abbiamo ricevuto un'e-mail che indica questo indirizzo come mittente. È arrivata senza la"
            " prova di essere stata inviata da qui, quindi non rispondiamo per e-mail a ciò che dice. Se"
            " l'ha scritta lei, usi il modulo di assistenza o un altro contatto sul nostro sito. Altrimenti"
            " non deve fare nulla."
        ),
    ),
    Language.DUTCH: Phrases(
        hand_overs=_hand_overs(
            pricing=(
                "Vragen over prijzen en contracten worden bij ons door mensen beantwoord. Ik heb"
                " uw bericht doorgegeven aan ons verkoopteam, dat u zal antwoorden."
            ),
            refund=(
                "Over terugbetalingen beslissen bij ons mensen. Ik heb uw bericht doorgegeven"
                " aan ons facturatieteam, dat naar uw zaak kijkt en u zal antwoorden."
            ),
            legal=(
                "Juridische vragen kan ik niet beantwoorden. Ik heb uw bericht doorgegeven aan"
                " de verantwoordelijke collega, die u zal antwoorden."
            ),
            human_request=(
                "Natuurlijk. Ik heb uw gesprek doorgegeven aan een collega, die het leest en u"
                " hier zal antwoorden."
            ),
            negative_sentiment=(
                "Het spijt me dat het zo vervelend is gelopen. Ik heb uw gesprek doorgegeven aan"
                " een collega, die er persoonlijk naar kijkt en u zal antwoorden."
            ),
            no_kb_match=(
                "Ik heb hierop in onze documentatie geen betrouwbaar antwoord gevonden en ik wil"
                " niet gokken. Ik heb uw vraag doorgegeven aan een collega, die u zal"
                " antwoorden."
            ),
            model_unavailable=(
                "Ik kan dit op dit moment niet zelf beantwoorden. Ik heb uw bericht doorgegeven"
                " aan een collega, die u zal antwoorden."
            ),
            repeated_failure=(
                "Het spijt me dat ik dit niet voor u heb kunnen oplossen. Ik heb uw gesprek"
                " doorgegeven aan een collega, die het leest en u zal antwoorden."
            ),
            loop_guard=(
                "We hebben in korte tijd veel berichten uitgewisseld. Ik heb het gesprek"
                " doorgegeven aan een collega, die het leest en u zal antwoorden."
            ),
            danger=(
                "Ik heb uw bericht doorgegeven aan een collega, die het leest en u hier antwoordt."
            ),
            company_topic=(
                "Ik heb uw bericht doorgegeven aan een collega, die het leest en u hier antwoordt."
            ),
            delivery_failed=(
                "Mijn laatste antwoord heeft u niet bereikt. Ik heb uw gesprek doorgegeven aan"
                " een collega, die contact met u opneemt."
            ),
        ),
        ticket="Uw ticketnummer is {number}.",
        apology=(
            "Het spijt me, ik kon uw bericht niet beantwoorden. Het is niet verloren: ik heb het"
            " doorgegeven aan een collega, die u zal antwoorden."
        ),
        already_with_person=(
            "Dank u, ik heb dit aan uw ticket toegevoegd. Een collega heeft uw gesprek al en"
            " leest ook dit voordat er een antwoord komt."
        ),
        cannot_read=(
            "Ik heb uw bericht ontvangen, maar er stond geen tekst in die ik kan lezen. Kunt u"
            " in een paar woorden zeggen waarmee ik u kan helpen?"
        ),
        one_file=(
            "Ik kan geen bijlagen openen, dus ik heb uw bestand niet bekeken. Het blijft bij uw bericht."
        ),
        many_files=(
            "Ik kan geen bijlagen openen, dus ik heb uw {count} bestanden niet bekeken. Ze blijven bij"
            " uw bericht."
        ),
        unproven=(
            "We hebben een e-mail ontvangen die dit adres als afzender noemt. Er was geen bewijs dat hij"
            " hiervandaan is verstuurd, dus we antwoorden niet per e-mail op de inhoud. Hebt u hem"
            " geschreven, gebruik dan het formulier of een ander contact op onze website. Zo niet, dan"
            " hoeft u niets te doen."
        ),
    ),
    Language.PORTUGUESE: Phrases(
        hand_overs=_hand_overs(
            pricing=(
                "As perguntas sobre preços e contratos são respondidas por pessoas. Encaminhei a"
                " sua mensagem à nossa equipa de vendas, que lhe responderá."
            ),
            refund=(
                "Sobre reembolsos decidem pessoas. Encaminhei a sua mensagem à nossa equipa de"
                " faturação, que vai analisar o seu caso e lhe responderá."
            ),
            legal=(
                "Não posso responder a perguntas jurídicas. Encaminhei a sua mensagem à pessoa"
                " responsável, que lhe responderá."
            ),
            human_request=(
                "Com certeza. Encaminhei a sua conversa a uma pessoa da nossa equipa, que a vai"
                " ler e lhe responderá aqui."
            ),
            negative_sentiment=(
                "Lamento os incómodos que teve. Encaminhei a sua conversa a uma pessoa da nossa"
                " equipa, que a vai analisar pessoalmente e lhe responderá."
            ),
            no_kb_match=(
                "Não encontrei uma resposta fiável na nossa documentação e não quero adivinhar."
                " Encaminhei a sua pergunta a uma pessoa da nossa equipa, que lhe responderá."
            ),
            model_unavailable=(
                "Neste momento não consigo responder eu. Encaminhei a sua mensagem a uma pessoa"
                " da nossa equipa, que lhe responderá."
            ),
            repeated_failure=(
                "Lamento não ter conseguido resolver isto. Encaminhei a sua conversa a uma"
                " pessoa da nossa equipa, que a vai ler e lhe responderá."
            ),
            loop_guard=(
                "Trocámos muitas mensagens em pouco tempo. Encaminhei a conversa a uma pessoa da"
                " nossa equipa, que a vai ler e lhe responderá."
            ),
            danger=(
                "Encaminhei a sua mensagem a uma pessoa da nossa equipa, que a vai ler e"
                " responder-lhe aqui."
            ),
            company_topic=(
                "Encaminhei a sua mensagem a uma pessoa da nossa equipa, que a vai ler e"
                " responder-lhe aqui."
            ),
            delivery_failed=(
                "A minha última resposta não lhe chegou. Encaminhei a sua conversa a uma pessoa"
                " da nossa equipa, que vai entrar em contacto consigo."
            ),
        ),
        ticket="O número do seu ticket é {number}.",
        apology=(
            "Lamento, não consegui responder à sua mensagem. Não se perdeu: encaminhei-a a uma"
            " pessoa da nossa equipa, que lhe responderá."
        ),
        already_with_person=(
            "Obrigado, juntei isto ao seu ticket. Uma pessoa da nossa equipa já tem a sua"
            " conversa e vai ler também isto antes de responder."
        ),
        cannot_read=(
            "Recebi a sua mensagem, mas não tinha texto que eu consiga ler. Pode dizer-me em"
            " poucas palavras de que ajuda precisa?"
        ),
        one_file=(
            "Não consigo abrir anexos, por isso não vi o seu ficheiro. Fica com a sua mensagem."
        ),
        many_files=(
            "Não consigo abrir anexos, por isso não vi os seus {count} ficheiros. Ficam com a sua mensagem."
        ),
        unproven=(
            "Recebemos um e-mail que indica este endereço como remetente. Chegou sem prova de ter sido"
            " enviado daqui, por isso não respondemos por e-mail ao que diz. Se o escreveu, use o"
            " formulário de apoio ou outro contacto no nosso site. Se não, não precisa de fazer nada."
        ),
    ),
}
