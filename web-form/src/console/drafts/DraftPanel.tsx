'use client';

import type { Schemas } from '../../api/types';
import { Moment } from '../../components/Moment';
import { DraftActs } from './DraftActs';
import { DraftFacts } from './DraftFacts';

const STALE: Readonly<Record<Schemas['StaleBecause'], string>> = {
  newer_message: 'The customer wrote again; a new draft is on its way.',
  person: 'A person has taken over, so the draft is not sent.',
  source: 'An article that it rests on was changed; a new draft is on its way.',
  resolved: 'The conversation was resolved.',
  erased: 'The customer was erased.',
};

interface DraftPanelProps {
  conversationId: string;
  draft: Schemas['DraftView'] | null | undefined;
}

/** The draft of the open conversation while it can be sent, or why it no longer can. */
export function DraftPanel({ conversationId, draft }: DraftPanelProps) {
  if (!draft || draft.state === 'approved' || draft.state === 'discarded' || !draft.content) return null;
  const isWaiting = draft.state === 'waiting';
  return (
    <section className={isWaiting ? 'panel panel-warning' : 'panel'} aria-labelledby="draft-title">
      <header className="panel-head">
        <h3 id="draft-title">{isWaiting ? 'Draft, not sent yet' : 'Draft, out of date'}</h3>
        <p className="muted small">
          {draft.author} · <Moment at={draft.created_at} />
        </p>
      </header>
      <DraftFacts draft={draft} />
      {isWaiting ? (
        <DraftActs key={draft.id} conversationId={conversationId} draft={draft} />
      ) : (
        <>
          <p role="status">{draft.stale_because ? STALE[draft.stale_because] : ''}</p>
          <details>
            <summary>What it said</summary>
            <p className="draft-text">{draft.content}</p>
          </details>
        </>
      )}
    </section>
  );
}
