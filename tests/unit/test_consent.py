"""Tests the wish to get no more messages in the words that people use, and that nothing else passes for it."""

from __future__ import annotations

import pytest

from domain.consent import answers, find_wish


@pytest.mark.parametrize(
    "text",
    [
        "STOP", "Stop. Thank you", "please stop", "Stop, bitte!", "stop por favor", "STOP svp", "hi stop",
        "don't write to me any more", "Don’t message me again please", "do not text me anymore", "stop messaging me",
        "Please stop sending me messages", "no more messages please",
        "I don't want to receive any more messages from you",
        "remove me from your list", "take me off this list", "leave me alone", "Delete my number",
        "Unsubscribe me please",
        "I want to opt out", "stop these messages",
        "Bitte schreiben Sie mir nicht mehr", "Schreib mir nicht mehr!", "Keine Nachrichten mehr bitte",
        "Ich möchte keine Nachrichten mehr bekommen", "Hören Sie auf, mir zu schreiben", "Lassen Sie mich in Ruhe",
        "Löschen Sie meine Nummer", "Ich will nichts mehr von Ihnen hören", "Nehmen Sie mich bitte aus dem Verteiler",
        "No me escriban más", "Por favor no me manden más mensajes", "No quiero recibir más mensajes",
        "Dejen de escribirme",
        "Déjenme en paz", "quiero darme de baja",
        "Ne m'écrivez plus s'il vous plaît", "Merci de ne plus me contacter", "Arrêtez de m'envoyer des messages",
        "Je ne veux plus recevoir de messages", "Laissez-moi tranquille", "je souhaite me désabonner",
        "Non scrivetemi più", "Smettetela di scrivermi", "Non voglio più ricevere messaggi", "Lasciatemi in pace",
        "basta messaggi",
        "Não me mandem mais mensagens", "Parem de me escrever", "Não quero mais receber mensagens",
        "Me deixem em paz",
        "Stuur mij geen berichten meer", "Ik wil geen berichten meer ontvangen", "Stop met appen", "Laat me met rust",
        "geen berichten meer alstublieft",
    ],
)  # fmt: skip
def test_a_wish_to_stop_is_found_in_any_words(text: str) -> None:
    wish = find_wish(text)
    assert wish is not None
    assert wish.is_stop
    assert not wish.may_name_product


@pytest.mark.parametrize(
    "text",
    [
        "How do I stop the export?", "please stop the export", "Don't stop", "stop it now!", "Stop?",
        "the sync won't stop",
        "I don't want to receive notifications for archived projects", "stop sending me invoices for the old project",
        "Why do I get no more messages from my team in the app", "remove me from the project", "delete my account",
        "I no longer get messages from Slack", "Wie schreibe ich keine Nachrichten mehr in den Kanal",
        "Ich bekomme keine Nachrichten mehr", "keine Ahnung", "No me funciona más la exportación",
        "Je ne reçois plus de messages",
        "plus de messages dans la boîte de réception depuis hier", "Non mi funziona più", "Não recebo mais mensagens",
        "Ik krijg geen berichten meer", "how do I unsubscribe a guest from my project", "cancel", "quit", "end",
        "yes",
        "hör auf zu synchronisieren", "delete my number from the invoice address",
    ],
)  # fmt: skip
def test_a_message_about_anything_else_is_no_wish(text: str) -> None:
    assert find_wish(text) is None


@pytest.mark.parametrize(
    "text", ["Abmelden", "Parar", "revoke", "Baja", "Sair", "Arrêter", "afmelden", "Abmelden bitte"]
)
def test_a_word_of_the_product_is_marked_as_one(text: str) -> None:
    wish = find_wish(text)
    assert wish is not None
    assert wish.may_name_product
    assert answers(text, "Which part of TechCorp is this about?")
    assert answers("Abmelden", "Öffnen Sie das Menü und wählen Sie Abmelden.")
    assert not answers("Abmelden", "Exports are kept for a month.")
