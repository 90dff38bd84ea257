'use client';

import { lazy, Suspense } from 'react';

import { customerApi, type CustomerApi } from '../api/customer';
import { StatusChecker } from '../components/StatusChecker';
import { useTicketReference } from './useTicketReference';

// Whoever has no link yet needs none of it.
const Conversation = lazy(() => import('./Conversation'));

/** The conversation named in the address, or the way to find one. */
export function ConversationPage({ api = customerApi }: { api?: CustomerApi }) {
  const { isKnown, reference } = useTicketReference();

  if (!isKnown) return <Loading />;
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
  return (
    <Suspense fallback={<Loading />}>
      <Conversation key={reference.ticketId} api={api} reference={reference} />
    </Suspense>
  );
}

function Loading() {
  return (
    <p className="loading needs-script" role="status">
      Loading…
    </p>
  );
}
