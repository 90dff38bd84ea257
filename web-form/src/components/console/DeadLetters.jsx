'use client';

import { useCallback, useState } from 'react';

import { usePolled } from '../../hooks/usePolled';
import { useSend } from '../../hooks/useSend';
import { explainStaffFailure } from '../../services/staffFailures';
import { wordFor } from '../../words';
import { Moment } from '../Moment';
import { SendButton } from '../SendButton';
import { SendOutcome } from '../SendOutcome';
import { PolledView } from './PolledView';
import { ReasonForm } from './ReasonForm';
import { useStaff } from './StaffContext';

const ABSENT = { title: 'No dead letters on this server', text: 'Messages that could not be processed would appear here.' };
const EMPTY = { title: 'No dead letters', text: 'Every message was processed.' };
const OPEN_STATES = ['', 'open', 'new', 'pending', 'dead'];

/** The messages that were given up on, each to be replayed or discarded. */
export function DeadLetters() {
  const { api, pollMs, onUnauthorized } = useStaff();
  const load = useCallback((signal) => api.listDeadLetters({ signal }), [api]);
  const polled = usePolled(load, { everyMs: pollMs, onUnauthorized });
  return (
    <section className="view" aria-labelledby="dead-letters-title">
      <div className="view-head">
        <h2 id="dead-letters-title">Dead letters</h2>
        <p className="muted">Messages that failed for good. Replay sends one through again; every act is kept in the audit log.</p>
      </div>
      <PolledView polled={polled} absent={ABSENT} empty={EMPTY} isEmpty={(data) => !data.dead_letters?.length}>
        {(data) => (
          <ul className="cards">
            {data.dead_letters.map((letter) => (
              <li key={letter.id}>
                <DeadLetter letter={letter} onChanged={polled.refresh} />
              </li>
            ))}
          </ul>
        )}
      </PolledView>
    </section>
  );
}

function readable(payload) {
  return typeof payload === 'string' ? payload : JSON.stringify(payload, null, 2);
}

function DeadLetter({ letter, onChanged }) {
  const { api } = useStaff();
  const [isDiscarding, setDiscarding] = useState(false);
  const { send, isBusy, isSlow, failure, waitSeconds } = useSend({ explain: explainStaffFailure });
  const isOpen = OPEN_STATES.includes(letter.state ?? '');

  const replay = async () => {
    if (await send(() => api.replayDeadLetter(letter.id))) await onChanged();
  };
  const discard = async (reason) => {
    const outcome = await send(() => api.discardDeadLetter(letter.id, reason));
    if (outcome && !outcome.error) setDiscarding(false);
    await onChanged();
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
          {isOpen ? null : <span className="badge badge-info">{wordFor({}, letter.state)}</span>}
          <span className="muted small">
            <Moment at={letter.created_at} />
          </span>
        </p>
      </header>
      {letter.payload ? (
        <details>
          <summary>Payload</summary>
          <pre className="payload" tabIndex={0} aria-label="Payload">
            {readable(letter.payload)}
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
