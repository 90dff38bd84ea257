'use client';

import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';

import type { CallOptions } from '../../api/client';
import { useLive } from '../live/DeskLive';
import { useStaff } from '../StaffContext';

const PATH = '/api/v1/staff/conversations';
const PAGE = 50;

export type QueueQuery = Omit<NonNullable<CallOptions<typeof PATH, 'get'>['query']>, 'cursor' | 'limit'>;

/** The queue page by page as it is scrolled; read again whenever the server tells of a change. */
export function useQueue(query: QueueQuery) {
  const { client, pollMs } = useStaff();
  const { isLive } = useLive();
  return useInfiniteQuery({
    queryKey: [PATH, query],
    queryFn: ({ signal, pageParam }) => client.get(PATH, { query: { ...query, limit: PAGE, cursor: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchInterval: isLive ? false : pollMs,
    placeholderData: keepPreviousData,
  });
}
