# What the system says in Italian. A profile overrides a text by its key, such as handover.refund.
# No text names a price or a promise; `closed`, said below a hand-over, alone names a date.

# By the reason of a hand-over; the line `ticket` follows.
handover =
    .pricing = Alle domande su prezzi e contratti rispondono persone. Ho passato il suo messaggio al nostro reparto vendite, che le risponderà.
    .refund = Sui rimborsi decidono persone. Ho passato il suo messaggio al nostro reparto fatturazione, che esaminerà il suo caso e le risponderà.
    .legal = Non posso rispondere a domande legali. Ho passato il suo messaggio alla persona responsabile, che le risponderà.
    .human_request = Certamente. Ho passato la sua conversazione a una persona del nostro team, che la leggerà e le risponderà qui.
    .negative_sentiment = Mi dispiace per i disagi che ha avuto. Ho passato la sua conversazione a una persona del nostro team, che la esaminerà personalmente e le risponderà.
    .no_kb_match = Non ho trovato una risposta affidabile nella nostra documentazione e non voglio tirare a indovinare. Ho passato la sua domanda a una persona del nostro team, che le risponderà.
    .model_unavailable = Al momento non posso rispondere io. Ho passato il suo messaggio a una persona del nostro team, che le risponderà.
    .repeated_failure = Mi dispiace di non essere riuscito a risolvere il problema. Ho passato la sua conversazione a una persona del nostro team, che la leggerà e le risponderà.
    .loop_guard = Ci siamo scambiati molti messaggi in poco tempo. Ho passato la conversazione a una persona del nostro team, che la leggerà e le risponderà.
    .danger = Ho passato il suo messaggio a una persona del nostro team, che lo leggerà e le risponderà qui.
    .company_topic = Ho passato il suo messaggio a una persona del nostro team, che lo leggerà e le risponderà qui.
    .delivery_failed = La mia ultima risposta non le è arrivata. Ho passato la sua conversazione a una persona del nostro team, che la contatterà.

ticket = Il suo numero di ticket è { $ticket }.
closed = Il nostro team non è disponibile in questo momento. Sarà di nuovo a disposizione { $opens }.
open = Il nostro team è presente oggi fino alle { $closes }.
expected_wait = Al momento la maggior parte delle persone riceve la risposta di un collega entro { $wait }.
open_question =
    .one = Nella nostra documentazione non ho trovato una risposta affidabile a «{ $question }», quindi ho passato questa domanda a un collega, che le risponderà.
    .many = Nella nostra documentazione non ho trovato una risposta affidabile a queste domande, quindi le ho passate a un collega, che le risponderà:
    .rest = Nella nostra documentazione non ho trovato una risposta affidabile al resto del suo messaggio, quindi l'ho passato a un collega, che le risponderà.
not_in_article = Il nostro articolo di aiuto «{ $title }» non ne parla e non voglio tirare a indovinare. Ho passato la sua domanda a un collega, che le risponderà.
apology = Mi dispiace, non sono riuscito a rispondere al suo messaggio. Non è andato perso: l'ho passato a una persona del nostro team, che le risponderà.
already_with_person = Grazie, l’ho aggiunto al suo ticket. La sua conversazione è in attesa di un collega, che leggerà anche questo prima di rispondere.
knowledge_unavailable = Al momento non posso consultare la nostra documentazione e non voglio tirare a indovinare. Ho passato la sua domanda a una persona del nostro team, che le risponderà.
cannot_read = Ho ricevuto il suo messaggio, ma non conteneva un testo che io possa leggere. Potrebbe dirmi in poche parole di che cosa ha bisogno?
# To messages without words.
received =
    .location = Grazie, ho annotato il luogo. Di cosa ha bisogno lì?
    .contact = Grazie, il contatto è conservato con il suo messaggio. Cosa posso fare per lei al riguardo?
    .voice = Qui non posso ascoltare i messaggi vocali. Può dirmi in poche parole di cosa ha bisogno?
    .again = Non riesco a leggere nemmeno questo messaggio, quindi ho passato i suoi messaggi a una persona del nostro team, che li guarderà e le risponderà.
# To a password, a code or a card number; the message itself is stored without it.
secret_received = Per favore, non invii password, codici o numeri di carta. Nessuno in { $company } ne ha bisogno. Cambi ciò che ha inviato, perché ora si trova in questa chat.
# To whoever ends our messages or wants them again; a message that says START does the latter in every language.
consent =
    .stopped = Non riceverà più messaggi da noi qui. Se cambia idea, scriva START.
    .resumed = Riceverà di nuovo i nostri messaggi qui. Cosa possiamo fare per lei?
attachments =
    .one = Non posso aprire gli allegati, quindi non ho visto il suo file. Resta con il suo messaggio.
    .many = Non posso aprire gli allegati, quindi non ho visto i suoi { $count } file. Restano con il suo messaggio.
# The only text that goes to an address which the sender only claims. It is true for whoever reads it.
unproven = Abbiamo ricevuto un'e-mail che indica questo indirizzo come mittente. È arrivata senza la prova di essere stata inviata da qui, quindi non rispondiamo per e-mail a ciò che dice. Se l'ha scritta lei, usi il modulo di assistenza o un altro contatto sul nostro sito. Altrimenti non deve fare nulla.

# Replies that need no article.
small_talk =
    .greeting = Come posso aiutarla con { $product }?
    .thanks = Prego, mi fa piacere che le sia stato utile. Ci scriva di nuovo se ha bisogno di altro.
    .acknowledgement = Prego. Ci scriva di nuovo se ha bisogno di altro.
    .while_waiting = Grazie. Un collega le risponderà qui.
    .afterwards = Prego.
    .chat = Sono un assistente IA e rispondo soprattutto a domande su { $product }. In che cosa posso aiutarla?
which_problem = Vorrei aiutarla. Potrebbe dirmi quale parte di { $product } riguarda, che cosa voleva fare e che cosa ha visto invece, per esempio un messaggio di errore?
what_happened = Mi dispiace che non sia servito. A quale passaggio si blocca e che cosa vede, per esempio un messaggio di errore?
# Where the answer may be in one of several articles: a numbered list of their titles stands between the two.
choice =
    .offer = Non sono sicuro di quale di questi argomenti si tratti:
    .other = Mi dispiace, non era quello che cercava. È uno di questi argomenti?
    .how = Risponda con il numero, per favore. Se nessuno è quello giusto, scriva «nessuno» e passerò la Sua domanda a un collega.
# To acts that need no article: { $word } brings a person.
not_understood = Non ho capito. In che cosa posso aiutarla?
abuse = Mi dispiace che qualcosa l'abbia infastidita. Mi dica che cosa non ha funzionato e cercherò di aiutarla, oppure scriva «{ $word }» e se ne occuperà un collega.
not_helped = Mi dispiace che non fosse questo. Che cosa voleva fare, o che cosa vede invece? Per parlare con una persona, scriva «{ $word }».
which_of = Di quale si tratta: { $options }?
call =
    .offered = Ho riferito che desidera essere chiamato. Se non lo ha ancora scritto, indichi per favore il numero e un orario adatto.
    .not_offered = Non posso fissare una chiamata, quindi ho passato la sua conversazione a un collega, che la leggerà e le risponderà qui.
# What is asked about the company and about who answers, by the company's profile.
about =
    .identity = Sono un assistente IA di { $company }, non una persona. Rispondo dai nostri articoli di aiuto, e ciò che non dicono passa a un collega.
    .person = Per parlare con una persona, scriva «{ $word }». Un collega leggerà tutta la conversazione e le risponderà qui.
    .phone = Il nostro numero di telefono è { $phone }.
    .no_phone = Non ho un numero di telefono da darle.
    .hours = Il nostro team è presente in questi orari: { $hours }.
    .no_hours = Non ho orari da darle. Può scrivere qui in qualsiasi momento.
    .address = Il nostro indirizzo postale è { $address }.
    .no_address = Non ho un indirizzo da darle.
    .languages = Può scriverci in queste lingue: { $languages }.
    .here = Può scriverci qui in qualsiasi momento.
    .help_site = I nostri articoli di aiuto sono qui: { $url }
    .data = Ciò che scrive qui viene conservato con la sua richiesta. Un'IA lo legge per rispondere, e anche i nostri colleghi possono leggerlo.
    .privacy = I dettagli sono nella nostra informativa sulla privacy: { $url }
    .no_privacy = Per sapere di più sui suoi dati, scriva «{ $word }» e un collega le risponderà.
# To a message that gives the assistant instructions.
off_topic = Posso aiutarla con domande sull'uso di { $product }. Che cosa desidera fare?

# Around what an article says.
opening =
    .email = Grazie per il suo messaggio. Ecco che cosa dice la nostra documentazione al riguardo:
    .web_form = Grazie per averci contattato. Ecco come funziona:
second_attempt = Mi dispiace che non funzioni ancora. Provi anche questo:
taking_up =
    .urgent = Capisco che è urgente. Questo dovrebbe aiutare:
    .tried = Grazie per avermi detto che cosa ha già provato. Questo dovrebbe aiutare:
    .trouble = Mi dispiace che non funzioni. Questo dovrebbe aiutare:
source =
    .plain = Dal nostro articolo di assistenza «{ $title }».
    .linked = Dal nostro articolo di assistenza «{ $title }»: { $url }

form_answer =
    C'è una risposta alla sua richiesta { $ticket }. Può leggerla in questa pagina: { $url }

    Se non ci ha scritto, non deve fare nulla.
    .subject = Risposta alla sua richiesta { $ticket }

disclosure = Sono un assistente IA. Per parlare con una persona, scriva «{ $word }».
    .word = persona

# By channel; a line with $ticket is left out where there is no number.
greeting =
    .email = Buongiorno { $name },
    .web_form = Buongiorno { $name },
    .unnamed = Buongiorno,
signature =
    .email =
        Cordiali saluti,
        { $support_name }
        Ticket { $ticket }
    .web_form =
        Il suo numero di ticket è { $ticket }.
        { $support_name }

state =
    .waiting_for_us = Abbiamo il suo messaggio e stiamo preparando una risposta.
    .waiting_for_person = Il suo messaggio è in attesa di una persona del nostro team, che leggerà tutto e risponderà qui.
    .with_person = Una persona del nostro team se ne occupa e risponderà qui.
    .waiting_for_customer = Abbiamo risposto. Scriva di nuovo se manca qualcosa.
    .resolved = È risolto. Scriva di nuovo se resta qualcosa.
    .closed = Questa conversazione è chiusa.
