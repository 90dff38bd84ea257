'use client';

import type { Schemas } from '../../api/types';
import { CHANNEL, wordFor } from '../../words';
import { Elapsed } from '../Elapsed';
import { DraftActs } from './DraftActs';
import { DraftFacts } from './DraftFacts';

/** One draft in the list: the question, the reply that waits, and what can be done with it. */
export function WaitingDraft({ draft }: { draft: Schemas['WaitingDraftView'] }) {
  const { conversation_id: conversationId, customer_name: name, subject, ticket_id: ticketId, channel, question } = draft;
  return (
    <article className="panel">
      <header className="panel-head">
        <h3>
          <a href={`#/queue/${encodeURIComponent(conversationId)}`}>{subject || ticketId || 'Conversation'}</a>
        </h3>
        <p className="muted small">
          {name || 'Unknown customer'} · {wordFor(CHANNEL, channel)} · waits <Elapsed since={draft.created_at} />
        </p>
      </header>
      <blockquote className="draft-question">{question}</blockquote>
      <DraftFacts draft={draft} />
      <DraftActs conversationId={conversationId} draft={draft} />
    </article>
  );
}
