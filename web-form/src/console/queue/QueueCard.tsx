'use client';

import type { Priority, Schemas } from '../../api/types';
import { Moment } from '../../components/Moment';
import { StatusBadge } from '../../components/StatusBadge';
import { CHANNEL, NEXT_MOVE, NOT_PROVEN, PRIORITY, REASON, STAFF_STATE, wordFor } from '../../words';
import { Elapsed } from '../Elapsed';
import { SentimentBadge } from '../SentimentBadge';
import { SlaBadge } from './SlaBadge';

const PRESSING: readonly Priority[] = ['high', 'urgent'];

/** Whether the customer waits for the assistant or for a person. */
const isOurs = ({ next_move: next }: Schemas['QueueLine']) => next === 'agent' || next === 'anyone' || next === 'owner';

interface QueueCardProps {
  conversation: Schemas['QueueLine'];
  isOpen: boolean;
  isChosen: boolean;
  onChoose: (id: string, isChosen: boolean) => void;
}

/** A conversation in the queue: its number, whose turn it is, for how long, and what is unread. */
export function QueueCard({ conversation, isOpen, isChosen, onChoose }: QueueCardProps) {
  const name = conversation.customer_name || 'Unknown customer';
  const isUnread = conversation.unread > 0 || conversation.is_mentioned;
  return (
    <div className={isUnread ? 'queue-card queue-card-unread' : 'queue-card'}>
      <input
        type="checkbox"
        className="queue-choose"
        aria-label={`Select ${name}, ${conversation.subject || conversation.ticket_id || 'conversation'}`}
        data-hotkey={isOpen ? 'x' : undefined}
        checked={isChosen}
        onChange={({ target }) => onChoose(conversation.id, target.checked)}
      />
      <a className="queue-item" href={`#/queue/${encodeURIComponent(conversation.id)}`} aria-current={isOpen ? 'true' : undefined}>
        <span className="queue-item-head">
          <strong>{name}</strong>
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
          {conversation.is_mentioned ? <span className="badge badge-accent">Mentions you</span> : null}
          {conversation.reason ? <span className="badge badge-warning">{wordFor(REASON, conversation.reason)}</span> : null}
          {conversation.priority && PRESSING.includes(conversation.priority) ? (
            <span className="badge badge-danger">{wordFor(PRIORITY, conversation.priority)}</span>
          ) : null}
          {conversation.assurance === 'claimed' ? <span className="badge badge-warning">{NOT_PROVEN}</span> : null}
          {conversation.is_spam ? <span className="badge badge-danger">Spam</span> : null}
          {conversation.tags.map((tag) => (
            <span key={tag} className="badge badge-neutral">
              {tag}
            </span>
          ))}
          <SentimentBadge score={conversation.sentiment} label={conversation.sentiment_label} />
        </span>
        <span className="queue-item-foot muted small">
          {wordFor(CHANNEL, conversation.channel)}
          {' · '}
          {conversation.ticket_id ? `${conversation.ticket_id} · ` : ''}
          {NEXT_MOVE[conversation.next_move]}
          {conversation.owner_name ? ` · ${conversation.owner_name}` : ''}
          {conversation.snoozed_until ? (
            <>
              {' · snoozed until '}
              <Moment at={conversation.snoozed_until} />
            </>
          ) : null}
        </span>
      </a>
    </div>
  );
}
