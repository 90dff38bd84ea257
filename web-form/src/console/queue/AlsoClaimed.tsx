'use client';

import type { Schemas } from '../../api/types';
import { Moment } from '../../components/Moment';
import { CHANNEL, wordFor } from '../../words';

/** What others wrote who only gave this customer's address: to look at, and joined with nothing by itself. */
export function AlsoClaimed({ conversations }: { conversations: Schemas['AlsoClaimed'][] }) {
  if (conversations.length === 0) return null;
  return (
    <section className="panel" aria-labelledby="also-claimed-title">
      <h3 id="also-claimed-title">Also claimed by this address</h3>
      <p className="muted small">Not proven to be this customer, and not part of the history above.</p>
      <ul className="plain-list">
        {conversations.map(({ conversation_id: id, ticket_id: ticketId, channel, sender_name: name, subject, last_message_at: at }) => (
          <li key={id}>
            <a href={`#/queue/${encodeURIComponent(id)}`}>{subject || ticketId || 'Conversation'}</a>
            <span className="muted small">
              {' '}
              {name || 'No name'} · {wordFor(CHANNEL, channel)} · <Moment at={at} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
