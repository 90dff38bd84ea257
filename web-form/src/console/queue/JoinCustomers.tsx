'use client';

import { useState } from 'react';

import type { Schemas } from '../../api/types';
import { Moment } from '../../components/Moment';
import { SendButton } from '../../components/SendButton';
import { SendOutcome } from '../../components/SendOutcome';
import { ReasonForm } from '../ReasonForm';
import { useStaffAction } from '../useStaffAction';

/** Joins this customer with another address or number of theirs, and parts them again. */
export function JoinCustomers({ customer }: { customer: Schemas['CustomerView'] }) {
  const { act, isBusy, isSlow, failure } = useStaffAction();
  const [isLinking, setLinking] = useState(false);
  const link = async (value: string) => {
    const kind = value.includes('@') ? 'email' : 'phone';
    const outcome = await act((client) =>
      client.post('/api/v1/staff/customers/{customer_id}/identifiers', { path: { customer_id: customer.id }, body: { kind, value } }),
    );
    if (outcome && !outcome.error) setLinking(false);
  };
  const undo = (mergeId: string) => act((client) => client.post('/api/v1/staff/merges/{merge_id}/undo', { path: { merge_id: mergeId } }));
  return (
    <>
      {customer.merges.map((merge) => (
        <p key={merge.id} className="small">
          Joined with {merge.name || 'another customer'} by {merge.by}, <Moment at={merge.created_at} />{' '}
          <SendButton type="button" className="button button-small" isBusy={isBusy} busyText="One moment…" onClick={() => undo(merge.id)}>
            Undo
          </SendButton>
        </p>
      ))}
      {isLinking ? (
        <ReasonForm
          name="link-identifier"
          label="An address or number that you verified to be theirs"
          submitText="Link"
          missing="Give the address or number."
          isBusy={isBusy}
          onSubmit={link}
          onCancel={() => setLinking(false)}
        />
      ) : (
        <button type="button" className="button button-small" onClick={() => setLinking(true)}>
          Link an address or number…
        </button>
      )}
      <SendOutcome failure={failure} isSlow={isSlow} />
    </>
  );
}
