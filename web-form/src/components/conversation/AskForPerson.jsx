'use client';

import { useRef, useState } from 'react';

import { useCountdown } from '../../hooks/useCountdown';
import { explainFailure } from '../../services/failures';
import { Notice } from '../Notice';
import { SendButton } from '../SendButton';

/** One click hands the conversation to a person. */
export function AskForPerson({ api, reference, onAsked, onAnnounce }) {
  const [isBusy, setBusy] = useState(false);
  const [isAsked, setAsked] = useState(false);
  const [failure, setFailure] = useState(null);
  const waitSeconds = useCountdown(failure?.retryAfterSeconds, failure);
  const busy = useRef(false);

  const ask = async () => {
    if (busy.current) return;
    busy.current = true;
    setBusy(true);
    setFailure(null);
    try {
      await api.askForPerson(reference.ticketId, reference.token);
      setAsked(true);
      onAnnounce('A person will take over this conversation.');
      await onAsked().catch(() => {});
    } catch (problem) {
      setFailure(explainFailure(problem));
    } finally {
      busy.current = false;
      setBusy(false);
    }
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
      {failure ? (
        <Notice tone="danger" title={failure.title}>
          {failure.advice}
        </Notice>
      ) : null}
    </section>
  );
}
