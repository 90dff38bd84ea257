'use client';

import { useQuery, type UseQueryResult } from '@tanstack/react-query';

import type { Answer, CallOptions, OptionsArgument, PathOf } from '../api/client';
import type { ApiError } from '../api/errors';
import { useLive } from './live/DeskLive';
import { useStaff } from './StaffContext';

interface Freshness {
  /** How many of the console's intervals lie between two reads; 0 reads only on demand. */
  pollFactor?: number;
  /** Whether it goes on while the tab is hidden. */
  inBackground?: boolean;
}

/**
 * Reads a path of the API and keeps it fresh while the tab is shown. Two components that read the
 * same path share one request.
 */
export function useStaffQuery<P extends PathOf<'get'>>(
  path: P,
  ...[options]: OptionsArgument<Omit<CallOptions<P, 'get'>, 'signal'> & Freshness>
): UseQueryResult<Answer<P, 'get'>, ApiError> {
  const { client, pollMs } = useStaff();
  const { isLive } = useLive();
  const { pollFactor = 1, inBackground = false, ...call } = options ?? ({} as Freshness & Omit<CallOptions<P, 'get'>, 'signal'>);
  return useQuery({
    queryKey: [path, call],
    queryFn: ({ signal }) => client.get(path, ...([{ ...call, signal }] as unknown as OptionsArgument<CallOptions<P, 'get'>>)),
    // The server tells an open tab of changes in conversations; a hidden one follows no stream.
    refetchInterval: isLive && !inBackground && path.startsWith('/api/v1/staff/conversations') ? false : pollMs * pollFactor || false,
    refetchIntervalInBackground: inBackground,
    refetchOnWindowFocus: pollFactor > 0,
  });
}
