'use client';

import { CHANNEL, wordFor } from '../../words';
import { Moment } from '../Moment';
import { Mood } from './Mood';

const DELIVERY = {
  pending: 'Sending',
  queued: 'Sending',
  sent: 'Sent',
  delivered: 'Delivered',
  read: 'Read',
  failed: 'Not delivered',
  unsure: 'Delivery unsure',
  suppressed: 'Held back',
};

function authorOf(role, customerName) {
  if (role === 'customer') return customerName || 'Customer';
  if (role === 'agent') return 'Assistant';
  return 'Team';
}

/** Messages as staff see them: who, when, through which channel, in what mood, and whether it arrived. */
export function StaffThread({ messages, customerName, label = 'Messages' }) {
  return (
    <div role="log" aria-label={label}>
      <ol className="messages">
        {messages.map((message) => (
          <li key={message.id} className={`message message-${message.role === 'customer' ? 'them' : message.role}`}>
            <p className="message-head">
              <strong>{authorOf(message.role, customerName)}</strong>
              <Moment at={message.created_at} />
              <span>{wordFor(CHANNEL, message.channel)}</span>
              {message.role === 'customer' ? <Mood score={message.sentiment} label={message.sentiment_label} /> : null}
              {message.delivery_state ? (
                <span className={message.delivery_state === 'failed' ? 'delivery-failed' : undefined}>
                  {wordFor(DELIVERY, message.delivery_state)}
                </span>
              ) : null}
            </p>
            <div className="message-text">{message.content}</div>
          </li>
        ))}
      </ol>
    </div>
  );
}
