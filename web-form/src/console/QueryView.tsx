'use client';

import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import type { ApiError } from '../api/errors';
import { isPassing } from '../api/retry';
import { Notice } from '../components/Notice';
import { EmptyState, type EmptyWords } from './EmptyState';
import { explainStaffFailure } from './staffFailures';

interface QueryViewProps<Data> {
  query: Pick<UseQueryResult<Data, ApiError>, 'data' | 'failureReason' | 'isPending'>;
  /** Said where the server does not offer it. */
  absent: EmptyWords;
  /** Said where `isEmpty` finds nothing to show. */
  empty?: EmptyWords;
  isEmpty?: (data: Data) => boolean;
  children: (data: Data) => ReactNode;
}

/** The states that every view shares: loading, not offered, failing, empty, or its data. */
export function QueryView<Data>({ query, absent, empty = absent, isEmpty = () => false, children }: QueryViewProps<Data>) {
  const { data, failureReason, isPending } = query;
  if (failureReason?.kind === 'absent') return <EmptyState {...absent} />;
  const failure = failureReason && explainStaffFailure(failureReason);
  const next = failureReason && isPassing(failureReason) ? 'Trying again by itself.' : failure?.advice;
  return (
    <>
      {failure ? (
        <Notice tone="warning" title={failure.title}>
          {data === undefined ? next : `What you see may be out of date. ${next}`}
        </Notice>
      ) : null}
      {isPending && !failure ? (
        <p className="loading" role="status">
          Loading…
        </p>
      ) : null}
      {data === undefined ? null : isEmpty(data) ? <EmptyState {...empty} /> : children(data)}
    </>
  );
}
