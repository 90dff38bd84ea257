'use client';

import { useState } from 'react';

import { useSend } from '../../hooks/useSend';
import { explainStaffFailure } from '../../services/staffFailures';
import { wordFor } from '../../words';
import { FormField } from '../FormField';
import { Moment } from '../Moment';
import { SendButton } from '../SendButton';
import { SendOutcome } from '../SendOutcome';
import { ReasonForm } from './ReasonForm';
import { useStaff } from './StaffContext';

const DECIDED = ['approved', 'rejected'];
const TITLE_RULE = { maxLength: 200 };

/** One proposed article: approve it as it stands or edited, or reject it. */
export function Candidate({ candidate, onChanged }) {
  const { api } = useStaff();
  const [mode, setMode] = useState('reading');
  const [title, setTitle] = useState(candidate.title);
  const [text, setText] = useState(candidate.text);
  const { send, isBusy, isSlow, failure, waitSeconds } = useSend({ explain: explainStaffFailure });
  const isDecided = DECIDED.includes(candidate.state);
  const isEditing = mode === 'editing' && !isDecided;

  const approve = async () => {
    const edits = {};
    if (isEditing && title.trim() !== candidate.title) edits.title = title.trim();
    if (isEditing && text.trim() !== candidate.text) edits.text = text.trim();
    if (await send(() => api.approveCandidate(candidate.id, edits))) await onChanged();
  };
  const reject = async (reason) => {
    if (await send(() => api.rejectCandidate(candidate.id, reason))) await onChanged();
  };
  const isIncomplete = isEditing && (!title.trim() || !text.trim());

  return (
    <article className="panel">
      {isEditing ? (
        <>
          <FormField
            name={`title-${candidate.id}`}
            label="Title"
            value={title}
            maxLength={TITLE_RULE.maxLength}
            onChange={(_, value) => setTitle(value)}
            error={title.trim() ? '' : 'Enter a title.'}
          />
          <FormField
            name={`text-${candidate.id}`}
            as="textarea"
            rows={8}
            label="Text"
            value={text}
            onChange={(_, value) => setText(value)}
            error={text.trim() ? '' : 'Enter the text.'}
          />
        </>
      ) : (
        <>
          <header className="panel-head">
            <h3>{candidate.title}</h3>
            <p className="tags">
              {isDecided ? <span className="badge badge-info">{wordFor({}, candidate.state)}</span> : null}
              <span className="muted small">
                Proposed <Moment at={candidate.created_at} />
              </span>
            </p>
          </header>
          <p className="candidate-text">{candidate.text}</p>
        </>
      )}
      {candidate.evidence?.length ? (
        <details>
          <summary>Where it comes from ({candidate.evidence.length})</summary>
          <ul className="plain-list">
            {candidate.evidence.map((item, index) => (
              <li key={index}>{typeof item === 'string' ? item : Object.values(item).filter(Boolean).join(' · ')}</li>
            ))}
          </ul>
        </details>
      ) : null}
      {isDecided ? null : (
        <div className="actions">
          <SendButton
            type="button"
            className="button button-primary button-small"
            isBusy={isBusy}
            waitSeconds={waitSeconds}
            busyText="One moment…"
            disabled={isIncomplete}
            onClick={approve}
          >
            {isEditing ? 'Approve with changes' : 'Approve'}
          </SendButton>
          <button type="button" className="button button-small" onClick={() => setMode(isEditing ? 'reading' : 'editing')}>
            {isEditing ? 'Stop editing' : 'Edit'}
          </button>
          {isEditing ? null : (
            <button
              type="button"
              className="button button-danger button-small"
              aria-expanded={mode === 'rejecting'}
              onClick={() => setMode(mode === 'rejecting' ? 'reading' : 'rejecting')}
            >
              Reject…
            </button>
          )}
        </div>
      )}
      {mode === 'rejecting' && !isDecided ? (
        <ReasonForm
          name={`reject-${candidate.id}`}
          label="Why not?"
          submitText="Reject"
          isOptional
          isBusy={isBusy}
          onSubmit={reject}
          onCancel={() => setMode('reading')}
        />
      ) : null}
      <SendOutcome failure={failure} isSlow={isSlow} />
    </article>
  );
}
