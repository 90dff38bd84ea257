# What the system says in Portuguese. A profile overrides a text by its key, such as handover.refund.
# No text names a price or a promise; `closed`, said below a hand-over, alone names a date.

# By the reason of a hand-over; the line `ticket` follows.
handover =
    .pricing = As perguntas sobre preços e contratos são respondidas por pessoas. Encaminhei a sua mensagem à nossa equipa de vendas, que lhe responderá.
    .refund = Sobre reembolsos decidem pessoas. Encaminhei a sua mensagem à nossa equipa de faturação, que vai analisar o seu caso e lhe responderá.
    .legal = Não posso responder a perguntas jurídicas. Encaminhei a sua mensagem à pessoa responsável, que lhe responderá.
    .human_request = Com certeza. Encaminhei a sua conversa a uma pessoa da nossa equipa, que a vai ler e lhe responderá aqui.
    .negative_sentiment = Lamento os incómodos que teve. Encaminhei a sua conversa a uma pessoa da nossa equipa, que a vai analisar pessoalmente e lhe responderá.
    .no_kb_match = Não encontrei uma resposta fiável na nossa documentação e não quero adivinhar. Encaminhei a sua pergunta a uma pessoa da nossa equipa, que lhe responderá.
    .model_unavailable = Neste momento não consigo responder eu. Encaminhei a sua mensagem a uma pessoa da nossa equipa, que lhe responderá.
    .repeated_failure = Lamento não ter conseguido resolver isto. Encaminhei a sua conversa a uma pessoa da nossa equipa, que a vai ler e lhe responderá.
    .loop_guard = Trocámos muitas mensagens em pouco tempo. Encaminhei a conversa a uma pessoa da nossa equipa, que a vai ler e lhe responderá.
    .danger = Encaminhei a sua mensagem a uma pessoa da nossa equipa, que a vai ler e responder-lhe aqui.
    .company_topic = Encaminhei a sua mensagem a uma pessoa da nossa equipa, que a vai ler e responder-lhe aqui.
    .delivery_failed = A minha última resposta não lhe chegou. Encaminhei a sua conversa a uma pessoa da nossa equipa, que vai entrar em contacto consigo.

ticket = O número do seu ticket é { $ticket }.
closed = A nossa equipa não está disponível neste momento. Volta a estar disponível: { $opens }.
open = A nossa equipa está disponível hoje até às { $closes }.
expected_wait = Neste momento, a maioria das pessoas recebe a resposta de um colega no prazo de { $wait }.
open_question =
    .one = Não encontrei na nossa documentação uma resposta fiável para “{ $question }”, por isso encaminhei esta pergunta a um colega, que lhe responderá.
    .many = Não encontrei na nossa documentação uma resposta fiável para estas perguntas, por isso encaminhei-as a um colega, que lhe responderá:
    .rest = Não encontrei na nossa documentação uma resposta fiável para o resto da sua mensagem, por isso encaminhei-o a um colega, que lhe responderá.
not_in_article = O nosso artigo de ajuda “{ $title }” não diz nada sobre isto, e não quero adivinhar. Encaminhei a sua pergunta a um colega, que lhe responderá.
apology = Lamento, não consegui responder à sua mensagem. Não se perdeu: encaminhei-a a uma pessoa da nossa equipa, que lhe responderá.
already_with_person = Obrigado, acrescentei isto ao seu ticket. A sua conversa aguarda um colega, que também lerá isto antes de responder.
knowledge_unavailable = Neste momento não consigo consultar a nossa documentação e não quero adivinhar. Encaminhei a sua pergunta a uma pessoa da nossa equipa, que lhe responderá.
cannot_read = Recebi a sua mensagem, mas não tinha texto que eu consiga ler. Pode dizer-me em poucas palavras de que ajuda precisa?
# To messages without words.
received =
    .location = Obrigado, anotei o local. De que precisa lá?
    .contact = Obrigado, o contato fica guardado com a sua mensagem. O que posso fazer por si a esse respeito?
    .voice = Aqui não consigo ouvir mensagens de voz. Pode dizer-me em poucas palavras em que precisa de ajuda?
    .again = Também não consigo ler esta mensagem, por isso passei as suas mensagens a uma pessoa da nossa equipa, que as verá e lhe responderá.
# To a password, a code or a card number; the message itself is stored without it.
secret_received = Por favor, não envie palavras-passe, códigos nem números de cartão. Ninguém na { $company } precisa deles. Altere o que enviou, porque agora está nesta conversa.
# To whoever ends our messages or wants them again; a message that says START does the latter in every language.
consent =
    .stopped = Não receberá mais mensagens nossas aqui. Se mudar de ideias, escreva START.
    .resumed = Voltará a receber as nossas mensagens aqui. O que podemos fazer por si?
attachments =
    .one = Não consigo abrir anexos, por isso não vi o seu ficheiro. Fica com a sua mensagem.
    .many = Não consigo abrir anexos, por isso não vi os seus { $count } ficheiros. Ficam com a sua mensagem.
# The only text that goes to an address which the sender only claims. It is true for whoever reads it.
unproven = Recebemos um e-mail que indica este endereço como remetente. Chegou sem prova de ter sido enviado daqui, por isso não respondemos por e-mail ao que diz. Se o escreveu, use o formulário de apoio ou outro contacto no nosso site. Se não, não precisa de fazer nada.

# Replies that need no article.
small_talk =
    .greeting = Em que posso ajudar com { $product }?
    .thanks = De nada, ainda bem que ajudou. Escreva-nos novamente se precisar de mais alguma coisa.
    .acknowledgement = De nada. Escreva-nos novamente se precisar de mais alguma coisa.
    .while_waiting = Obrigado. Um colega responderá aqui.
    .afterwards = De nada.
    .chat = Sou um assistente de IA e respondo sobretudo a perguntas sobre { $product }. Em que posso ajudar?
which_problem = Gostaria de ajudar. Pode dizer-me de que parte de { $product } se trata, o que pretendia fazer e o que viu em vez disso, por exemplo uma mensagem de erro?
what_happened = Lamento que isto não tenha ajudado. Em que passo fica bloqueado, e o que vê aí, por exemplo uma mensagem de erro?
# Where the answer may be in one of several articles: a numbered list of their titles stands between the two.
choice =
    .offer = Não tenho a certeza de qual destes assuntos se trata:
    .other = Lamento, não era o que procurava. É um destes temas?
    .how = Responda com o número, por favor. Se nenhum servir, escreva «nenhum» e passarei a sua pergunta a um colega.
# To acts that need no article: { $word } brings a person.
not_understood = Não percebi. Em que posso ajudar?
abuse = Lamento que algo o tenha aborrecido. Diga-me o que correu mal e tentarei ajudar, ou escreva «{ $word }» e um colega assume a conversa.
not_helped = Lamento que não fosse isso. O que pretendia fazer, ou o que vê em vez disso? Para falar com uma pessoa, escreva «{ $word }».
which_of = De qual se trata: { $options }?
call =
    .offered = Transmiti que gostaria de receber uma chamada. Se ainda não o escreveu, indique por favor o número e uma hora que lhe convenha.
    .not_offered = Não posso marcar uma chamada, por isso passei a sua conversa a um colega, que a vai ler e responder aqui.
# What is asked about the company and about who answers, by the company's profile.
about =
    .identity = Sou um assistente de IA da { $company }, não uma pessoa. Respondo a partir dos nossos artigos de ajuda, e o que eles não dizem passa para um colega.
    .person = Para falar com uma pessoa, escreva «{ $word }». Um colega lê então toda a conversa e responde aqui.
    .phone = O nosso número de telefone é { $phone }.
    .no_phone = Não tenho nenhum número de telefone para lhe dar.
    .hours = A nossa equipa está disponível neste horário: { $hours }.
    .no_hours = Não tenho nenhum horário para lhe dar. Pode escrever aqui a qualquer momento.
    .address = A nossa morada postal é { $address }.
    .no_address = Não tenho nenhuma morada para lhe dar.
    .languages = Pode escrever-nos nestas línguas: { $languages }.
    .here = Pode escrever-nos aqui a qualquer momento.
    .help_site = Os nossos artigos de ajuda estão aqui: { $url }
    .data = O que escreve aqui é guardado com o seu pedido. Uma IA lê-o para responder, e os nossos colegas também o podem ler.
    .privacy = Os detalhes estão no nosso aviso de privacidade: { $url }
    .no_privacy = Para saber mais sobre os seus dados, escreva «{ $word }» e um colega responderá.
# To a message that gives the assistant instructions.
off_topic = Posso ajudar com perguntas sobre a utilização de { $product }. O que gostaria de fazer?

# Around what an article says.
opening =
    .email = Obrigado pela sua mensagem. É isto que a nossa documentação diz sobre o assunto:
    .web_form = Obrigado pelo seu contacto. Funciona assim:
second_attempt = Lamento que ainda não funcione. Por favor, experimente também isto:
taking_up =
    .urgent = Compreendo que é urgente. Isto deve ajudar:
    .tried = Obrigado por dizer o que já tentou. Isto deve ajudar:
    .trouble = Lamento que isto não funcione consigo. Isto deve ajudar:
source =
    .plain = Do nosso artigo de ajuda «{ $title }».
    .linked = Do nosso artigo de ajuda «{ $title }»: { $url }

form_answer =
    Há uma resposta ao seu pedido { $ticket }. Pode lê-la nesta página: { $url }

    Se não nos escreveu, não precisa de fazer nada.
    .subject = Resposta ao seu pedido { $ticket }

disclosure = Sou um assistente de IA. Para falar com uma pessoa, escreva «{ $word }».
    .word = pessoa

# By channel; a line with $ticket is left out where there is no number.
greeting =
    .email = Bom dia, { $name },
    .web_form = Bom dia, { $name },
    .unnamed = Bom dia,
signature =
    .email =
        Com os melhores cumprimentos,
        { $support_name }
        Ticket { $ticket }
    .web_form =
        O número do seu ticket é { $ticket }.
        { $support_name }

state =
    .waiting_for_us = Temos a sua mensagem e estamos a preparar uma resposta.
    .waiting_for_person = A sua mensagem aguarda uma pessoa da nossa equipa, que lerá tudo e responderá aqui.
    .with_person = Uma pessoa da nossa equipa está a tratar disto e responderá aqui.
    .waiting_for_customer = Respondemos. Escreva de novo se faltar algo.
    .resolved = Está resolvido. Escreva de novo se ficou algo por resolver.
    .closed = Esta conversa está encerrada.
