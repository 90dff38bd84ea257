'use client';

import type { CustomerApi, TicketReference } from '../api/customer';
import { SendButton } from '../components/SendButton';
import { SendOutcome } from '../components/SendOutcome';
import { useSend } from '../hooks/useSend';
import { forgetKey, keyFor } from '../storage/idempotency';

interface ChoicesProps {
  api: CustomerApi;
  reference: TicketReference;
  choices: readonly string[];
  onSent: () => void;
  onAnnounce: (words: string) => void;
}

/** The topics that our last reply offers, as buttons: a click answers with one of them. */
export function Choices({ api, reference, choices, onSent, onAnnounce }: ChoicesProps) {
  const keySlot = `ticket.choice.${reference.ticketId}`;
  const { send, isBusy, isSlow, failure, waitSeconds } = useSend({ repeats: true });

  const choose = async (choice: string) => {
    const outcome = await send(() => api.sendMessage(reference, choice, keyFor(keySlot, choice)));
    if (!outcome || outcome.error) return;
    forgetKey(keySlot);
    onAnnounce('Your choice was sent.');
    onSent();
  };

  return (
    <section className="choices" role="group" aria-label="Choose a topic">
      {choices.map((choice) => (
        <SendButton
          key={choice}
          type="button"
          className="button"
          isBusy={isBusy}
          waitSeconds={waitSeconds}
          busyText="Sending…"
          onClick={() => choose(choice)}
        >
          {choice}
        </SendButton>
      ))}
      <SendOutcome failure={failure} isSlow={isSlow} />
    </section>
  );
}
