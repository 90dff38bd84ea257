'use client';

import { useCompany } from '../api/company';
import type { Ticket } from '../api/types';
import { Moment } from '../components/Moment';
import { RichText } from '../components/RichText';
import { CHANNEL, wordFor } from '../words';

/** The conversation, oldest first; what is added is read out. */
export function Messages({ messages }: { messages: Ticket['responses'] }) {
  const { name } = useCompany();
  const author = { customer: 'You', agent: `${name} assistant`, staff: `${name} team` };
  return (
    <div role="log" aria-label="Conversation" aria-live="polite" aria-relevant="additions">
      <ol className="messages">
        {messages.map((message, index) => (
          <li key={`${message.created_at}-${index}`} className={`message message-${message.role}`}>
            <p className="message-head">
              <strong>{author[message.role]}</strong>
              <Moment at={message.created_at} />
              {message.channel && message.channel !== 'web_form' ? (
                <span className="message-channel">{wordFor(CHANNEL, message.channel)}</span>
              ) : null}
            </p>
            <div className="message-text">{message.html ? <RichText html={message.html} /> : message.content}</div>
          </li>
        ))}
      </ol>
    </div>
  );
}
