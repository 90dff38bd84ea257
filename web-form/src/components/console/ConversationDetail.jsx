'use client';

import { useCallback, useEffect, useRef } from 'react';

import { usePolled } from '../../hooks/usePolled';
import { CHANNEL, PRIORITY, STAFF_STATUS, wordFor } from '../../words';
import { StatusBadge } from '../StatusBadge';
import { CustomerPanel } from './CustomerPanel';
import { HandoverPacket } from './HandoverPacket';
import { Ownership } from './Ownership';
import { PolledView } from './PolledView';
import { ReplyBox } from './ReplyBox';
import { useStaff } from './StaffContext';
import { StaffThread } from './StaffThread';

const ABSENT = { title: 'This conversation is not here', text: 'It was removed, or the address is mistyped.' };
const CLOSED = ['resolved', 'closed'];

/** One conversation with everything a person needs to take it over. */
export function ConversationDetail({ id, onChanged }) {
  const { api, pollMs, onUnauthorized } = useStaff();
  const load = useCallback((signal) => api.getConversation(id, { signal }), [api, id]);
  const polled = usePolled(load, { everyMs: pollMs, onUnauthorized });
  const { refresh } = polled;
  const changed = useCallback(async () => {
    await refresh();
    onChanged();
  }, [refresh, onChanged]);

  return (
    <>
      <a className="back" href="#/queue">
        <span aria-hidden="true">←</span> Back to the queue
      </a>
      <PolledView polled={polled} absent={ABSENT} empty={ABSENT} isEmpty={(data) => !data.conversation}>
        {(data) => <Detail data={data} onChanged={changed} />}
      </PolledView>
    </>
  );
}

function Detail({ data, onChanged }) {
  const { conversation, ticket, customer, messages = [], history = [], handover } = data;
  const heading = useRef(null);
  useEffect(() => heading.current?.focus(), []);
  const subject = ticket?.subject ?? conversation.subject;
  const status = ticket?.status ?? conversation.status;
  const isClosed = CLOSED.includes(status);

  return (
    <div className="detail">
      <header className="detail-head">
        <h2 tabIndex={-1} ref={heading}>
          {subject || 'Conversation'}
        </h2>
        <p className="tags">
          <StatusBadge status={status} words={STAFF_STATUS} />
          <span className="badge badge-neutral">{wordFor(CHANNEL, conversation.channel)}</span>
          <span className="badge badge-neutral">{wordFor(PRIORITY, ticket?.priority ?? conversation.priority)}</span>
          <span className="ticket-number muted small">{ticket?.ticket_id ?? conversation.ticket_id}</span>
        </p>
        <Ownership conversation={conversation} isClosed={isClosed} onChanged={onChanged} />
      </header>
      <div className="detail-columns">
        <div className="detail-main">
          <StaffThread messages={messages} customerName={customer?.name} />
          {isClosed ? null : <ReplyBox conversation={conversation} onChanged={onChanged} />}
        </div>
        <div className="detail-aside">
          {handover ? <HandoverPacket handover={handover} /> : null}
          <CustomerPanel customer={customer} history={history} />
        </div>
      </div>
    </div>
  );
}
