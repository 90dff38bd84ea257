/** Makes the cache of server state: what is read again, when, and what a page shows meanwhile. */
import { QueryClient } from '@tanstack/react-query';

import type { ApiError } from './errors';
import { isPassing, politePauseMs, withJitter } from './retry';

declare module '@tanstack/react-query' {
  interface Register {
    defaultError: ApiError;
  }
}

/**
 * Reads are tried again for as long as they may go well later, with growing pauses; old data stays
 * on show meanwhile. A hidden tab reads nothing and reads again when it is shown.
 */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // A browser that believes itself offline may still reach a server on its own network.
        networkMode: 'always',
        retry: (_, error) => isPassing(error),
        retryDelay: (failures, error) => withJitter(politePauseMs(failures, error)),
        refetchOnWindowFocus: true,
      },
    },
  });
}
