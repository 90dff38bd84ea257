'use client';

import { useState } from 'react';

import type { Role } from '../../api/staff';
import { FormField } from '../../components/FormField';
import { SendButton } from '../../components/SendButton';
import { SendOutcome } from '../../components/SendOutcome';
import { useStaffAction } from '../useStaffAction';
import { ROLE_OPTIONS } from './roles';
import type { MadeKey } from './ShownKey';

const BLANK = { 'account-name': '', 'account-email': '', 'account-role': 'agent' };
type Fields = typeof BLANK;

/** Adds an account; its key is handed to the page, which shows it once. */
export function NewAccount({ onMade }: { onMade: (made: MadeKey) => void }) {
  const [fields, setFields] = useState<Fields>(BLANK);
  const [faults, setFaults] = useState<Record<string, string>>({});
  const { act, isBusy, isSlow, failure, waitSeconds } = useStaffAction();
  const set = (name: keyof Fields, value: string) => {
    setFields({ ...fields, [name]: value });
    setFaults({});
  };

  const add = async () => {
    const body = {
      name: fields['account-name'],
      email: fields['account-email'].trim() || null,
      role: fields['account-role'] as Role,
    };
    const outcome = await act((client) => client.post('/api/v1/staff/accounts', { body }));
    setFaults(outcome?.error?.fields ?? {});
    if (!outcome?.value) return;
    setFields(BLANK);
    onMade({ name: outcome.value.name, key: outcome.value.key });
  };

  return (
    <form
      className="panel new-account"
      method="post"
      noValidate
      aria-label="New account"
      onSubmit={(event) => {
        event.preventDefault();
        if (!fields['account-name'].trim()) {
          setFaults({ name: 'Enter a name.' });
          return;
        }
        void add();
      }}
    >
      <h3>Add a colleague</h3>
      <div className="new-account-fields">
        <FormField
          name="account-name"
          label="Name"
          hint="Conversations and the audit log say it."
          autoComplete="off"
          value={fields['account-name']}
          error={faults.name ?? ''}
          onChange={set}
        />
        <FormField
          name="account-email"
          label="E-mail address"
          type="email"
          autoComplete="off"
          isOptional
          value={fields['account-email']}
          error={faults.email ?? ''}
          onChange={set}
        />
        <FormField name="account-role" as="select" label="Role" options={ROLE_OPTIONS} value={fields['account-role']} onChange={set} />
      </div>
      <SendOutcome failure={failure} isSlow={isSlow} />
      <div className="actions">
        <SendButton className="button button-primary button-small" isBusy={isBusy} waitSeconds={waitSeconds} busyText="One moment…">
          Add and show the key
        </SendButton>
      </div>
    </form>
  );
}
