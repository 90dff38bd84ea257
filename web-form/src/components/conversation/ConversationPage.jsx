'use client';

import { useTicketReference } from '../../hooks/useTicketReference';
import { api as defaultApi } from '../../services/api';
import { StatusChecker } from '../StatusChecker';
import { Conversation } from './Conversation';

/** The conversation named in the address, or the way to find one. */
export function ConversationPage({ api = defaultApi, timing }) {
  const { isKnown, reference } = useTicketReference();

  if (!isKnown) {
    return (
      <p className="loading needs-script" role="status">
        Loading…
      </p>
    );
  }
  if (!reference?.token) {
    return (
      <div className="finder">
        <h1>Find your request</h1>
        <p className="lead">Open the link you were given when you wrote to us, or enter it here.</p>
        <div className="card">
          <StatusChecker api={api} initialReference={reference?.ticketId ?? ''} />
        </div>
      </div>
    );
  }
  return <Conversation key={reference.ticketId} api={api} reference={reference} timing={timing} />;
}
