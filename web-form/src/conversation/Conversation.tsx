'use client';

import { QueryClientProvider } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';

import type { CustomerApi, TicketReference } from '../api/customer';
import { createQueryClient } from '../api/queryClient';
import type { ConversationState } from '../api/types';
import { Notice } from '../components/Notice';
import { StatusBadge } from '../components/StatusBadge';
import { StatusChecker } from '../components/StatusChecker';
import { explainFailure } from '../failures';
import { CATEGORY, HANDOVER, PRIORITY, STATE, wordFor } from '../words';
import { AskForPerson } from './AskForPerson';
import { Choices } from './Choices';
import { Feedback } from './Feedback';
import { FollowUp } from './FollowUp';
import { Messages } from './Messages';
import { useTicket, type Connection } from './useTicket';

const CONNECTION: Readonly<Record<Connection, string>> = {
  connecting: 'Connecting…',
  live: 'Live: answers appear here by themselves',
  polling: 'Checking for answers by itself, at least once a minute',
  offline: 'No connection. Trying again…',
};

const OVER: readonly ConversationState[] = ['resolved', 'closed'];
const FOR_PERSON: readonly ConversationState[] = ['waiting_for_person', 'with_person'];

interface ConversationProps {
  api: CustomerApi;
  reference: TicketReference;
}

/** One ticket as its customer sees it. */
export default function Conversation({ api, reference }: ConversationProps) {
  const [queries] = useState(createQueryClient);
  return (
    <QueryClientProvider client={queries}>
      <FollowedConversation api={api} reference={reference} />
    </QueryClientProvider>
  );
}

function FollowedConversation({ api, reference }: ConversationProps) {
  const { ticket, connection, failure, refresh } = useTicket(api, reference);
  const [announcement, setAnnouncement] = useState('');
  const messages = ticket?.responses ?? [];
  const last = messages.at(-1);
  const heading = useRef<HTMLHeadingElement>(null);
  const asked = () => {
    // The button that had the focus goes away.
    heading.current?.focus();
    refresh();
  };

  useEffect(() => {
    if (ticket) document.title = `${ticket.subject} · ${ticket.ticket_id}`;
  }, [ticket]);

  if (!ticket && failure?.kind === 'absent') {
    return (
      <div className="finder">
        <h1>This request could not be found</h1>
        <p className="lead">The link may be incomplete, or the request was removed.</p>
        <div className="card">
          <StatusChecker api={api} initialReference={reference.ticketId} />
        </div>
      </div>
    );
  }
  if (!ticket) {
    return (
      <>
        <h1 className="visually-hidden">Your request</h1>
        {failure ? (
          <Notice tone="warning" title={explainFailure(failure).title}>
            We could not load your conversation. We keep trying; you need not do anything.
          </Notice>
        ) : (
          <div className="skeleton" role="status">
            <span className="visually-hidden">Loading your conversation…</span>
            <span className="skeleton-line skeleton-title" />
            <span className="skeleton-line" />
            <span className="skeleton-block" />
          </div>
        )}
      </>
    );
  }

  const isForPerson = FOR_PERSON.includes(ticket.state);
  const isWithPeople = isForPerson || ticket.owner === 'human';
  const isOver = OVER.includes(ticket.state);
  const isAwaitingAnswer = !isOver && last?.role === 'customer';
  const lastAnswer = messages.findLastIndex((message) => message.role !== 'customer');
  // That a person takes over is no answer yet.
  const isAnswered = lastAnswer >= 0 && (!isForPerson || messages[lastAnswer]?.role === 'staff');

  return (
    <article className="conversation">
      <header className="conversation-head">
        <div className="conversation-title">
          <h1 tabIndex={-1} ref={heading}>
            {ticket.subject}
          </h1>
          <StatusBadge status={ticket.state} words={STATE} />
        </div>
        <dl className="facts facts-inline">
          <div>
            <dt>Ticket</dt>
            <dd className="ticket-number">{ticket.ticket_id}</dd>
          </div>
          <div>
            <dt>Topic</dt>
            <dd>{wordFor(CATEGORY, ticket.category)}</dd>
          </div>
          <div>
            <dt>Priority</dt>
            <dd>{wordFor(PRIORITY, ticket.priority)}</dd>
          </div>
        </dl>
        <p className={`connection connection-${connection}`} role="status">
          {CONNECTION[connection]}
        </p>
      </header>

      {isForPerson ? (
        <Notice tone="info" title={ticket.state === 'with_person' ? 'A person is on it' : 'A person will take this up'}>
          {ticket.state === 'waiting_for_person' && ticket.escalation ? `${HANDOVER[ticket.escalation.reason]} ` : ''}
          {ticket.state_text} You do not have to explain anything again.
        </Notice>
      ) : null}

      <Messages messages={messages} />

      {isWithPeople || isOver || ticket.choices.length === 0 ? null : (
        <Choices
          api={api}
          reference={reference}
          choices={ticket.choices}
          onSent={refresh}
          onAnnounce={setAnnouncement}
        />
      )}

      {isAwaitingAnswer ? (
        <p className="awaiting" role="status">
          <span className="dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          {isForPerson ? 'Our team has your message and will answer here.' : 'We are working on your answer.'}
        </p>
      ) : null}

      {isOver ? (
        <Notice tone="success" title={ticket.state === 'resolved' ? 'This request is resolved' : 'This request is closed'}>
          Something left? Just write below and we take it up again.
        </Notice>
      ) : null}

      {isAnswered ? (
        <Feedback key={`feedback-${lastAnswer}`} api={api} reference={reference} answerIndex={lastAnswer} />
      ) : null}

      <FollowUp api={api} reference={reference} onSent={refresh} onAnnounce={setAnnouncement} />
      {isWithPeople || isOver ? null : (
        <AskForPerson api={api} reference={reference} onAsked={asked} onAnnounce={setAnnouncement} />
      )}
      <p className="visually-hidden" role="status">
        {announcement}
      </p>
    </article>
  );
}
