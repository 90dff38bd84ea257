'use client';

import { explainStaffFailure } from '../../services/staffFailures';
import { Notice } from '../Notice';
import { EmptyState } from './EmptyState';

/**
 * The states every polled view shares: loading, not offered by this server, failing, empty. Shows
 * `children(data)` once there is data that `isEmpty` does not find empty.
 */
export function PolledView({ polled, absent, empty, isEmpty, children }) {
  const { data, error, isAbsent, isLoading } = polled;
  if (isAbsent) return <EmptyState title={absent.title}>{absent.text}</EmptyState>;
  const failure = error ? explainStaffFailure(error) : null;
  return (
    <>
      {failure ? (
        <Notice tone="warning" title={failure.title}>
          {data ? 'What you see may be out of date. Trying again by itself.' : 'Trying again by itself.'}
        </Notice>
      ) : null}
      {!data && isLoading ? (
        <p className="loading" role="status">
          Loading…
        </p>
      ) : null}
      {data && isEmpty(data) ? <EmptyState title={empty.title}>{empty.text}</EmptyState> : null}
      {data && !isEmpty(data) ? children(data) : null}
    </>
  );
}
