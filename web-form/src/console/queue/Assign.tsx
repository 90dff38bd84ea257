'use client';

import { useState } from 'react';

import type { Schemas } from '../../api/types';
import { SendOutcome } from '../../components/SendOutcome';
import { useStaffAction } from '../useStaffAction';
import { useStaffQuery } from '../useStaffQuery';

/** Gives the conversation to a colleague. */
export function Assign({ conversation }: { conversation: Schemas['ConversationView'] }) {
  const people = useStaffQuery('/api/v1/staff/people', { pollFactor: 0 });
  const { act, isBusy, isSlow, failure } = useStaffAction();
  const [chosen, setChosen] = useState('');
  const others = (people.data?.people ?? []).filter((name) => name !== conversation.owner_name);
  if (others.length === 0) return null;

  const assign = async (to: string) => {
    setChosen(to);
    if (!to) return;
    await act((client) =>
      client.post('/api/v1/staff/conversations/{conversation_id}/assign', { path: { conversation_id: conversation.id }, body: { to } }),
    );
    setChosen('');
  };

  return (
    <>
      <label className="visually-hidden" htmlFor="assign-to">
        Assign to
      </label>
      <span className="select">
        <select
          id="assign-to"
          data-hotkey="a"
          className="control control-small"
          value={chosen}
          disabled={isBusy}
          onChange={(event) => void assign(event.target.value)}
        >
          <option value="">Assign to…</option>
          {others.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </span>
      <SendOutcome failure={failure} isSlow={isSlow} />
    </>
  );
}
