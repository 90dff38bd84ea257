'use client';

import { useEffect, useRef, useState, type FormEvent } from 'react';

import type { CustomerApi } from '../api/customer';
import type { Ticket } from '../api/types';
import { conversationPath, parseReference } from '../conversation/ticketReference';
import { explainFailure, type Explain, type FailureWords } from '../failures';
import { useSend } from '../hooks/useSend';
import { readRecentTickets, type RecentTicket } from '../storage/recentTickets';
import { STATE } from '../words';
import { focusField } from './focusField';
import { FormField } from './FormField';
import { SendButton } from './SendButton';
import { SendOutcome } from './SendOutcome';
import { StatusBadge } from './StatusBadge';

const NO_MATCH: FailureWords = {
  title: 'No such request',
  advice: 'Number and access code do not belong together. Check both, or paste the link you were given.',
  retryAfterSeconds: null,
};

const explain: Explain = (error) => (error.kind === 'absent' ? NO_MATCH : explainFailure(error));

interface StatusCheckerProps {
  api: CustomerApi;
  initialReference?: string;
}

/** Finds a request again by its link, or by its number and access code. */
export function StatusChecker({ api, initialReference = '' }: StatusCheckerProps) {
  const [reference, setReference] = useState(initialReference);
  const [token, setToken] = useState('');
  const [errors, setErrors] = useState<{ reference?: string; token?: string }>({});
  const [found, setFound] = useState<{ ticket: Ticket; path: string } | null>(null);
  const [recent, setRecent] = useState<RecentTicket[]>([]);
  const { send, isBusy, isSlow, failure, clearFailure, waitSeconds } = useSend({ explain });
  const form = useRef<HTMLFormElement>(null);

  useEffect(() => setRecent(readRecentTickets()), []);

  const parsed = parseReference(reference);
  const needsToken = !parsed?.token;

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy || waitSeconds > 0) return;
    const problems: typeof errors = {};
    if (!parsed) problems.reference = 'Enter a ticket number like TKT-7F3K9QXA, or paste the whole link.';
    if (parsed && needsToken && !token.trim()) problems.token = 'Enter the access code from your link.';
    setErrors(problems);
    clearFailure();
    setFound(null);
    const [first] = Object.keys(problems);
    if (!parsed || first) {
      if (first) focusField(form.current, first);
      return;
    }
    const key = { ticketId: parsed.ticketId, token: parsed.token || token.trim() };
    const outcome = await send(() => api.getTicket(key));
    if (outcome?.value) setFound({ ticket: outcome.value, path: conversationPath(key) });
  };

  return (
    <section className="checker" aria-labelledby="checker-title">
      <h2 id="checker-title">Already wrote to us?</h2>
      <form ref={form} method="post" noValidate onSubmit={submit}>
        <FormField
          name="reference"
          label="Ticket number or link"
          value={reference}
          onChange={(_, value) => setReference(value)}
          error={errors.reference}
          placeholder="TKT-…"
          autoComplete="off"
          autoCapitalize="characters"
          spellCheck={false}
        />
        {needsToken ? (
          <FormField
            name="token"
            label="Access code"
            hint="The part after the dot in your link. Not needed with the whole link."
            value={token}
            onChange={(_, value) => setToken(value)}
            error={errors.token}
            autoComplete="off"
            spellCheck={false}
          />
        ) : null}
        <SendButton isBusy={isBusy} waitSeconds={waitSeconds} busyText="Looking…" className="button">
          Check status
        </SendButton>
      </form>
      <SendOutcome failure={failure} isSlow={isSlow} />
      {found ? (
        <div className="found" role="status">
          <p>
            <strong>{found.ticket.subject}</strong>
          </p>
          <p>
            <StatusBadge status={found.ticket.state} words={STATE} />
          </p>
          <a className="button button-primary" href={found.path}>
            Open the conversation
          </a>
        </div>
      ) : null}
      {recent.length > 0 ? (
        <div className="recent">
          <h3>Sent from this window</h3>
          <ul>
            {recent.map((ticket) => (
              <li key={ticket.ticketId}>
                <a href={conversationPath(ticket)}>
                  <span className="recent-subject">{ticket.subject}</span>
                  <span className="ticket-number">{ticket.ticketId}</span>
                </a>
              </li>
            ))}
          </ul>
        </div>
      ) : null}
    </section>
  );
}
