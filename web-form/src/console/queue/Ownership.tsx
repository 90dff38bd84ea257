'use client';

import { useRef, useState } from 'react';

import type { Schemas } from '../../api/types';
import { SendButton } from '../../components/SendButton';
import { SendOutcome } from '../../components/SendOutcome';
import { ReasonForm } from '../ReasonForm';
import { useStaff } from '../StaffContext';
import { useStaffAction } from '../useStaffAction';
import { Assign } from './Assign';

type Conversation = Schemas['ConversationView'];

interface OwnershipProps {
  conversation: Conversation;
  isClosed: boolean;
}

function ownerWords(conversation: Conversation, viewer: string): string {
  if (conversation.owner !== 'human') return 'The assistant answers this conversation.';
  if (!conversation.owner_name) return 'Waits for a person. The assistant answers what it can until someone takes it.';
  if (conversation.owner_name === viewer) return 'Yours. The assistant is silent.';
  return `${conversation.owner_name} has this conversation. The assistant is silent.`;
}

/** Who answers, and the ways to change that. */
export function Ownership({ conversation, isClosed }: OwnershipProps) {
  const { client, viewer, may } = useStaff();
  const [isResolving, setResolving] = useState<'stay' | 'next' | false>(false);
  const { act, isBusy, isSlow, failure, waitSeconds } = useStaffAction();
  const { owner, owner_name: ownerName } = conversation;
  const path = { conversation_id: conversation.id };
  const words = useRef<HTMLParagraphElement>(null);
  const isOwned = owner === 'human' && Boolean(ownerName);
  const isMine = isOwned && ownerName === viewer;

  const take = () => act((client) => client.post('/api/v1/staff/conversations/{conversation_id}/take', { path }));
  const release = () => act((client) => client.post('/api/v1/staff/conversations/{conversation_id}/release', { path }));
  const resolve = async (note: string) => {
    const outcome = await act((client) =>
      client.post('/api/v1/staff/conversations/{conversation_id}/resolve', { path, body: { note } }),
    );
    if (outcome && !outcome.error) {
      // The form that had the focus goes away.
      words.current?.focus();
      setResolving(false);
      if (isResolving === 'next') await openNext();
    }
  };
  const openNext = async () => {
    const waiting = await client.get('/api/v1/staff/conversations', { query: { view: 'waiting', limit: 2 } }).catch(() => null);
    const next = waiting?.conversations.find(({ id }) => id !== conversation.id);
    window.location.hash = next ? `#/queue/${encodeURIComponent(next.id)}` : '#/queue';
  };
  const reopen = () => act((api) => api.post('/api/v1/staff/conversations/{conversation_id}/reopen', { path }));

  return (
    <div className="ownership">
      <p className="ownership-words" role="status" tabIndex={-1} ref={words}>
        {isClosed ? 'Done. A new message from the customer opens it again.' : ownerWords(conversation, viewer)}
      </p>
      {!may('agent') ? null : isClosed ? (
        <div className="actions">
          <SendButton type="button" className="button button-small" isBusy={isBusy} waitSeconds={waitSeconds} busyText="One moment…" onClick={reopen}>
            Open again
          </SendButton>
        </div>
      ) : (
        <div className="actions">
          {isMine ? (
            <>
              <SendButton type="button" className="button button-small" isBusy={isBusy} waitSeconds={waitSeconds} busyText="One moment…" onClick={release}>
                Release
              </SendButton>
              <button
                type="button"
                className="button button-small"
                data-hotkey="e"
                aria-expanded={isResolving === 'stay'}
                onClick={() => setResolving(isResolving === 'stay' ? false : 'stay')}
              >
                Resolve…
              </button>
              <button
                type="button"
                className="button button-small"
                aria-expanded={isResolving === 'next'}
                onClick={() => setResolving(isResolving === 'next' ? false : 'next')}
              >
                Resolve and next…
              </button>
            </>
          ) : (
            <SendButton
              type="button"
              className="button button-primary button-small"
              data-hotkey="t"
              isBusy={isBusy}
              waitSeconds={waitSeconds}
              busyText="Taking…"
              onClick={take}
            >
              Take
            </SendButton>
          )}
          <Assign conversation={conversation} />
        </div>
      )}
      {isResolving && isMine && !isClosed ? (
        <ReasonForm
          name="resolve-note"
          label="How was it settled?"
          submitText={isResolving === 'next' ? 'Resolve and open the next' : 'Resolve'}
          missing="Write a short note on how it was settled."
          isBusy={isBusy}
          onSubmit={resolve}
          onCancel={() => setResolving(false)}
        />
      ) : null}
      <SendOutcome failure={failure} isSlow={isSlow} />
    </div>
  );
}
