'use client';

import { useState } from 'react';

import type { Role } from '../../api/staff';
import type { Schemas } from '../../api/types';
import { Moment } from '../../components/Moment';
import { Notice } from '../../components/Notice';
import { SendOutcome } from '../../components/SendOutcome';
import { useStaffAction } from '../useStaffAction';
import { ROLE_OPTIONS } from './roles';
import type { MadeKey } from './ShownKey';

interface AccountProps {
  account: Schemas['AccountView'];
  onMade: (made: MadeKey) => void;
}

type Asked = 'rotate' | 'withdraw' | null;

/** One account: its role, a new key, its end. */
export function Account({ account, onMade }: AccountProps) {
  const [asked, setAsked] = useState<Asked>(null);
  const { act, isBusy, isSlow, failure } = useStaffAction();
  const { id, name, email, role, signs_in_by: way, last_seen_at: seenAt, withdrawn_at: withdrawnAt } = account;
  const path = { account_id: id };
  const hasKey = way === 'key';

  const change = (next: string) =>
    act((client) => client.patch('/api/v1/staff/accounts/{account_id}', { path, body: { role: next as Role } }));
  const rotate = async () => {
    setAsked(null);
    const outcome = await act((client) => client.post('/api/v1/staff/accounts/{account_id}/rotate', { path }));
    if (outcome?.value) onMade({ name, key: outcome.value.key });
  };
  const withdraw = async () => {
    setAsked(null);
    await act((client) => client.delete('/api/v1/staff/accounts/{account_id}', { path }));
  };
  const reinstate = () => act((client) => client.post('/api/v1/staff/accounts/{account_id}/reinstate', { path }));
  const ask = (what: Asked) => setAsked(asked === what ? null : what);

  return (
    <li className="panel account">
      <div className="account-line">
        <div>
          <strong>{name}</strong>
          <p className="muted small">
            {email ? `${email} · ` : ''}
            {hasKey ? 'Key' : 'Identity provider'} ·{' '}
            {withdrawnAt ? (
              <>
                withdrawn <Moment at={withdrawnAt} />
              </>
            ) : seenAt ? (
              <>
                last seen <Moment at={seenAt} />
              </>
            ) : (
              'never seen'
            )}
          </p>
        </div>
        {withdrawnAt ? null : hasKey ? (
          <span className="select">
            <select
              className="control"
              aria-label={`Role of ${name}`}
              value={role}
              disabled={isBusy}
              onChange={(event) => void change(event.target.value)}
            >
              {ROLE_OPTIONS.map(([value, words]) => (
                <option key={value} value={value}>
                  {words}
                </option>
              ))}
            </select>
          </span>
        ) : (
          <span className="badge badge-neutral">{role}, by the identity provider</span>
        )}
        <div className="actions">
          {withdrawnAt ? (
            hasKey ? null : (
              <button type="button" className="button button-small" disabled={isBusy} onClick={reinstate}>
                Let in again
              </button>
            )
          ) : (
            <>
              {hasKey ? (
                <button type="button" className="button button-small" aria-expanded={asked === 'rotate'} onClick={() => ask('rotate')}>
                  New key…
                </button>
              ) : null}
              <button
                type="button"
                className="button button-danger button-small"
                aria-expanded={asked === 'withdraw'}
                onClick={() => ask('withdraw')}
              >
                Withdraw…
              </button>
            </>
          )}
        </div>
      </div>
      {asked ? (
        <Notice
          tone="warning"
          title={asked === 'rotate' ? `Make a new key for ${name}?` : `Withdraw ${name}?`}
          actions={
            <button type="button" className="button button-danger button-small" disabled={isBusy} onClick={asked === 'rotate' ? rotate : withdraw}>
              {asked === 'rotate' ? 'Make it' : 'Withdraw'}
            </button>
          }
        >
          {asked === 'rotate' ? 'The present key and every session end at once.' : 'The key and every session end at once. The name stays in the audit log.'}
        </Notice>
      ) : null}
      <SendOutcome failure={failure} isSlow={isSlow} />
    </li>
  );
}
