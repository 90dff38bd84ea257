'use client';

import { useState } from 'react';

import { PageSection } from '../PageSection';
import { QueryView } from '../QueryView';
import { useStaffQuery } from '../useStaffQuery';
import { Account } from './Account';
import { NewAccount } from './NewAccount';
import { ShownKey, type MadeKey } from './ShownKey';

const ABSENT = { title: 'No accounts on this server', text: 'Staff sign in with the keys of its settings.' };
const EMPTY = { title: 'No accounts yet', text: 'Add one for each colleague, so that the audit log says who did what.' };
const NONE_WITHDRAWN = { title: 'Nobody was withdrawn', text: 'Accounts that end stay here by name, for the audit log.' };
const LEAD = 'Who may sign in, and what they may do. A change is in force with their next click.';

/** Staff accounts: added, given roles and new keys, and withdrawn. */
export default function AccountsPage() {
  const [withdrawn, setWithdrawn] = useState(false);
  const [made, setMade] = useState<MadeKey | null>(null);
  const accounts = useStaffQuery('/api/v1/staff/accounts', { query: { withdrawn }, pollFactor: 2 });
  return (
    <PageSection title="Accounts" lead={LEAD} isWide>
      {made ? <ShownKey made={made} onDone={() => setMade(null)} /> : null}
      <NewAccount onMade={setMade} />
      <div className="actions" role="group" aria-label="Which accounts">
        {[false, true].map((which) => (
          <button
            key={String(which)}
            type="button"
            className="button button-small"
            aria-pressed={withdrawn === which}
            onClick={() => setWithdrawn(which)}
          >
            {which ? 'Withdrawn' : 'In force'}
          </button>
        ))}
      </div>
      <QueryView
        query={accounts}
        absent={ABSENT}
        empty={withdrawn ? NONE_WITHDRAWN : EMPTY}
        isEmpty={(data) => data.accounts.length === 0}
      >
        {(data) => (
          <ul className="accounts plain-list">
            {data.accounts.map((account) => (
              <Account key={account.id} account={account} onMade={setMade} />
            ))}
          </ul>
        )}
      </QueryView>
    </PageSection>
  );
}
