'use client';

import { useEffect, useRef, useState } from 'react';

import { useSend } from '../hooks/useSend';
import { explainFailure } from '../services/failures';
import { readRecentTickets } from '../services/recentTickets';
import { conversationPath, parseReference } from '../services/ticketReference';
import { STATUS } from '../words';
import { FormField } from './FormField';
import { SendButton } from './SendButton';
import { SendOutcome } from './SendOutcome';
import { StatusBadge } from './StatusBadge';

const NO_MATCH = {
  title: 'No such request',
  advice: 'Number and access code do not belong together. Check both, or paste the link you were given.',
  retryAfterSeconds: null,
};

const explain = (error) => (error.kind === 'absent' ? NO_MATCH : explainFailure(error));

/** Finds a request again by its link, or by its number and access code. */
export function StatusChecker({ api, initialReference = '' }) {
  const [reference, setReference] = useState(initialReference);
  const [token, setToken] = useState('');
  const [errors, setErrors] = useState({});
  const [found, setFound] = useState(null);
  const [recent, setRecent] = useState([]);
  const { send, isBusy, isSlow, failure, clearFailure, waitSeconds } = useSend({ explain });
  const form = useRef(null);

  useEffect(() => setRecent(readRecentTickets()), []);

  const parsed = parseReference(reference);
  const needsToken = !parsed?.token;

  const submit = async (event) => {
    event.preventDefault();
    if (isBusy || waitSeconds > 0) return;
    const problems = {};
    if (!parsed) problems.reference = 'Enter a ticket number like TKT-7F3K9QXA, or paste the whole link.';
    if (parsed && needsToken && !token.trim()) problems.token = 'Enter the access code from your link.';
    setErrors(problems);
    clearFailure();
    setFound(null);
    const first = Object.keys(problems)[0];
    if (first) {
      form.current?.elements.namedItem(first)?.focus();
      return;
    }
    const key = { ticketId: parsed.ticketId, token: parsed.token || token.trim() };
    const outcome = await send(() => api.getTicket(key.ticketId, key.token));
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
            <StatusBadge status={found.ticket.status} words={STATUS} />
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
