'use client';

import type { Ticket } from '../api/types';
import brand from '../brand.json';
import { Moment } from '../components/Moment';
import { CHANNEL, wordFor } from '../words';

const AUTHOR = { customer: 'You', agent: `${brand.company} assistant`, staff: `${brand.company} team` };

/** The conversation, oldest first; what is added is read out. */
export function Messages({ messages }: { messages: Ticket['responses'] }) {
  return (
    <div role="log" aria-label="Conversation" aria-live="polite" aria-relevant="additions">
      <ol className="messages">
        {messages.map((message, index) => (
          <li key={`${message.created_at}-${index}`} className={`message message-${message.role}`}>
            <p className="message-head">
              <strong>{AUTHOR[message.role]}</strong>
              <Moment at={message.created_at} />
              {message.channel && message.channel !== 'web_form' ? (
                <span className="message-channel">{wordFor(CHANNEL, message.channel)}</span>
              ) : null}
            </p>
            <div className="message-text">{message.content}</div>
          </li>
        ))}
      </ol>
    </div>
  );
}
