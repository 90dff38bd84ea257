# What the system says in English. A profile overrides a text by its key, such as handover.refund.
# No text names a price or a promise; `closed` and `open`, said below a hand-over, alone name a time, `expected_wait` what is usual.

# By the reason of a hand-over; the line `ticket` follows.
handover =
    .pricing = Questions about prices and contracts are answered by people here, so I have passed your message on to a colleague from our sales team, who will reply to you.
    .refund = Refunds are decided by people here, so I have passed your message on to a colleague from our billing team, who will look at your case and reply to you.
    .legal = I can't answer legal questions, so I have passed your message on to a colleague who is responsible for them and will reply to you.
    .human_request = Of course. I have passed your conversation on to a colleague, who will read it and reply to you here.
    .negative_sentiment = I'm sorry about the trouble you have had. I have passed your conversation on to a colleague, who will look at it personally and reply to you.
    .no_kb_match = I could not find a reliable answer to this in our documentation, and I don't want to guess. I have passed your question on to a colleague, who will reply to you.
    .model_unavailable = I can't answer this myself at the moment, so I have passed your message on to a colleague, who will reply to you.
    .repeated_failure = I have not managed to solve this for you, and I'm sorry about that. I have passed your conversation on to a colleague, who will read it and reply to you.
    .loop_guard = We have exchanged many messages in a short time, so I have passed the conversation on to a colleague, who will read it and reply to you.
    .danger = I have passed your message on to a colleague, who will read it and reply to you here.
    .company_topic = I have passed your message on to a colleague, who will read it and reply to you here.
    .delivery_failed = My last reply did not reach you, so I have passed the conversation on to a colleague, who will get in touch with you.

ticket = Your ticket number is { $ticket }.
closed = Our team is not available right now. It is back on { $opens }.
open = Our team is there today until { $closes }.
expected_wait = Most people currently get a colleague's answer within { $wait }.
# Below the answers to the other questions of a message; the line `ticket` follows.
open_question =
    .one = I found no reliable answer in our documentation to “{ $question }”, so I have passed this question on to a colleague, who will reply to you.
    .many = I found no reliable answer in our documentation to these questions, so I have passed them on to a colleague, who will reply to you:
    .rest = I found no reliable answer in our documentation to the rest of your message, so I have passed it on to a colleague, who will reply to you.
# To a further question about an article that does not answer it; the line `ticket` follows.
not_in_article = Our help article “{ $title }” says nothing about this, and I don't want to guess. I have passed your question on to a colleague, who will reply to you.
apology = I'm sorry, I could not answer your message. It is not lost: I have passed it on to a colleague, who will reply to you.
already_with_person = Thank you, I have added this to your ticket. Your conversation waits for a colleague, who will read this as well before replying.
knowledge_unavailable = I can't look things up in our documentation at the moment and don't want to guess, so I have passed your question on to a colleague, who will reply to you.
cannot_read = I received your message, but there was no text in it that I can read. Could you tell me in a few words what you need help with?
# To messages without words.
received =
    .location = Thank you, I have noted the place. What do you need there?
    .contact = Thank you, I have kept the contact with your message. What can I do for you about it?
    .voice = I can't listen to voice messages here. Could you tell me in a few words what you need help with?
    .again = I still can't read what you send, so I have passed your messages on to a colleague, who will look at them and reply to you.
# To a password, a code or a card number; the message itself is stored without it.
secret_received = Please do not send passwords, codes or card numbers. Nobody at { $company } needs them. Please change what you sent, since it is now in this chat.
# To whoever ends our messages or wants them again; a message that says START does the latter in every language.
consent =
    .stopped = You will get no more messages from us here. If you change your mind, write START.
    .resumed = You will get our messages here again. What can we do for you?
attachments =
    .one = I can't open attachments, so I have not looked at your file. It is kept with your message.
    .many = I can't open attachments, so I have not looked at your { $count } files. They are kept with your message.
# The only text that goes to an address which the sender only claims. It is true for whoever reads it.
unproven = We have received an e-mail that names this address as its sender. It came without proof that it was sent from here, so we do not answer what it says by e-mail. If you wrote it, please use the support form or another contact on our website. If you did not, you need not do anything.

# Replies that need no article.
small_talk =
    .greeting = How can I help you with { $product }?
    .thanks = You are welcome, I am glad it helped. Just write again if anything else comes up.
    .acknowledgement = You are welcome. Just write again if anything else comes up.
    .while_waiting = Thank you. A colleague will reply here.
    .afterwards = You are welcome.
    .chat = I am an AI assistant and best at questions about { $product }. What can I help you with?
which_problem = I'd like to help. Could you tell me which part of { $product } this is about, what you were trying to do, and what you saw instead, for example an error message?
# To “it didn't work”, once.
what_happened = I am sorry that this did not help. At which step does it get stuck, and what do you see there, for example an error message?
# Where the answer may be in one of several articles: a numbered list of their titles stands between the two.
choice =
    .offer = I am not sure which of these you mean:
    .other = I am sorry, that was not what you were looking for. Is it one of these?
    .how = Please reply with its number. If none of them fits, write “none” and I will pass your question on to a colleague.
# To acts that need no article: { $word } brings a person.
not_understood = I did not understand that. What can I help you with?
abuse = I'm sorry that something has annoyed you. Tell me what went wrong and I will try to help, or write “{ $word }” and a colleague takes over.
not_helped = I'm sorry that this was not it. What did you want to do, or what do you see instead? To reach a person, write “{ $word }”.
which_of = Which one is it: { $options }?
call =
    .offered = I have passed on that you would like a call. If you have not written it yet, please write the number and a good time for you.
    .not_offered = I can't arrange a call, so I have passed your conversation on to a colleague, who will read it and reply to you here.
# What is asked about the company and about who answers, by the company's profile.
about =
    .identity = I am an AI assistant of { $company }, not a person. I answer from our help articles, and what they don't say goes to a colleague.
    .person = To reach a person, write “{ $word }”. A colleague then reads the whole conversation and replies here.
    .phone = Our telephone number is { $phone }.
    .no_phone = I have no telephone number that I could give you.
    .hours = Our team is there at these times: { $hours }.
    .no_hours = I have no opening hours that I could give you. You can write here at any time.
    .address = Our postal address is { $address }.
    .no_address = I have no address that I could give you.
    .languages = You can write to us in these languages: { $languages }.
    .here = You can write to us right here at any time.
    .help_site = Our help articles are here: { $url }
    .data = What you write here is stored with your request. An AI reads it in order to answer, and our colleagues can read it too.
    .privacy = Our privacy notice has the details: { $url }
    .no_privacy = For more about your data, write “{ $word }”, and a colleague will answer you.
# To a message that gives the assistant instructions.
off_topic = I can help with questions about using { $product }. What would you like to do there?

# Around what an article says.
opening =
    .email = Thank you for your message. This is what our documentation says about it:
    .web_form = Thanks for getting in touch. Here is how it works:
second_attempt = I am sorry that it still does not work. Please try this as well:
# In place of the opening where the customer is in a hurry, has tried things, or something does not work.
taking_up =
    .urgent = I understand that this is urgent. This should help:
    .tried = Thank you for telling me what you have tried. This should help:
    .trouble = I'm sorry that this is not working for you. This should help:
source =
    .plain = From our help article “{ $title }”.
    .linked = From our help article “{ $title }”: { $url }

# Mailed to the address that was typed into a form: no typed word stands in it.
form_answer =
    There is an answer to your request { $ticket }. You can read it on this page: { $url }

    If you did not write to us, you need not do anything.
    .subject = An answer to your request { $ticket }

# The first automatic message of a conversation says this; the word alone brings a person.
disclosure = I am an AI assistant. To reach a person, write “{ $word }”.
    .word = person

# By channel; a line with $ticket is left out where there is no number.
greeting =
    .email = Dear { $name },
    .web_form = Hello { $name },
    .unnamed = Hello,
signature =
    .email =
        Kind regards,
        { $support_name }
        Ticket { $ticket }
    .web_form =
        Your ticket is { $ticket }.
        { $support_name }

# Whose turn it is, on the customer's page.
state =
    .waiting_for_us = We have your message and are working on an answer.
    .waiting_for_person = Your message waits for a person on our team, who will read everything and reply here.
    .with_person = A person on our team has taken this up and will reply here.
    .waiting_for_customer = We have replied. Write again if anything is missing.
    .resolved = This is settled. Write again if anything is left.
    .closed = This conversation is closed.
