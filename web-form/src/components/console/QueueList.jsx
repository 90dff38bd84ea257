'use client';

import { CHANNEL, PRIORITY, REASON, STAFF_STATUS, wordFor } from '../../words';
import { StatusBadge } from '../StatusBadge';
import { Elapsed } from './Elapsed';
import { Mood } from './Mood';

const PRESSING = ['high', 'urgent'];

/** The queue in the server's order: escalated first, oldest unanswered first. */
export function QueueList({ conversations, selectedId }) {
  return (
    <ul className="queue-list">
      {conversations.map((conversation) => (
        <li key={conversation.id}>
          <a
            className="queue-item"
            href={`#/queue/${encodeURIComponent(conversation.id)}`}
            aria-current={conversation.id === selectedId ? 'true' : undefined}
          >
            <span className="queue-item-head">
              <strong>{conversation.customer_name || 'Unknown customer'}</strong>
              <span className="muted small">
                {conversation.oldest_unanswered_at ? (
                  <>
                    waits <Elapsed since={conversation.oldest_unanswered_at} />
                  </>
                ) : (
                  <>
                    <Elapsed since={conversation.last_message_at} /> ago
                  </>
                )}
              </span>
            </span>
            <span className="queue-item-subject">{conversation.subject || conversation.ticket_id}</span>
            <span className="tags">
              <StatusBadge status={conversation.status} words={STAFF_STATUS} />
              {conversation.reason ? <span className="badge badge-warning">{wordFor(REASON, conversation.reason)}</span> : null}
              {PRESSING.includes(conversation.priority) ? (
                <span className="badge badge-danger">{wordFor(PRIORITY, conversation.priority)}</span>
              ) : null}
              <Mood score={conversation.sentiment} label={conversation.sentiment_label} />
            </span>
            <span className="queue-item-foot muted small">
              {wordFor(CHANNEL, conversation.channel)}
              {' · '}
              {conversation.owner === 'human' ? conversation.owner_name || 'Waiting for a person' : 'Assistant'}
            </span>
          </a>
        </li>
      ))}
    </ul>
  );
}
