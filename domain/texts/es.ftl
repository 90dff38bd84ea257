# What the system says in Spanish. A profile overrides a text by its key, such as handover.refund.
# No text names a price or a promise; `closed`, said below a hand-over, alone names a date.

# By the reason of a hand-over; the line `ticket` follows.
handover =
    .pricing = Las preguntas sobre precios y contratos las responden personas. He pasado su mensaje a nuestro equipo de ventas, que le responderá.
    .refund = Sobre los reembolsos deciden personas. He pasado su mensaje a nuestro equipo de facturación, que revisará su caso y le responderá.
    .legal = No puedo responder preguntas legales. He pasado su mensaje a la persona responsable, que le responderá.
    .human_request = Por supuesto. He pasado su conversación a una persona de nuestro equipo, que la leerá y le responderá aquí.
    .negative_sentiment = Lamento las molestias que ha tenido. He pasado su conversación a una persona de nuestro equipo, que la verá personalmente y le responderá.
    .no_kb_match = No he encontrado una respuesta fiable en nuestra documentación y no quiero adivinar. He pasado su pregunta a una persona de nuestro equipo, que le responderá.
    .model_unavailable = En este momento no puedo responder yo. He pasado su mensaje a una persona de nuestro equipo, que le responderá.
    .repeated_failure = Lamento no haber podido resolverlo. He pasado su conversación a una persona de nuestro equipo, que la leerá y le responderá.
    .loop_guard = Hemos intercambiado muchos mensajes en poco tiempo. He pasado la conversación a una persona de nuestro equipo, que la leerá y le responderá.
    .danger = He pasado su mensaje a una persona de nuestro equipo, que lo leerá y le responderá aquí.
    .company_topic = He pasado su mensaje a una persona de nuestro equipo, que lo leerá y le responderá aquí.
    .delivery_failed = Mi última respuesta no le ha llegado. He pasado su conversación a una persona de nuestro equipo, que se pondrá en contacto con usted.

ticket = Su número de ticket es { $ticket }.
closed = Nuestro equipo no está disponible en este momento. Vuelve a atender el { $opens }.
open = Nuestro equipo está disponible hoy hasta las { $closes }.
expected_wait = Actualmente, la mayoría recibe la respuesta de una persona del equipo en un plazo de { $wait }.
open_question =
    .one = En nuestra documentación no he encontrado una respuesta fiable a «{ $question }», así que he pasado esta pregunta a un compañero, que le responderá.
    .many = En nuestra documentación no he encontrado una respuesta fiable a estas preguntas, así que las he pasado a un compañero, que le responderá:
    .rest = En nuestra documentación no he encontrado una respuesta fiable al resto de su mensaje, así que lo he pasado a un compañero, que le responderá.
not_in_article = Nuestro artículo de ayuda «{ $title }» no dice nada sobre esto y no quiero adivinar. He pasado su pregunta a un compañero, que le responderá.
apology = Lo siento, no he podido responder a su mensaje. No se ha perdido: lo he pasado a una persona de nuestro equipo, que le responderá.
already_with_person = Gracias, lo he añadido a su ticket. Su conversación está a la espera de un compañero, que también leerá esto antes de responder.
knowledge_unavailable = En este momento no puedo consultar nuestra documentación y no quiero adivinar. He pasado su pregunta a una persona de nuestro equipo, que le responderá.
cannot_read = He recibido su mensaje, pero no contenía texto que pueda leer. ¿Podría decirme en pocas palabras en qué necesita ayuda?
# To messages without words.
received =
    .location = Gracias, he anotado el lugar. ¿Qué necesita allí?
    .contact = Gracias, el contacto queda guardado con su mensaje. ¿Qué puedo hacer por usted al respecto?
    .voice = Aquí no puedo escuchar mensajes de voz. ¿Podría decirme en pocas palabras en qué necesita ayuda?
    .again = Tampoco puedo leer este mensaje, así que he pasado sus mensajes a una persona de nuestro equipo, que los verá y le responderá.
# To a password, a code or a card number; the message itself is stored without it.
secret_received = Por favor, no envíe contraseñas, códigos ni números de tarjeta. Nadie en { $company } los necesita. Cambie lo que ha enviado, porque ahora está en este chat.
# To whoever ends our messages or wants them again; a message that says START does the latter in every language.
consent =
    .stopped = No recibirá más mensajes nuestros aquí. Si cambia de opinión, escriba START.
    .resumed = Volverá a recibir nuestros mensajes aquí. ¿Qué podemos hacer por usted?
attachments =
    .one = No puedo abrir archivos adjuntos, así que no he visto su archivo. Queda guardado con su mensaje.
    .many = No puedo abrir archivos adjuntos, así que no he visto sus { $count } archivos. Quedan guardados con su mensaje.
# The only text that goes to an address which the sender only claims. It is true for whoever reads it.
unproven = Hemos recibido un correo que indica esta dirección como remitente. No hemos podido confirmar que se envió desde aquí, por lo que no respondemos a su contenido por correo. Si lo escribió usted, utilice el formulario de contacto u otra vía de nuestro sitio web. Si no fue usted, no tiene que hacer nada.

# Replies that need no article.
small_talk =
    .greeting = ¿En qué puedo ayudarle con { $product }?
    .thanks = De nada, me alegra que le haya servido. Escríbanos de nuevo si necesita algo más.
    .acknowledgement = De nada. Escríbanos de nuevo si necesita algo más.
    .while_waiting = Gracias. Un compañero le responderá aquí.
    .afterwards = De nada.
    .chat = Soy un asistente de IA y lo que mejor se me da son las preguntas sobre { $product }. ¿En qué puedo ayudarle?
which_problem = Me gustaría ayudarle. ¿Podría decirme a qué parte de { $product } se refiere, qué intentaba hacer y qué vio en su lugar, por ejemplo un mensaje de error?
what_happened = Siento que no haya ayudado. ¿En qué paso se queda parado y qué ve ahí, por ejemplo un mensaje de error?
# Where the answer may be in one of several articles: a numbered list of their titles stands between the two.
choice =
    .offer = No estoy seguro de a cuál de estos temas se refiere:
    .other = Disculpe, no era lo que buscaba. ¿Es alguno de estos temas?
    .how = Responda con su número, por favor. Si ninguno es el correcto, escriba «ninguno» y pasaré su pregunta a un compañero.
# To acts that need no article: { $word } brings a person.
not_understood = No he entendido eso. ¿En qué puedo ayudarle?
abuse = Siento que algo le haya molestado. Dígame qué ha ido mal e intentaré ayudarle, o escriba «{ $word }» y un compañero se hará cargo.
not_helped = Siento que no fuera eso. ¿Qué quería hacer, o qué ve en su lugar? Para hablar con una persona, escriba «{ $word }».
which_of = ¿De cuál se trata: { $options }?
call =
    .offered = He transmitido que desea que le llamen. Si aún no lo ha escrito, indique por favor el número y una hora que le venga bien.
    .not_offered = No puedo concertar una llamada, así que he pasado su conversación a un compañero, que la leerá y le responderá aquí.
# What is asked about the company and about who answers, by the company's profile.
about =
    .identity = Soy un asistente de IA de { $company }, no una persona. Respondo con nuestros artículos de ayuda, y lo que no está en ellos pasa a un compañero.
    .person = Para hablar con una persona, escriba «{ $word }». Un compañero leerá toda la conversación y le responderá aquí.
    .phone = Nuestro número de teléfono es { $phone }.
    .no_phone = No tengo ningún número de teléfono que pueda darle.
    .hours = Nuestro equipo está disponible en este horario: { $hours }.
    .no_hours = No tengo ningún horario que pueda darle. Puede escribir aquí en cualquier momento.
    .address = Nuestra dirección postal es { $address }.
    .no_address = No tengo ninguna dirección que pueda darle.
    .languages = Puede escribirnos en estos idiomas: { $languages }.
    .here = Puede escribirnos aquí en cualquier momento.
    .help_site = Nuestros artículos de ayuda están aquí: { $url }
    .data = Lo que escribe aquí se guarda con su consulta. Una IA lo lee para responder, y nuestros compañeros también pueden leerlo.
    .privacy = Los detalles están en nuestro aviso de privacidad: { $url }
    .no_privacy = Para saber más sobre sus datos, escriba «{ $word }» y un compañero le responderá.
# To a message that gives the assistant instructions.
off_topic = Puedo ayudarle con preguntas sobre el uso de { $product }. ¿Qué le gustaría hacer?

# Around what an article says.
opening =
    .email = Gracias por su mensaje. Esto es lo que dice nuestra documentación al respecto:
    .web_form = Gracias por ponerse en contacto con nosotros. Funciona así:
second_attempt = Siento que todavía no funcione. Por favor, pruebe también esto:
taking_up =
    .urgent = Entiendo que es urgente. Esto debería ayudar:
    .tried = Gracias por contarme lo que ya ha intentado. Esto debería ayudar:
    .trouble = Siento que no le funcione. Esto debería ayudar:
source =
    .plain = De nuestro artículo de ayuda «{ $title }».
    .linked = De nuestro artículo de ayuda «{ $title }»: { $url }

form_answer =
    Hay una respuesta a su consulta { $ticket }. Puede leerla en esta página: { $url }

    Si no nos ha escrito, no tiene que hacer nada.
    .subject = Respuesta a su consulta { $ticket }

disclosure = Soy un asistente de IA. Para hablar con una persona, escriba «{ $word }».
    .word = persona

# By channel; a line with $ticket is left out where there is no number.
greeting =
    .email = Hola, { $name }:
    .web_form = Hola, { $name }:
    .unnamed = Hola:
signature =
    .email =
        Atentamente,
        { $support_name }
        Ticket { $ticket }
    .web_form =
        Su número de ticket es { $ticket }.
        { $support_name }

state =
    .waiting_for_us = Tenemos su mensaje y estamos preparando una respuesta.
    .waiting_for_person = Su mensaje está a la espera de una persona de nuestro equipo, que lo leerá todo y responderá aquí.
    .with_person = Una persona de nuestro equipo se ocupa de esto y responderá aquí.
    .waiting_for_customer = Hemos respondido. Escriba de nuevo si falta algo.
    .resolved = Esto está resuelto. Escriba de nuevo si queda algo pendiente.
    .closed = Esta conversación está cerrada.
