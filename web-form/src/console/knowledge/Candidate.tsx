'use client';

import { useState } from 'react';

import type { Schemas } from '../../api/types';
import { FormField } from '../../components/FormField';
import { Moment } from '../../components/Moment';
import { SendButton } from '../../components/SendButton';
import { SendOutcome } from '../../components/SendOutcome';
import { wordFor } from '../../words';
import { May } from '../May';
import { ReasonForm } from '../ReasonForm';
import { useStaffAction } from '../useStaffAction';

const DECIDED: readonly Schemas['CandidateState'][] = ['approved', 'rejected'];
const TITLE_RULE = { maxLength: 200 };

/** One proposed article: approve it as it stands or edited, or reject it. */
export function Candidate({ candidate }: { candidate: Schemas['CandidateView'] }) {
  const [mode, setMode] = useState<'reading' | 'editing' | 'rejecting'>('reading');
  const [title, setTitle] = useState(candidate.title);
  const [text, setText] = useState(candidate.text);
  const { act, isBusy, isSlow, failure, waitSeconds } = useStaffAction();
  const isDecided = DECIDED.includes(candidate.state);
  const isEditing = mode === 'editing' && !isDecided;

  const path = { candidate_id: candidate.id };
  const approve = () => {
    const edits: Schemas['Approval'] = {};
    if (isEditing && title.trim() !== candidate.title) edits.title = title.trim();
    if (isEditing && text.trim() !== candidate.text) edits.text = text.trim();
    return act((client) => client.post('/api/v1/knowledge/candidates/{candidate_id}/approve', { path, body: edits }));
  };
  const reject = (reason: string) =>
    act((client) =>
      client.post('/api/v1/knowledge/candidates/{candidate_id}/reject', { path, body: reason ? { reason } : {} }),
    );
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
      {candidate.evidence.length > 0 ? (
        <details>
          <summary>Where it comes from ({candidate.evidence.length})</summary>
          <ul className="plain-list">
            {candidate.evidence.map((ticketNumber, place) => (
              <li key={ticketNumber}>
                <a href={`#/queue/${candidate.conversations[place] ?? ''}`}>{ticketNumber}</a>
              </li>
            ))}
          </ul>
        </details>
      ) : null}
      {isDecided ? null : (
        <May role="editor">
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
        </May>
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
