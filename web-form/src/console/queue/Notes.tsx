'use client';

import { useRef, useState } from 'react';

import type { Schemas } from '../../api/types';
import { Moment } from '../../components/Moment';
import { SendOutcome } from '../../components/SendOutcome';
import { ReasonForm } from '../ReasonForm';
import { useStaff } from '../StaffContext';
import { useStaffAction } from '../useStaffAction';

interface NotesProps {
  conversationId: string;
  notes: readonly Schemas['NoteView'][];
}

/** What staff wrote for each other; the customer never sees it. */
export function Notes({ conversationId, notes }: NotesProps) {
  const { may } = useStaff();
  const { act, isBusy, isSlow, failure } = useStaffAction();
  const [isWriting, setWriting] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const path = { conversation_id: conversationId };
  const add = async (content: string) => {
    const outcome = await act((client) => client.post('/api/v1/staff/conversations/{conversation_id}/notes', { path, body: { content } }));
    if (!outcome || outcome.error) return;
    heading.current?.focus();
    setWriting(false);
  };
  return (
    <section className="panel" aria-labelledby="notes-title">
      <h3 id="notes-title" tabIndex={-1} ref={heading}>
        Notes
      </h3>
      {notes.length > 0 ? (
        <ul className="plain-list">
          {notes.map((note, index) => (
            <li key={index}>
              <span className="muted small">
                {note.author} · <Moment at={note.created_at} />
              </span>
              <br />
              {note.content}
            </li>
          ))}
        </ul>
      ) : (
        <p className="muted small">Only the team sees notes. @name tells a colleague.</p>
      )}
      {isWriting ? (
        <ReasonForm
          name="note"
          label="New note"
          submitText="Save note"
          missing="Write the note first."
          isBusy={isBusy}
          onSubmit={add}
          onCancel={() => setWriting(false)}
        />
      ) : may('agent') ? (
        <button type="button" className="button button-small" data-hotkey="n" onClick={() => setWriting(true)}>
          Add a note…
        </button>
      ) : null}
      <SendOutcome failure={failure} isSlow={isSlow} />
    </section>
  );
}
