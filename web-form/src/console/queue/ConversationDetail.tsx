'use client';

import { useEffect, useRef } from 'react';

import type { Schemas } from '../../api/types';
import { SendOutcome } from '../../components/SendOutcome';
import { StatusBadge } from '../../components/StatusBadge';
import { CHANNEL, NOT_PROVEN, PRIORITY, STAFF_STATE, wordFor } from '../../words';
import { DraftPanel } from '../drafts/DraftPanel';
import { QueryView } from '../QueryView';
import { useStaff } from '../StaffContext';
import { useStaffAction } from '../useStaffAction';
import { useStaffQuery } from '../useStaffQuery';
import { AlsoClaimed } from './AlsoClaimed';
import { CustomerPanel } from './CustomerPanel';
import { HandoverPacket } from './HandoverPacket';
import { Marks } from './Marks';
import { Notes } from './Notes';
import { Ownership } from './Ownership';
import { ReplyBox } from './ReplyBox';
import { SlaBadge } from './SlaBadge';
import { StaffThread } from './StaffThread';
import { useSeen } from './useSeen';

const ABSENT = { title: 'This conversation is not here', text: 'It was removed, or the address is mistyped.' };
const CLOSED = ['resolved', 'closed'];

/** One conversation with everything a person needs to take it over. */
export function ConversationDetail({ id }: { id: string }) {
  const query = useStaffQuery('/api/v1/staff/conversations/{conversation_id}', { path: { conversation_id: id } });
  return (
    <>
      <a className="back" href="#/queue" data-hotkey="Escape">
        <span aria-hidden="true">←</span> Back to the queue
      </a>
      <QueryView query={query} absent={ABSENT}>
        {(data) => <Detail data={data} />}
      </QueryView>
    </>
  );
}

function Detail({ data }: { data: Schemas['StaffConversation'] }) {
  const { conversation, ticket, customer, messages, history, handover, notes, draft, also_claimed: alsoClaimed } = data;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const { may } = useStaff();
  const { act, isBusy, isSlow, failure } = useStaffAction();
  useSeen(conversation, messages.length);
  const retry = (messageId: string) =>
    void act((client) =>
      client.post('/api/v1/staff/conversations/{conversation_id}/messages/{message_id}/retry', {
        path: { conversation_id: conversation.id, message_id: messageId },
      }),
    );
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
          <StatusBadge status={conversation.state} words={STAFF_STATE} />
          <SlaBadge sla={conversation.sla} />
          <span className="badge badge-neutral">{wordFor(CHANNEL, conversation.channel)}</span>
          {conversation.assurance === 'claimed' ? <span className="badge badge-warning">{NOT_PROVEN}</span> : null}
          {ticket ? (
            <>
              <span className="badge badge-neutral">{wordFor(PRIORITY, ticket.priority)}</span>
              <span className="ticket-number muted small">{ticket.ticket_id}</span>
            </>
          ) : null}
        </p>
        {conversation.continues ? (
          <p className="muted small">
            Continues{' '}
            <a href={`#/queue/${encodeURIComponent(conversation.continues.conversation_id)}`}>
              {conversation.continues.ticket_id ?? 'an earlier conversation'}
            </a>
          </p>
        ) : null}
        <Ownership conversation={conversation} isClosed={isClosed} />
        <Marks conversation={conversation} priority={ticket?.priority} isClosed={isClosed} />
      </header>
      <div className="detail-columns">
        <div className="detail-main">
          <StaffThread messages={messages} customerName={customer.name} onRetry={may('agent') ? retry : undefined} isBusy={isBusy} />
          <SendOutcome failure={failure} isSlow={isSlow} />
          <DraftPanel conversationId={conversation.id} draft={draft} />
          {isClosed || !may('agent') ? null : <ReplyBox conversation={conversation} />}
        </div>
        <div className="detail-aside">
          <HandoverPacket handover={handover} />
          <Notes conversationId={conversation.id} notes={notes} />
          <CustomerPanel customer={customer} history={history} />
          <AlsoClaimed conversations={alsoClaimed} />
        </div>
      </div>
    </div>
  );
}
