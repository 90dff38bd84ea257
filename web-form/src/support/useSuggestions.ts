'use client';

import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

import type { CustomerApi } from '../api/customer';
import type { Schemas } from '../api/types';

const SHORTEST_QUERY = 8;
const LONGEST_QUERY = 300;
const MOST_SHOWN = 3;
const FRESH_MS = 60_000;

/** `value` once it has been the same for `delayMs`. */
function useDebounced(value: string, delayMs: number): string {
  const [settled, setSettled] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), delayMs);
    return () => clearTimeout(timer);
  }, [value, delayMs]);
  return settled;
}

/** Articles that match what is being typed; an empty list on any failure: the form works without them. */
export function useSuggestions(api: CustomerApi, text: string, delayMs: number): Schemas['Suggestion'][] {
  const typed = text.replace(/\s+/g, ' ').trim().slice(0, LONGEST_QUERY);
  const query = useDebounced(typed, delayMs);
  const isLongEnough = query.length >= SHORTEST_QUERY && typed.length >= SHORTEST_QUERY;
  const { data } = useQuery({
    queryKey: ['suggestions', query],
    queryFn: ({ signal }) => api.suggestArticles(query, { signal }),
    enabled: isLongEnough,
    retry: false,
    staleTime: FRESH_MS,
    placeholderData: (previous) => previous,
  });
  return isLongEnough ? (data?.suggestions ?? []).slice(0, MOST_SHOWN) : [];
}
