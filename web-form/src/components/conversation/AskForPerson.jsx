'use client';

import { useState } from 'react';

import { useSend } from '../../hooks/useSend';
import { Notice } from '../Notice';
import { SendButton } from '../SendButton';
import { SendOutcome } from '../SendOutcome';

/** One click hands the conversation to a person. */
export function AskForPerson({ api, reference, onAsked, onAnnounce }) {
  const [isAsked, setAsked] = useState(false);
  const { send, isBusy, isSlow, failure, waitSeconds } = useSend();

  const ask = async () => {
    const outcome = await send(() => api.askForPerson(reference.ticketId, reference.token));
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
