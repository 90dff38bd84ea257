'use client';

import type { Priority, Schemas } from '../../api/types';
import { StatusBadge } from '../../components/StatusBadge';
import { CHANNEL, NOT_PROVEN, PRIORITY, REASON, STAFF_STATUS, wordFor } from '../../words';
import { Elapsed } from '../Elapsed';
import { SentimentBadge } from '../SentimentBadge';

const PRESSING: readonly Priority[] = ['high', 'urgent'];

interface QueueListProps {
  conversations: Schemas['QueueLine'][];
  selectedId: string | undefined;
}

/** The queue in the server's order: escalated first, oldest unanswered first. */
export function QueueList({ conversations, selectedId }: QueueListProps) {
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
              {conversation.priority && PRESSING.includes(conversation.priority) ? (
                <span className="badge badge-danger">{wordFor(PRIORITY, conversation.priority)}</span>
              ) : null}
              {conversation.assurance === 'claimed' ? <span className="badge badge-warning">{NOT_PROVEN}</span> : null}
              <SentimentBadge score={conversation.sentiment} label={conversation.sentiment_label} />
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
