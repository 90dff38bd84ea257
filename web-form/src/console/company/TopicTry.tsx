'use client';

import { useState } from 'react';

import type { Schemas } from '../../api/types';
import { SendButton } from '../../components/SendButton';
import { SendOutcome } from '../../components/SendOutcome';
import { useStaffAction } from '../useStaffAction';
import type { JsonObject } from './profileSchema';

const SHOWN = 20;

/** Which of the newest messages a topic would match, before it is saved. */
export function TopicTry({ topic }: { topic: JsonObject }) {
  const [tried, setTried] = useState<Schemas['TopicTry'] | null>(null);
  const [faults, setFaults] = useState<Readonly<Record<string, string>>>({});
  const { act, isBusy, isSlow, failure, waitSeconds } = useStaffAction();
  const run = async () => {
    const outcome = await act((client) => client.post('/api/v1/company/topics/try', { body: { topic } }));
    setTried(outcome?.value ?? null);
    setFaults(outcome?.error?.fields ?? {});
  };
  const isRefused = Object.keys(faults).length > 0;
  return (
    <div className="try">
      <SendButton type="button" className="button button-small" isBusy={isBusy} waitSeconds={waitSeconds} busyText="Trying…" onClick={run}>
        Try on the last 500 messages
      </SendButton>
      <div role="status">
        {isRefused
          ? Object.entries(faults).map(([field, reason]) => (
              <p key={field} className="field-error">
                {field}: {reason}
              </p>
            ))
          : null}
        {tried ? (
          <p className="small">
            {tried.matches.length} of {tried.read} messages ({(tried.share * 100).toFixed(1)} %) would be this topic’s.
          </p>
        ) : null}
      </div>
      {isRefused ? null : <SendOutcome failure={failure} isSlow={isSlow} />}
      {tried && tried.matches.length > 0 ? (
        <ul className="plain-list">
          {tried.matches.slice(0, SHOWN).map(({ conversation_id: id, text, because, score }, index) => (
            <li key={`${id}-${index}`}>
              <a href={`#/queue/${id}`}>{text}</a>{' '}
              <span className="muted small">
                because of “{because}”, {score.toFixed(2)}
              </span>
            </li>
          ))}
          {tried.matches.length > SHOWN ? <li className="muted">and {tried.matches.length - SHOWN} more</li> : null}
        </ul>
      ) : null}
    </div>
  );
}
