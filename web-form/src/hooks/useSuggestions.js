'use client';

import { useEffect, useState } from 'react';

const SHORTEST_QUERY = 8;
const LONGEST_QUERY = 300;

/** Articles that match what is being typed; an empty list on any failure. */
export function useSuggestions(api, text, { delayMs = 400 } = {}) {
  const [articles, setArticles] = useState([]);
  const query = text.replace(/\s+/g, ' ').trim().slice(0, LONGEST_QUERY);

  useEffect(() => {
    if (query.length < SHORTEST_QUERY) {
      setArticles([]);
      return undefined;
    }
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const answer = await api.suggestArticles(query, { signal: stop.signal });
        if (!stop.signal.aborted) setArticles((answer?.suggestions ?? []).slice(0, 3));
      } catch {
        // Suggestions are an extra: without them the form works as well.
        if (!stop.signal.aborted) setArticles([]);
      }
    }, delayMs);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [api, query, delayMs]);

  return articles;
}
