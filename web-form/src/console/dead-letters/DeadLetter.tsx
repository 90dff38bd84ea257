'use client';

import { useState } from 'react';

import type { Schemas } from '../../api/types';
import { Moment } from '../../components/Moment';
import { SendButton } from '../../components/SendButton';
import { SendOutcome } from '../../components/SendOutcome';
import { wordFor } from '../../words';
import { ReasonForm } from '../ReasonForm';
import { useStaff } from '../StaffContext';
import { useStaffAction } from '../useStaffAction';

/** One message that was given up on: why, what it held, and what may be done about it. */
export function DeadLetter({ letter }: { letter: Schemas['DeadLetterView'] }) {
  const [isDiscarding, setDiscarding] = useState(false);
  const { act, isBusy, isSlow, failure, waitSeconds } = useStaffAction();
  const { may } = useStaff();
  const isOpen = letter.state === 'open' && may('agent');
  const path = { dead_letter_id: letter.id };

  const replay = () => act((client) => client.post('/api/v1/staff/dead-letters/{dead_letter_id}/replay', { path }));
  const discard = async (reason: string) => {
    const outcome = await act((client) =>
      client.post('/api/v1/staff/dead-letters/{dead_letter_id}/discard', { path, body: { reason } }),
    );
    if (outcome && !outcome.error) setDiscarding(false);
  };

  return (
    <article className="panel">
      <header className="panel-head">
        <h3>{letter.cause || 'Unknown cause'}</h3>
        <p className="tags">
          <span className="ticket-number muted small">{letter.topic}</span>
          <span className="badge badge-neutral">
            {letter.attempts} {letter.attempts === 1 ? 'attempt' : 'attempts'}
          </span>
          {letter.state === 'open' ? null : <span className="badge badge-info">{wordFor({}, letter.state)}</span>}
          <span className="muted small">
            <Moment at={letter.created_at} />
          </span>
        </p>
      </header>
      {letter.payload ? (
        <details>
          <summary>Payload</summary>
          <pre className="payload" tabIndex={0} aria-label="Payload">
            {letter.payload}
          </pre>
        </details>
      ) : null}
      {isOpen ? (
        <div className="actions">
          <SendButton type="button" className="button button-small" isBusy={isBusy} waitSeconds={waitSeconds} busyText="One moment…" onClick={replay}>
            Replay
          </SendButton>
          <button
            type="button"
            className="button button-danger button-small"
            aria-expanded={isDiscarding}
            onClick={() => setDiscarding(!isDiscarding)}
          >
            Discard…
          </button>
        </div>
      ) : null}
      {isDiscarding && isOpen ? (
        <ReasonForm
          name={`discard-${letter.id}`}
          label="Why is it discarded?"
          submitText="Discard"
          missing="Say why it is discarded."
          isBusy={isBusy}
          onSubmit={discard}
          onCancel={() => setDiscarding(false)}
        />
      ) : null}
      <SendOutcome failure={failure} isSlow={isSlow} />
    </article>
  );
}
