'use client';

import { useEffect, useRef } from 'react';

import type { Schemas } from '../api/types';
import { CopyButton } from '../components/CopyButton';
import { conversationPath } from '../conversation/ticketReference';

interface SuccessMessageProps {
  ticket: Schemas['FormAccepted'];
  onAnother: () => void;
}

/** Shown once a request is stored; takes the focus so that a screen reader starts here. */
export function SuccessMessage({ ticket, onAnother }: SuccessMessageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const path = conversationPath({ ticketId: ticket.ticket_id, token: ticket.access_token });

  return (
    <section className="card success" aria-labelledby="success-title">
      <svg className="success-mark" viewBox="0 0 48 48" aria-hidden="true">
        <circle cx="24" cy="24" r="23" />
        <path d="m14.5 24.8 6.6 6.6 12.6-14" />
      </svg>
      <h2 id="success-title" tabIndex={-1} ref={heading}>
        We have your request
      </h2>
      <p className="lead">{ticket.message || 'We are looking into it.'}</p>
      <dl className="facts">
        <div>
          <dt>Ticket number</dt>
          <dd className="ticket-number">{ticket.ticket_id}</dd>
        </div>
      </dl>
      <div className="actions">
        <a className="button button-primary" href={path}>
          Open the conversation
        </a>
        <CopyButton text={() => new URL(path, window.location.href).href}>Copy the link</CopyButton>
      </div>
      <p className="muted small">
        The link is yours alone: whoever has it can read this conversation. Keep it to come back later.
      </p>
      <button type="button" className="button button-plain" onClick={onAnother}>
        Send another request
      </button>
    </section>
  );
}
