'use client';

import { useQueryClient } from '@tanstack/react-query';

import type { Client } from '../api/client';
import { useSend, type Outcome } from '../hooks/useSend';
import { useStaff } from './StaffContext';
import { explainStaffFailure } from './staffFailures';

/**
 * `act(call)` changes something, one act at a time. Afterwards all that is on show is read again,
 * after a failure too: somebody else may have changed it.
 */
export function useStaffAction() {
  const { client } = useStaff();
  const queries = useQueryClient();
  const { send, ...state } = useSend({ explain: explainStaffFailure });

  const act = async <T,>(call: (client: Client) => Promise<T>): Promise<Outcome<T>> => {
    const outcome = await send(() => call(client));
    if (outcome) void queries.invalidateQueries();
    return outcome;
  };
  return { act, ...state };
}
