'use client';

import type { Priority, Schemas } from '../../api/types';
import { StatusBadge } from '../../components/StatusBadge';
import { CHANNEL, NEXT_MOVE, NOT_PROVEN, PRIORITY, REASON, STAFF_STATE, wordFor } from '../../words';
import { Elapsed } from '../Elapsed';
import { SentimentBadge } from '../SentimentBadge';
import { SlaBadge } from './SlaBadge';

const PRESSING: readonly Priority[] = ['high', 'urgent'];

/** Whether the customer waits for the assistant or for a person. */
const isOurs = ({ next_move: next }: Schemas['QueueLine']) => next === 'agent' || next === 'anyone' || next === 'owner';

interface QueueListProps {
  conversations: Schemas['QueueLine'][];
  selectedId: string | undefined;
}

/** The queue in the server's order, each line with its number, whose turn it is, for how long, and what is unread. */
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
                {isOurs(conversation) ? (
                  <>
                    waits <Elapsed since={conversation.oldest_unanswered_at ?? conversation.turn_since} />
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
              <StatusBadge status={conversation.state} words={STAFF_STATE} />
              <SlaBadge sla={conversation.sla} />
              {conversation.unread > 0 ? <span className="badge badge-accent">{conversation.unread} unread</span> : null}
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
              {conversation.ticket_id ? `${conversation.ticket_id} · ` : ''}
              {NEXT_MOVE[conversation.next_move]}
              {conversation.owner_name ? ` · ${conversation.owner_name}` : ''}
            </span>
          </a>
        </li>
      ))}
    </ul>
  );
}
