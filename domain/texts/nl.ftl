# What the system says in Dutch. A profile overrides a text by its key, such as handover.refund.
# No text names a price or a promise; `closed`, said below a hand-over, alone names a date.

# By the reason of a hand-over; the line `ticket` follows.
handover =
    .pricing = Vragen over prijzen en contracten worden bij ons door mensen beantwoord. Ik heb uw bericht doorgegeven aan ons verkoopteam, dat u zal antwoorden.
    .refund = Over terugbetalingen beslissen bij ons mensen. Ik heb uw bericht doorgegeven aan ons facturatieteam, dat naar uw zaak kijkt en u zal antwoorden.
    .legal = Juridische vragen kan ik niet beantwoorden. Ik heb uw bericht doorgegeven aan de verantwoordelijke collega, die u zal antwoorden.
    .human_request = Natuurlijk. Ik heb uw gesprek doorgegeven aan een collega, die het leest en u hier zal antwoorden.
    .negative_sentiment = Het spijt me dat het zo vervelend is gelopen. Ik heb uw gesprek doorgegeven aan een collega, die er persoonlijk naar kijkt en u zal antwoorden.
    .no_kb_match = Ik heb hierop in onze documentatie geen betrouwbaar antwoord gevonden en ik wil niet gokken. Ik heb uw vraag doorgegeven aan een collega, die u zal antwoorden.
    .model_unavailable = Ik kan dit op dit moment niet zelf beantwoorden. Ik heb uw bericht doorgegeven aan een collega, die u zal antwoorden.
    .repeated_failure = Het spijt me dat ik dit niet voor u heb kunnen oplossen. Ik heb uw gesprek doorgegeven aan een collega, die het leest en u zal antwoorden.
    .loop_guard = We hebben in korte tijd veel berichten uitgewisseld. Ik heb het gesprek doorgegeven aan een collega, die het leest en u zal antwoorden.
    .danger = Ik heb uw bericht doorgegeven aan een collega, die het leest en u hier antwoordt.
    .company_topic = Ik heb uw bericht doorgegeven aan een collega, die het leest en u hier antwoordt.
    .delivery_failed = Mijn laatste antwoord heeft u niet bereikt. Ik heb uw gesprek doorgegeven aan een collega, die contact met u opneemt.

ticket = Uw ticketnummer is { $ticket }.
closed = Ons team is op dit moment niet bereikbaar. Het is er weer op { $opens }.
open = Ons team is er vandaag tot { $closes }.
expected_wait = De meeste mensen krijgen op dit moment binnen { $wait } antwoord van een collega.
open_question =
    .one = Op “{ $question }” heb ik in onze documentatie geen betrouwbaar antwoord gevonden. Ik heb deze vraag daarom doorgegeven aan een collega, die u antwoordt.
    .many = Op deze vragen heb ik in onze documentatie geen betrouwbaar antwoord gevonden. Ik heb ze daarom doorgegeven aan een collega, die u antwoordt:
    .rest = Op de rest van uw bericht heb ik in onze documentatie geen betrouwbaar antwoord gevonden. Ik heb die daarom doorgegeven aan een collega, die u antwoordt.
not_in_article = Ons helpartikel “{ $title }” zegt hier niets over, en ik wil niet gokken. Ik heb uw vraag doorgegeven aan een collega, die u antwoordt.
apology = Het spijt me, ik kon uw bericht niet beantwoorden. Het is niet verloren: ik heb het doorgegeven aan een collega, die u zal antwoorden.
already_with_person = Dank u, ik heb dit aan uw ticket toegevoegd. Uw gesprek wacht op een collega, die ook dit leest voor het antwoord.
knowledge_unavailable = Ik kan op dit moment niet in onze documentatie zoeken en ik wil niet gokken. Ik heb uw vraag doorgegeven aan een collega, die u zal antwoorden.
cannot_read = Ik heb uw bericht ontvangen, maar er stond geen tekst in die ik kan lezen. Kunt u in een paar woorden zeggen waarmee ik u kan helpen?
# To messages without words.
received =
    .location = Bedankt, ik heb de plaats genoteerd. Wat hebt u daar nodig?
    .contact = Bedankt, het contact is bij uw bericht bewaard. Wat kan ik daarmee voor u doen?
    .voice = Spraakberichten kan ik hier niet beluisteren. Kunt u in een paar woorden zeggen waarmee ik u kan helpen?
    .again = Ook dit bericht kan ik niet lezen, dus ik heb uw berichten doorgegeven aan iemand van ons team, die ze bekijkt en u antwoordt.
# To a password, a code or a card number; the message itself is stored without it.
secret_received = Stuur alstublieft geen wachtwoorden, codes of kaartnummers. Niemand bij { $company } heeft ze nodig. Wijzig wat u hebt gestuurd, want het staat nu in deze chat.
# To whoever ends our messages or wants them again; a message that says START does the latter in every language.
consent =
    .stopped = U krijgt hier geen berichten meer van ons. Als u zich bedenkt, schrijf dan START.
    .resumed = U krijgt onze berichten hier weer. Wat kunnen we voor u doen?
attachments =
    .one = Ik kan geen bijlagen openen, dus ik heb uw bestand niet bekeken. Het blijft bij uw bericht.
    .many = Ik kan geen bijlagen openen, dus ik heb uw { $count } bestanden niet bekeken. Ze blijven bij uw bericht.
# The only text that goes to an address which the sender only claims. It is true for whoever reads it.
unproven = We hebben een e-mail ontvangen die dit adres als afzender noemt. Er was geen bewijs dat hij hiervandaan is verstuurd, dus we antwoorden niet per e-mail op de inhoud. Hebt u hem geschreven, gebruik dan het formulier of een ander contact op onze website. Zo niet, dan hoeft u niets te doen.

# Replies that need no article.
small_talk =
    .greeting = Waarmee kan ik u helpen bij { $product }?
    .thanks = Graag gedaan, fijn dat het u heeft geholpen. Schrijf ons gerust opnieuw als u nog iets nodig hebt.
    .acknowledgement = Graag gedaan. Schrijf ons gerust opnieuw als u nog iets nodig hebt.
    .while_waiting = Dank u. Een collega antwoordt u hier.
    .afterwards = Graag gedaan.
    .chat = Ik ben een AI-assistent en weet het meest van vragen over { $product }. Waarmee kan ik u helpen?
which_problem = Ik help u graag. Kunt u mij zeggen over welk onderdeel van { $product } het gaat, wat u wilde doen en wat u in plaats daarvan zag, bijvoorbeeld een foutmelding?
what_happened = Het spijt me dat dit niet heeft geholpen. Bij welke stap loopt het vast, en wat ziet u daar, bijvoorbeeld een foutmelding?
# Where the answer may be in one of several articles: a numbered list of their titles stands between the two.
choice =
    .offer = Ik weet niet zeker welk van deze onderwerpen u bedoelt:
    .other = Sorry, dat was niet wat u zocht. Is het een van deze onderwerpen?
    .how = Antwoord alstublieft met het nummer. Past geen ervan, schrijf dan “geen”, dan geef ik uw vraag door aan een collega.
# To acts that need no article: { $word } brings a person.
not_understood = Dat heb ik niet begrepen. Waarmee kan ik u helpen?
abuse = Het spijt me dat iets u heeft geërgerd. Vertel mij wat er misging, dan probeer ik te helpen. Of schrijf “{ $word }”, dan neemt een collega het over.
not_helped = Het spijt me dat dit het niet was. Wat wilde u doen, of wat ziet u in plaats daarvan? Schrijf “{ $word }” als u een medewerker wilt spreken.
which_of = Om welke gaat het: { $options }?
call =
    .offered = Ik heb doorgegeven dat u gebeld wilt worden. Schrijf alstublieft het nummer en een geschikt moment, als u dat nog niet hebt gedaan.
    .not_offered = Een telefoongesprek kan ik niet regelen, daarom heb ik uw gesprek doorgegeven aan een collega, die het leest en u hier antwoordt.
# What is asked about the company and about who answers, by the company's profile.
about =
    .identity = Ik ben een AI-assistent van { $company }, geen mens. Ik antwoord uit onze hulpartikelen, en wat daar niet in staat gaat naar een collega.
    .person = Schrijf “{ $word }” als u een medewerker wilt spreken. Een collega leest dan het hele gesprek en antwoordt hier.
    .phone = Ons telefoonnummer is { $phone }.
    .no_phone = Ik heb geen telefoonnummer dat ik u kan geven.
    .hours = Ons team is er op deze tijden: { $hours }.
    .no_hours = Ik heb geen openingstijden die ik u kan geven. U kunt hier altijd schrijven.
    .address = Ons postadres is { $address }.
    .no_address = Ik heb geen adres dat ik u kan geven.
    .languages = U kunt ons in deze talen schrijven: { $languages }.
    .here = U kunt ons hier altijd schrijven.
    .help_site = Onze hulpartikelen staan hier: { $url }
    .data = Wat u hier schrijft, wordt bij uw aanvraag bewaard. Een AI leest het om te antwoorden, en onze collega's kunnen het ook lezen.
    .privacy = De details staan in onze privacyverklaring: { $url }
    .no_privacy = Wilt u meer weten over uw gegevens, schrijf dan “{ $word }”, dan antwoordt een collega u.
# To a message that gives the assistant instructions.
off_topic = Ik kan u helpen met vragen over het gebruik van { $product }. Wat wilt u daar doen?

# Around what an article says.
opening =
    .email = Dank u voor uw bericht. Dit staat hierover in onze documentatie:
    .web_form = Dank u dat u contact met ons opneemt. Zo werkt het:
second_attempt = Het spijt me dat het nog niet werkt. Probeert u ook dit:
taking_up =
    .urgent = Ik begrijp dat het dringend is. Dit zou moeten helpen:
    .tried = Bedankt dat u schrijft wat u al hebt geprobeerd. Dit zou moeten helpen:
    .trouble = Het spijt me dat dit bij u niet werkt. Dit zou moeten helpen:
source =
    .plain = Uit ons hulpartikel “{ $title }”.
    .linked = Uit ons hulpartikel “{ $title }”: { $url }

form_answer =
    Er is een antwoord op uw aanvraag { $ticket }. U kunt het op deze pagina lezen: { $url }

    Als u ons niet hebt geschreven, hoeft u niets te doen.
    .subject = Antwoord op uw aanvraag { $ticket }

disclosure = Ik ben een AI-assistent. Schrijf “{ $word }” als u een medewerker wilt spreken.
    .word = medewerker

# By channel; a line with $ticket is left out where there is no number.
greeting =
    .email = Geachte { $name },
    .web_form = Goedendag { $name },
    .unnamed = Goedendag,
signature =
    .email =
        Met vriendelijke groet,
        { $support_name }
        Ticket { $ticket }
    .web_form =
        Uw ticketnummer is { $ticket }.
        { $support_name }

state =
    .waiting_for_us = We hebben uw bericht en werken aan een antwoord.
    .waiting_for_person = Uw bericht wacht op iemand van ons team, die alles leest en hier antwoordt.
    .with_person = Iemand van ons team heeft dit opgepakt en antwoordt hier.
    .waiting_for_customer = We hebben geantwoord. Schrijf opnieuw als er iets ontbreekt.
    .resolved = Dit is opgelost. Schrijf opnieuw als er nog iets is.
    .closed = Dit gesprek is gesloten.
