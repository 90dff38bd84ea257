'use client';

import { useRef, useState } from 'react';

import { useSend } from '../../hooks/useSend';
import { explainStaffFailure } from '../../services/staffFailures';
import { SendButton } from '../SendButton';
import { SendOutcome } from '../SendOutcome';
import { ReasonForm } from './ReasonForm';
import { useStaff } from './StaffContext';

function ownerWords(conversation, viewer) {
  if (conversation.owner !== 'human') return 'The assistant answers this conversation.';
  if (!conversation.owner_name) return 'Waits for a person. The assistant answers what it can until someone takes it.';
  if (conversation.owner_name === viewer) return 'Yours. The assistant is silent.';
  return `${conversation.owner_name} has this conversation. The assistant is silent.`;
}

/** Who answers, and the ways to change that. */
export function Ownership({ conversation, isClosed, onChanged }) {
  const { api, viewer, setViewer } = useStaff();
  const [isResolving, setResolving] = useState(false);
  const { send, isBusy, isSlow, failure, waitSeconds } = useSend({ explain: explainStaffFailure });
  const { id, owner, owner_name: ownerName } = conversation;
  const words = useRef(null);
  const isOwned = owner === 'human' && Boolean(ownerName);
  const isMine = isOwned && (!viewer || ownerName === viewer);

  const take = async () => {
    const outcome = await send(() => api.take(id));
    if (!outcome) return;
    // Whoever takes successfully learns under which name the server knows them.
    setViewer(outcome.value?.owner_name ?? outcome.value?.conversation?.owner_name);
    await onChanged();
  };
  const release = async () => {
    if (await send(() => api.release(id))) await onChanged();
  };
  const resolve = async (note) => {
    const outcome = await send(() => api.resolve(id, note));
    if (!outcome?.error) {
      // The form that had the focus goes away.
      words.current?.focus();
      setResolving(false);
    }
    await onChanged();
  };

  return (
    <div className="ownership">
      <p className="ownership-words" role="status" tabIndex={-1} ref={words}>
        {isClosed ? 'Done. A new message from the customer opens it again.' : ownerWords(conversation, viewer)}
      </p>
      {isClosed ? null : (
        <div className="actions">
          {isMine ? (
            <>
              <SendButton type="button" className="button button-small" isBusy={isBusy} waitSeconds={waitSeconds} busyText="One moment…" onClick={release}>
                Release
              </SendButton>
              <button
                type="button"
                className="button button-small"
                aria-expanded={isResolving}
                onClick={() => setResolving(!isResolving)}
              >
                Resolve…
              </button>
            </>
          ) : (
            <SendButton
              type="button"
              className="button button-primary button-small"
              isBusy={isBusy}
              waitSeconds={waitSeconds}
              busyText="Taking…"
              onClick={take}
            >
              Take
            </SendButton>
          )}
        </div>
      )}
      {isResolving && isMine && !isClosed ? (
        <ReasonForm
          name="resolve-note"
          label="How was it settled?"
          submitText="Resolve"
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
