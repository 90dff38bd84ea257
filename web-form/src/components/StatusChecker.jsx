'use client';

import { useEffect, useRef, useState } from 'react';

import { explainFailure } from '../services/failures';
import { readRecentTickets } from '../services/recentTickets';
import { conversationPath, parseReference } from '../services/ticketReference';
import { STATUS } from '../words';
import { FormField } from './FormField';
import { Notice } from './Notice';
import { SendButton } from './SendButton';
import { StatusBadge } from './StatusBadge';

/** Finds a request again by its link, or by its number and access code. */
export function StatusChecker({ api, initialReference = '' }) {
  const [reference, setReference] = useState(initialReference);
  const [token, setToken] = useState('');
  const [errors, setErrors] = useState({});
  const [failure, setFailure] = useState(null);
  const [found, setFound] = useState(null);
  const [isBusy, setBusy] = useState(false);
  const [recent, setRecent] = useState([]);
  const busy = useRef(false);
  const form = useRef(null);

  useEffect(() => setRecent(readRecentTickets()), []);

  const parsed = parseReference(reference);
  const needsToken = !parsed?.token;

  const submit = async (event) => {
    event.preventDefault();
    if (busy.current) return;
    const problems = {};
    if (!parsed) problems.reference = 'Enter a ticket number like TKT-7F3K9QXA, or paste the whole link.';
    if (parsed && needsToken && !token.trim()) problems.token = 'Enter the access code from your link.';
    setErrors(problems);
    setFailure(null);
    setFound(null);
    const first = Object.keys(problems)[0];
    if (first) {
      form.current?.elements.namedItem(first)?.focus();
      return;
    }
    const key = { ticketId: parsed.ticketId, token: parsed.token || token.trim() };
    busy.current = true;
    setBusy(true);
    try {
      const ticket = await api.getTicket(key.ticketId, key.token);
      setFound({ ticket, path: conversationPath(key) });
    } catch (error) {
      setFailure(
        error.kind === 'absent'
          ? { title: 'No such request', advice: 'Number and access code do not belong together. Check both, or paste the link you were given.' }
          : explainFailure(error),
      );
    } finally {
      busy.current = false;
      setBusy(false);
    }
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
        <SendButton isBusy={isBusy} busyText="Looking…" className="button">
          Check status
        </SendButton>
      </form>
      {failure ? (
        <Notice tone="danger" title={failure.title}>
          {failure.advice}
        </Notice>
      ) : null}
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
