'use client';

import type { Schemas } from '../../api/types';
import { Moment } from '../../components/Moment';
import { CHANNEL, NOT_PROVEN, wordFor } from '../../words';
import { SentimentBadge } from '../SentimentBadge';
import { MessagePayload } from './MessagePayload';
import { UndeliveredNote } from './UndeliveredNote';

/** A message of this conversation, or of an earlier one, of which less is known. */
type Message = Schemas['HistoryLine'] | Schemas['StaffMessage'];

interface StaffThreadProps {
  messages: readonly Message[];
  customerName: string;
  label?: string;
  /** Sends a reply again that did not arrive. */
  onRetry?: ((messageId: string) => void) | undefined;
  isBusy?: boolean;
}

const DELIVERY = {
  pending: 'Sending',
  queued: 'Sending',
  sent: 'Sent',
  delivered: 'Delivered',
  read: 'Read',
  failed: 'Not delivered',
  unsure: 'Delivery unsure',
  parked: 'May not be sent now',
  suppressed: 'Held back',
};

function authorOf(role: string, customerName: string): string {
  if (role === 'customer') return customerName || 'Customer';
  if (role === 'agent') return 'Assistant';
  return 'Team';
}

const WORDLESS: Partial<Record<Schemas['PayloadKind'], string>> = {
  location: 'A place',
  contact: 'A contact',
  sticker: 'A sticker',
  voice: 'A voice message',
  file: 'A file',
  unsupported: 'Something that WhatsApp did not pass on',
};

/** Messages as staff see them: who, when, through which channel, in what mood, and whether it arrived. */
export function StaffThread({ messages, customerName, label = 'Messages', onRetry, isBusy = false }: StaffThreadProps) {
  return (
    <div role="log" aria-label={label}>
      <ol className="messages">
        {messages.map((message, index) => (
          <li key={'id' in message ? message.id : index} className={`message message-${message.role === 'customer' ? 'them' : message.role}`}>
            <p className="message-head">
              <strong>{authorOf(message.role, customerName)}</strong>
              <Moment at={message.created_at} />
              <span>{wordFor(CHANNEL, message.channel)}</span>
              {message.assurance === 'claimed' ? <span className="not-proven">{NOT_PROVEN}</span> : null}
              {message.role === 'customer' && 'sentiment' in message ? <SentimentBadge score={message.sentiment} label={message.sentiment_label} /> : null}
              {'delivery_state' in message && message.delivery_state ? (
                <span className={message.delivery_state === 'failed' ? 'delivery-failed' : undefined}>
                  {wordFor(DELIVERY, message.delivery_state)}
                </span>
              ) : null}
            </p>
            {'quoted' in message && message.quoted ? (
              <blockquote className="message-quoted">
                <span className="muted small">{message.quoted.role ? `In reply to ${authorOf(message.quoted.role, customerName)}` : 'In reply to a message that is not kept here'}</span>
                <span>{message.quoted.content}</span>
              </blockquote>
            ) : null}
            <div className="message-text">{message.content || <span className="muted">{WORDLESS['kind' in message ? message.kind : 'text'] ?? 'No text'}</span>}</div>
            {'attachments' in message ? <MessagePayload attachments={message.attachments} payload={message.payload} /> : null}
            {'delivery' in message && message.delivery ? (
              <UndeliveredNote delivery={message.delivery} onRetry={onRetry ? () => onRetry(message.id) : undefined} isBusy={isBusy} />
            ) : null}
          </li>
        ))}
      </ol>
    </div>
  );
}
