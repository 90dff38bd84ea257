'use client';

import { useState } from 'react';

import type { CustomerApi, TicketReference } from '../api/customer';
import { Notice } from '../components/Notice';
import { SendButton } from '../components/SendButton';
import { SendOutcome } from '../components/SendOutcome';
import { useSend } from '../hooks/useSend';

interface AskForPersonProps {
  api: CustomerApi;
  reference: TicketReference;
  onAsked: () => void;
  onAnnounce: (words: string) => void;
}

/** One click hands the conversation to a person. */
export function AskForPerson({ api, reference, onAsked, onAnnounce }: AskForPersonProps) {
  const [isAsked, setAsked] = useState(false);
  const { send, isBusy, isSlow, failure, waitSeconds } = useSend();

  const ask = async () => {
    const outcome = await send(() => api.askForPerson(reference));
    if (!outcome || outcome.error) return;
    setAsked(true);
    onAnnounce('A person will take over this conversation.');
    onAsked();
  };

  if (isAsked) {
    return (
      <Notice tone="success" title="A person will take over">
        We passed the whole conversation on. You can leave this page; the answer stays here.
      </Notice>
    );
  }
  return (
    <section className="ask" aria-labelledby="ask-title">
      <div>
        <h2 id="ask-title">Rather talk to a person?</h2>
        <p className="muted small">Someone from our team reads everything so far and answers here.</p>
      </div>
      <SendButton type="button" className="button" isBusy={isBusy} waitSeconds={waitSeconds} busyText="Asking…" onClick={ask}>
        Ask for a person
      </SendButton>
      <SendOutcome failure={failure} isSlow={isSlow} />
    </section>
  );
}
