'use client';

import { QueryClientProvider } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';

import type { CustomerApi } from '../api/customer';
import { createQueryClient } from '../api/queryClient';
import { useSuggestions } from './useSuggestions';

interface ArticleSuggestionsProps {
  api: CustomerApi;
  text: string;
  delayMs?: number;
}

/** Help articles that may answer the question before it is sent; nothing at all when there are none. */
export default function ArticleSuggestions({ api, text, delayMs = 400 }: ArticleSuggestionsProps): ReactNode {
  const [queries] = useState(createQueryClient);
  return (
    <QueryClientProvider client={queries}>
      <Articles api={api} text={text} delayMs={delayMs} />
    </QueryClientProvider>
  );
}

function Articles({ api, text, delayMs }: Required<ArticleSuggestionsProps>) {
  const articles = useSuggestions(api, text, delayMs);
  if (articles.length === 0) return null;
  return (
    <section className="suggestions" aria-labelledby="suggestions-title">
      <h2 id="suggestions-title">This may already answer your question</h2>
      <ul>
        {articles.map((article) => (
          <li key={article.article_id}>
            <details>
              <summary>{article.title}</summary>
              <p>{article.excerpt}</p>
            </details>
          </li>
        ))}
      </ul>
    </section>
  );
}
