# What the system says in French. A profile overrides a text by its key, such as handover.refund.
# No text names a price or a promise; `closed`, said below a hand-over, alone names a date.

# By the reason of a hand-over; the line `ticket` follows.
handover =
    .pricing = Chez nous, ce sont des personnes qui répondent aux questions de prix et de contrat. J'ai transmis votre message à notre équipe commerciale, qui vous répondra.
    .refund = Chez nous, ce sont des personnes qui décident des remboursements. J'ai transmis votre message à notre équipe de facturation, qui examinera votre cas et vous répondra.
    .legal = Je ne peux pas répondre aux questions juridiques. J'ai transmis votre message à la personne responsable, qui vous répondra.
    .human_request = Bien sûr. J'ai transmis votre conversation à une personne de notre équipe, qui la lira et vous répondra ici.
    .negative_sentiment = Je suis désolé des difficultés que vous avez eues. J'ai transmis votre conversation à une personne de notre équipe, qui l'examinera personnellement et vous répondra.
    .no_kb_match = Je n'ai pas trouvé de réponse fiable dans notre documentation et je ne veux pas deviner. J'ai transmis votre question à une personne de notre équipe, qui vous répondra.
    .model_unavailable = Je ne peux pas répondre moi-même en ce moment. J'ai transmis votre message à une personne de notre équipe, qui vous répondra.
    .repeated_failure = Je suis désolé de ne pas avoir pu résoudre cela. J'ai transmis votre conversation à une personne de notre équipe, qui la lira et vous répondra.
    .loop_guard = Nous avons échangé beaucoup de messages en peu de temps. J'ai transmis la conversation à une personne de notre équipe, qui la lira et vous répondra.
    .danger = J'ai transmis votre message à une personne de notre équipe, qui le lira et vous répondra ici.
    .company_topic = J'ai transmis votre message à une personne de notre équipe, qui le lira et vous répondra ici.
    .delivery_failed = Ma dernière réponse ne vous est pas parvenue. J'ai transmis votre conversation à une personne de notre équipe, qui vous contactera.

ticket = Votre numéro de ticket est { $ticket }.
closed = Notre équipe n’est pas disponible pour le moment. Elle sera de retour le { $opens }.
open = Notre équipe est présente aujourd'hui jusqu'à { $closes }.
expected_wait = Actuellement, la plupart des personnes reçoivent une réponse d’un collègue dans un délai de { $wait }.
open_question =
    .one = Je n'ai pas trouvé de réponse fiable à « { $question } » dans notre documentation. J'ai donc transmis cette question à un collègue, qui vous répondra.
    .many = Je n'ai pas trouvé de réponse fiable à ces questions dans notre documentation. Je les ai donc transmises à un collègue, qui vous répondra :
    .rest = Je n'ai pas trouvé de réponse fiable au reste de votre message dans notre documentation. Je l'ai donc transmis à un collègue, qui vous répondra.
not_in_article = Notre article d'aide « { $title } » n'en dit rien, et je ne veux pas deviner. J'ai transmis votre question à un collègue, qui vous répondra.
apology = Je suis désolé, je n'ai pas pu répondre à votre message. Il n'est pas perdu : je l'ai transmis à une personne de notre équipe, qui vous répondra.
already_with_person = Merci, je l’ai ajouté à votre ticket. Votre conversation attend une ou un collègue, qui lira aussi ceci avant de répondre.
knowledge_unavailable = Je ne peux pas consulter notre documentation en ce moment et je ne veux pas deviner. J'ai transmis votre question à une personne de notre équipe, qui vous répondra.
cannot_read = J'ai bien reçu votre message, mais il ne contenait pas de texte que je puisse lire. Pourriez-vous me dire en quelques mots de quoi vous avez besoin ?
# To messages without words.
received =
    .location = Merci, j'ai noté le lieu. De quoi avez-vous besoin à cet endroit ?
    .contact = Merci, le contact est conservé avec votre message. Que puis-je faire pour vous à ce sujet ?
    .voice = Je ne peux pas écouter les messages vocaux ici. Pourriez-vous me dire en quelques mots ce dont vous avez besoin ?
    .again = Je ne peux pas lire ce message non plus, j'ai donc transmis vos messages à une personne de notre équipe, qui les regardera et vous répondra.
# To a password, a code or a card number; the message itself is stored without it.
secret_received = Merci de ne pas envoyer de mots de passe, de codes ni de numéros de carte. Personne chez { $company } n'en a besoin. Veuillez changer ce que vous avez envoyé, car cela se trouve maintenant dans cette conversation.
# To whoever ends our messages or wants them again; a message that says START does the latter in every language.
consent =
    .stopped = Vous ne recevrez plus de messages de notre part ici. Si vous changez d'avis, écrivez START.
    .resumed = Vous recevrez de nouveau nos messages ici. Que pouvons-nous faire pour vous ?
attachments =
    .one = Je ne peux pas ouvrir les pièces jointes, je n'ai donc pas regardé votre fichier. Il reste avec votre message.
    .many = Je ne peux pas ouvrir les pièces jointes, je n'ai donc pas regardé vos { $count } fichiers. Ils restent avec votre message.
# The only text that goes to an address which the sender only claims. It is true for whoever reads it.
unproven = Nous avons reçu un e-mail qui indique cette adresse comme expéditeur. Nous n'avons pas pu confirmer qu'il a été envoyé d'ici, nous ne répondons donc pas à son contenu par e-mail. Si vous l'avez écrit, utilisez le formulaire de contact ou un autre moyen indiqué sur notre site. Sinon, vous n'avez rien à faire.

# Replies that need no article.
small_talk =
    .greeting = Comment puis-je vous aider avec { $product } ?
    .thanks = Je vous en prie, je suis ravi que cela vous ait aidé. Écrivez-nous à nouveau si vous avez besoin d'autre chose.
    .acknowledgement = Je vous en prie. Écrivez-nous à nouveau si vous avez besoin d'autre chose.
    .while_waiting = Merci. Une ou un collègue vous répondra ici.
    .afterwards = Je vous en prie.
    .chat = Je suis un assistant IA et je réponds surtout aux questions sur { $product }. En quoi puis-je vous aider ?
which_problem = J'aimerais vous aider. Pourriez-vous me dire quelle partie de { $product } est concernée, ce que vous vouliez faire et ce que vous avez vu à la place, par exemple un message d'erreur ?
what_happened = Je suis désolé que cela n'ait pas aidé. À quelle étape cela bloque-t-il, et que voyez-vous, par exemple un message d'erreur ?
# Where the answer may be in one of several articles: a numbered list of their titles stands between the two.
choice =
    .offer = Je ne suis pas sûr du sujet dont vous parlez :
    .other = Je suis désolé, ce n'est pas ce que vous cherchiez. Est-ce l'un de ces sujets ?
    .how = Répondez simplement par son numéro. Si aucun ne convient, écrivez « aucun » et je transmettrai votre question à un collègue.
# To acts that need no article: { $word } brings a person.
not_understood = Je n'ai pas compris. En quoi puis-je vous aider ?
abuse = Je suis désolé que quelque chose vous ait contrarié. Dites-moi ce qui n'a pas marché et j'essaierai de vous aider, ou écrivez « { $word } » et une ou un collègue prendra le relais.
not_helped = Je suis désolé que ce ne soit pas cela. Que vouliez-vous faire, ou que voyez-vous à la place ? Pour joindre une personne, écrivez « { $word } ».
which_of = Duquel s'agit-il : { $options } ?
call =
    .offered = J'ai transmis que vous souhaitez être appelé. Si vous ne l'avez pas encore écrit, indiquez s'il vous plaît le numéro et une heure qui vous convient.
    .not_offered = Je ne peux pas organiser d'appel, j'ai donc transmis votre conversation à une ou un collègue, qui la lira et vous répondra ici.
# What is asked about the company and about who answers, by the company's profile.
about =
    .identity = Je suis un assistant IA de { $company }, pas une personne. Je réponds à partir de nos articles d'aide, et ce qu'ils ne disent pas va à une ou un collègue.
    .person = Pour joindre une personne, écrivez « { $word } ». Une ou un collègue lira toute la conversation et vous répondra ici.
    .phone = Notre numéro de téléphone est le { $phone }.
    .no_phone = Je n'ai aucun numéro de téléphone à vous donner.
    .hours = Notre équipe est présente à ces horaires : { $hours }.
    .no_hours = Je n'ai pas d'horaires à vous donner. Vous pouvez écrire ici à tout moment.
    .address = Notre adresse postale est { $address }.
    .no_address = Je n'ai aucune adresse à vous donner.
    .languages = Vous pouvez nous écrire dans ces langues : { $languages }.
    .here = Vous pouvez nous écrire ici à tout moment.
    .help_site = Nos articles d'aide se trouvent ici : { $url }
    .data = Ce que vous écrivez ici est conservé avec votre demande. Une IA le lit pour répondre, et nos collègues peuvent le lire aussi.
    .privacy = Les détails se trouvent dans notre politique de confidentialité : { $url }
    .no_privacy = Pour en savoir plus sur vos données, écrivez « { $word } » et une ou un collègue vous répondra.
# To a message that gives the assistant instructions.
off_topic = Je peux répondre aux questions sur l'utilisation de { $product }. Que souhaitez-vous y faire ?

# Around what an article says.
opening =
    .email = Merci pour votre message. Voici ce que dit notre documentation à ce sujet :
    .web_form = Merci de nous avoir contactés. Voici comment procéder :
second_attempt = Je suis désolé que cela ne fonctionne toujours pas. Veuillez essayer aussi ceci :
taking_up =
    .urgent = Je comprends que c'est urgent. Ceci devrait aider :
    .tried = Merci de dire ce que vous avez déjà essayé. Ceci devrait aider :
    .trouble = Je suis désolé que cela ne fonctionne pas chez vous. Ceci devrait aider :
source =
    .plain = Extrait de notre article d'aide « { $title } ».
    .linked = Extrait de notre article d'aide « { $title } » : { $url }

form_answer =
    Il y a une réponse à votre demande { $ticket }. Vous pouvez la lire sur cette page : { $url }

    Si vous ne nous avez pas écrit, vous n'avez rien à faire.
    .subject = Réponse à votre demande { $ticket }

disclosure = Je suis un assistant IA. Pour joindre une personne, écrivez « { $word } ».
    .word = humain

# By channel; a line with $ticket is left out where there is no number.
greeting =
    .email = Bonjour { $name },
    .web_form = Bonjour { $name },
    .unnamed = Bonjour,
signature =
    .email =
        Cordialement,
        { $support_name }
        Ticket { $ticket }
    .web_form =
        Votre numéro de ticket est { $ticket }.
        { $support_name }

state =
    .waiting_for_us = Nous avons votre message et préparons une réponse.
    .waiting_for_person = Votre message attend une personne de notre équipe, qui lira tout et répondra ici.
    .with_person = Une personne de notre équipe s’en occupe et répondra ici.
    .waiting_for_customer = Nous avons répondu. Écrivez-nous de nouveau s’il manque quelque chose.
    .resolved = C’est réglé. Écrivez-nous de nouveau s’il reste quelque chose.
    .closed = Cette conversation est close.
