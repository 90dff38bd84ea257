# What the system says in German. A profile overrides a text by its key, such as handover.refund.
# No text names a price or a promise; `closed`, said below a hand-over, alone names a date.

# By the reason of a hand-over; the line `ticket` follows.
handover =
    .pricing = Fragen zu Preisen und Verträgen beantworten bei uns Menschen. Ich habe Ihre Nachricht an das Vertriebsteam weitergegeben, das Ihnen antworten wird.
    .refund = Über Erstattungen entscheiden bei uns Menschen. Ich habe Ihre Nachricht an das Abrechnungsteam weitergegeben, das sich Ihren Fall ansieht und Ihnen antwortet.
    .legal = Rechtliche Fragen kann ich nicht beantworten. Ich habe Ihre Nachricht an die zuständigen Kolleginnen und Kollegen weitergegeben, die Ihnen antworten werden.
    .human_request = Gern. Ich habe Ihr Gespräch an einen Menschen aus unserem Team weitergegeben, der es liest und Ihnen hier antwortet.
    .negative_sentiment = Der Ärger, den Sie hatten, tut mir leid. Ich habe Ihr Gespräch an einen Menschen aus unserem Team weitergegeben, der es sich persönlich ansieht und Ihnen antwortet.
    .no_kb_match = Dazu habe ich in unserer Dokumentation keine verlässliche Antwort gefunden, und raten möchte ich nicht. Ich habe Ihre Frage an einen Menschen aus unserem Team weitergegeben, der Ihnen antworten wird.
    .model_unavailable = Das kann ich im Moment nicht selbst beantworten. Ich habe Ihre Nachricht an einen Menschen aus unserem Team weitergegeben, der Ihnen antworten wird.
    .repeated_failure = Das konnte ich für Sie leider nicht lösen. Ich habe Ihr Gespräch an einen Menschen aus unserem Team weitergegeben, der es liest und Ihnen antwortet.
    .loop_guard = Wir haben in kurzer Zeit viele Nachrichten ausgetauscht. Ich habe das Gespräch an einen Menschen aus unserem Team weitergegeben, der es liest und Ihnen antwortet.
    .danger = Ich habe Ihre Nachricht an einen Menschen aus unserem Team weitergegeben, der sie liest und Ihnen hier antwortet.
    .company_topic = Ich habe Ihre Nachricht an einen Menschen aus unserem Team weitergegeben, der sie liest und Ihnen hier antwortet.
    .delivery_failed = Meine letzte Antwort hat Sie nicht erreicht. Ich habe Ihr Gespräch an einen Menschen aus unserem Team weitergegeben, der sich bei Ihnen meldet.

ticket = Ihre Ticketnummer ist { $ticket }.
closed = Unser Team ist gerade nicht erreichbar. Es ist wieder da: { $opens }.
open = Unser Team ist heute bis { $closes } da.
expected_wait = Die meisten bekommen zurzeit innerhalb von { $wait } eine Antwort von einer Kollegin oder einem Kollegen.
open_question =
    .one = Auf „{ $question }“ habe ich in unserer Dokumentation keine verlässliche Antwort gefunden. Ich habe diese Frage deshalb an eine Kollegin oder einen Kollegen weitergegeben, die oder der Ihnen antwortet.
    .many = Auf diese Fragen habe ich in unserer Dokumentation keine verlässliche Antwort gefunden. Ich habe sie deshalb an eine Kollegin oder einen Kollegen weitergegeben, die oder der Ihnen antwortet:
    .rest = Auf den übrigen Teil Ihrer Nachricht habe ich in unserer Dokumentation keine verlässliche Antwort gefunden. Ich habe ihn deshalb an eine Kollegin oder einen Kollegen weitergegeben, die oder der Ihnen antwortet.
not_in_article = Dazu steht in unserem Hilfeartikel „{ $title }“ nichts, und raten möchte ich nicht. Ich habe Ihre Frage an eine Kollegin oder einen Kollegen weitergegeben, die oder der Ihnen antwortet.
apology = Ihre Nachricht konnte ich leider nicht beantworten. Sie ist nicht verloren: Ich habe sie an einen Menschen aus unserem Team weitergegeben, der Ihnen antworten wird.
already_with_person = Danke, das habe ich zu Ihrem Ticket hinzugefügt. Ihre Nachricht wartet auf eine Kollegin oder einen Kollegen; auch dies wird vor der Antwort gelesen.
knowledge_unavailable = Ich kann im Moment nicht in unserer Dokumentation nachsehen, und raten möchte ich nicht. Ich habe Ihre Frage an einen Menschen aus unserem Team weitergegeben, der Ihnen antworten wird.
cannot_read = Ihre Nachricht ist angekommen, enthielt aber keinen Text, den ich lesen kann. Wobei brauchen Sie Hilfe? Ein paar Worte genügen.
# To messages without words.
received =
    .location = Danke, den Ort habe ich notiert. Was brauchen Sie dort?
    .contact = Danke, der Kontakt ist bei Ihrer Nachricht gespeichert. Was kann ich dazu für Sie tun?
    .voice = Sprachnachrichten kann ich hier nicht anhören. Wobei brauchen Sie Hilfe? Ein paar Worte genügen.
    .again = Ich kann auch diese Nachricht nicht lesen. Ich habe Ihre Nachrichten an einen Menschen aus unserem Team weitergegeben, der sie sich ansieht und Ihnen antwortet.
# To a password, a code or a card number; the message itself is stored without it.
secret_received = Bitte senden Sie keine Passwörter, Codes oder Kartennummern. Niemand bei { $company } braucht sie. Bitte ändern Sie, was Sie gesendet haben, denn es steht jetzt in diesem Chat.
# To whoever ends our messages or wants them again; a message that says START does the latter in every language.
consent =
    .stopped = Sie bekommen hier keine Nachrichten mehr von uns. Wenn Sie es sich anders überlegen, schreiben Sie START.
    .resumed = Sie bekommen unsere Nachrichten hier wieder. Was können wir für Sie tun?
attachments =
    .one = Anhänge kann ich nicht öffnen, daher habe ich Ihre Datei nicht angesehen. Sie bleibt bei Ihrer Nachricht.
    .many = Anhänge kann ich nicht öffnen, daher habe ich Ihre { $count } Dateien nicht angesehen. Sie bleiben bei Ihrer Nachricht.
# The only text that goes to an address which the sender only claims. It is true for whoever reads it.
unproven = Wir haben eine E-Mail erhalten, die diese Adresse als Absender nennt. Wir konnten nicht bestätigen, dass sie von hier kam, und beantworten ihren Inhalt deshalb nicht per E-Mail. Falls Sie sie geschrieben haben, nutzen Sie bitte das Kontaktformular oder einen anderen Weg auf unserer Website. Falls nicht, brauchen Sie nichts zu tun.

# Replies that need no article.
small_talk =
    .greeting = Wie kann ich Ihnen mit { $product } helfen?
    .thanks = Gern geschehen, es freut mich, dass es geholfen hat. Schreiben Sie einfach wieder, wenn Sie noch etwas brauchen.
    .acknowledgement = Gern geschehen. Schreiben Sie einfach wieder, wenn Sie noch etwas brauchen.
    .while_waiting = Danke. Eine Kollegin oder ein Kollege antwortet Ihnen hier.
    .afterwards = Gern geschehen.
    .chat = Ich bin ein KI-Assistent und kenne mich am besten mit Fragen zu { $product } aus. Wobei kann ich Ihnen helfen?
which_problem = Ich möchte Ihnen gern helfen. Um welchen Teil von { $product } geht es, was wollten Sie tun und was haben Sie stattdessen gesehen, zum Beispiel eine Fehlermeldung?
what_happened = Es tut mir leid, dass das nicht geholfen hat. Bei welchem Schritt geht es nicht weiter, und was sehen Sie dort, zum Beispiel eine Fehlermeldung?
# Where the answer may be in one of several articles: a numbered list of their titles stands between the two.
choice =
    .offer = Ich bin nicht sicher, welches dieser Themen Sie meinen:
    .other = Entschuldigung, das war nicht, was Sie gesucht haben. Ist es eines dieser Themen?
    .how = Bitte antworten Sie mit der Nummer. Wenn keines passt, schreiben Sie „keines“, dann gebe ich Ihre Frage an eine Kollegin oder einen Kollegen weiter.
# To acts that need no article: { $word } brings a person.
not_understood = Das habe ich nicht verstanden. Wobei kann ich Ihnen helfen?
abuse = Es tut mir leid, dass Sie sich geärgert haben. Schreiben Sie mir, was schiefgelaufen ist, dann versuche ich zu helfen. Oder antworten Sie „{ $word }“, dann übernimmt eine Kollegin oder ein Kollege.
not_helped = Es tut mir leid, dass es das nicht war. Was wollten Sie tun, oder was sehen Sie stattdessen? Wenn Sie mit einem Menschen schreiben möchten, antworten Sie „{ $word }“.
which_of = Worum geht es genau: { $options }?
call =
    .offered = Ich habe weitergegeben, dass Sie angerufen werden möchten. Falls noch nicht geschehen, schreiben Sie bitte die Nummer und eine passende Zeit.
    .not_offered = Einen Anruf kann ich nicht vereinbaren. Ich habe Ihre Unterhaltung deshalb an eine Kollegin oder einen Kollegen weitergegeben, die oder der sie liest und Ihnen hier antwortet.
# What is asked about the company and about who answers, by the company's profile.
about =
    .identity = Ich bin ein KI-Assistent von { $company }, kein Mensch. Ich antworte aus unseren Hilfeartikeln; was dort nicht steht, geht an eine Kollegin oder einen Kollegen.
    .person = Wenn Sie mit einem Menschen schreiben möchten, antworten Sie „{ $word }“. Dann liest eine Kollegin oder ein Kollege die ganze Unterhaltung und antwortet hier.
    .phone = Unsere Telefonnummer ist { $phone }.
    .no_phone = Ich habe keine Telefonnummer, die ich Ihnen nennen könnte.
    .hours = Unser Team ist zu diesen Zeiten da: { $hours }.
    .no_hours = Ich habe keine Öffnungszeiten, die ich Ihnen nennen könnte. Schreiben können Sie hier jederzeit.
    .address = Unsere Postanschrift ist { $address }.
    .no_address = Ich habe keine Adresse, die ich Ihnen nennen könnte.
    .languages = Sie können uns in diesen Sprachen schreiben: { $languages }.
    .here = Sie können uns jederzeit hier schreiben.
    .help_site = Unsere Hilfeartikel stehen hier: { $url }
    .data = Was Sie hier schreiben, wird bei Ihrer Anfrage gespeichert. Eine KI liest es, um zu antworten, und auch unsere Kolleginnen und Kollegen können es lesen.
    .privacy = Genaueres steht in unserer Datenschutzerklärung: { $url }
    .no_privacy = Wenn Sie mehr über Ihre Daten wissen möchten, antworten Sie „{ $word }“, dann schreibt Ihnen eine Kollegin oder ein Kollege.
# To a message that gives the assistant instructions.
off_topic = Ich kann Ihnen bei Fragen zur Nutzung von { $product } helfen. Was möchten Sie dort tun?

# Around what an article says.
opening =
    .email = Vielen Dank für Ihre Nachricht. Das steht dazu in unserer Dokumentation:
    .web_form = Danke, dass Sie sich an uns wenden. So funktioniert es:
second_attempt = Es tut mir leid, dass es noch nicht funktioniert. Bitte versuchen Sie auch dies:
taking_up =
    .urgent = Ich verstehe, dass es eilt. Das sollte helfen:
    .tried = Danke, dass Sie schreiben, was Sie schon versucht haben. Das sollte helfen:
    .trouble = Es tut mir leid, dass das bei Ihnen nicht funktioniert. Das sollte helfen:
source =
    .plain = Aus unserem Hilfeartikel „{ $title }“.
    .linked = Aus unserem Hilfeartikel „{ $title }“: { $url }

form_answer =
    Auf Ihre Anfrage { $ticket } gibt es eine Antwort. Sie können sie auf dieser Seite lesen: { $url }

    Falls Sie uns nicht geschrieben haben, brauchen Sie nichts zu tun.
    .subject = Antwort auf Ihre Anfrage { $ticket }

disclosure = Ich bin ein KI-Assistent. Wenn Sie mit einem Menschen schreiben möchten, antworten Sie „{ $word }“.
    .word = Mensch

# By channel; a line with $ticket is left out where there is no number.
greeting =
    .email = Guten Tag { $name },
    .web_form = Guten Tag { $name },
    .unnamed = Guten Tag,
signature =
    .email =
        Mit freundlichen Grüßen
        { $support_name }
        Ticket { $ticket }
    .web_form =
        Ihre Ticketnummer ist { $ticket }.
        { $support_name }

state =
    .waiting_for_us = Wir haben Ihre Nachricht und arbeiten an einer Antwort.
    .waiting_for_person = Ihre Nachricht wartet auf jemanden aus unserem Team, der alles liest und hier antwortet.
    .with_person = Jemand aus unserem Team hat das übernommen und antwortet hier.
    .waiting_for_customer = Wir haben geantwortet. Schreiben Sie wieder, wenn etwas fehlt.
    .resolved = Das ist erledigt. Schreiben Sie wieder, wenn noch etwas offen ist.
    .closed = Diese Unterhaltung ist geschlossen.
