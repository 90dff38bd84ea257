'use client';

import { useState } from 'react';

import type { Schemas } from '../../api/types';
import { FormField } from '../../components/FormField';
import { SendButton } from '../../components/SendButton';
import { SendOutcome } from '../../components/SendOutcome';
import rules from '../../rules.json';
import { readStoredText, removeStored, writeStored } from '../../storage/tabStorage';
import { ReasonForm } from '../ReasonForm';
import { useStaffAction } from '../useStaffAction';

interface DraftActsProps {
  conversationId: string;
  draft: Schemas['DraftView'];
}

/** A draft's text, and its three ends: send it as it is, send it changed, or throw it away. */
export function DraftActs({ conversationId, draft }: DraftActsProps) {
  const slot = `staff.draft.${draft.id}`;
  const [mode, setMode] = useState<'reading' | 'editing' | 'discarding'>(() => (readStoredText(slot) ? 'editing' : 'reading'));
  const [text, setText] = useState(() => readStoredText(slot) || draft.content);
  const { act, isBusy, isSlow, failure, waitSeconds } = useStaffAction();
  const isEditing = mode === 'editing';
  const isEmpty = isEditing && !text.trim();
  const path = { conversation_id: conversationId };

  const approve = async () => {
    const content = isEditing && text.trim() !== draft.content ? text.trim() : undefined;
    const outcome = await act((client) =>
      client.post('/api/v1/staff/conversations/{conversation_id}/draft/approve', {
        path,
        body: { draft_id: draft.id, ...(content ? { content } : {}) },
      }),
    );
    if (outcome && !outcome.error) removeStored(slot);
  };
  const discard = (reason: string) =>
    act((client) =>
      client.post('/api/v1/staff/conversations/{conversation_id}/draft/discard', {
        path,
        body: { draft_id: draft.id, ...(reason ? { reason } : {}) },
      }),
    );
  const stopEditing = () => {
    removeStored(slot);
    setText(draft.content);
    setMode('reading');
  };

  return (
    <>
      {isEditing ? (
        <FormField
          name={`draft-${draft.id}`}
          as="textarea"
          rows={8}
          label="Reply"
          value={text}
          maxLength={rules.message.maxLength}
          error={isEmpty ? 'Write a reply, or discard the draft.' : ''}
          onChange={(_, value) => {
            setText(value);
            writeStored(slot, value);
          }}
        />
      ) : (
        <p className="draft-text">{draft.content}</p>
      )}
      <div className="actions">
        <SendButton
          type="button"
          className="button button-primary button-small"
          isBusy={isBusy}
          waitSeconds={waitSeconds}
          busyText="Sending…"
          disabled={isEmpty}
          onClick={approve}
        >
          {isEditing ? 'Send changed' : 'Approve and send'}
        </SendButton>
        <button type="button" className="button button-small" onClick={isEditing ? stopEditing : () => setMode('editing')}>
          {isEditing ? 'Undo changes' : 'Edit'}
        </button>
        {isEditing ? null : (
          <button
            type="button"
            className="button button-danger button-small"
            aria-expanded={mode === 'discarding'}
            onClick={() => setMode(mode === 'discarding' ? 'reading' : 'discarding')}
          >
            Discard…
          </button>
        )}
      </div>
      {mode === 'discarding' ? (
        <ReasonForm
          name={`discard-${draft.id}`}
          label="What is wrong with it? Whoever answers reads this."
          submitText="Discard"
          isOptional
          isBusy={isBusy}
          onSubmit={discard}
          onCancel={() => setMode('reading')}
        />
      ) : null}
      <SendOutcome failure={failure} isSlow={isSlow} />
    </>
  );
}
