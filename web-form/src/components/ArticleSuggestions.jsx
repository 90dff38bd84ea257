'use client';

import { useSuggestions } from '../hooks/useSuggestions';

/** Help articles that may answer the question before it is sent; nothing at all when there are none. */
export function ArticleSuggestions({ api, text, delayMs }) {
  const articles = useSuggestions(api, text, { delayMs });
  return (
    <div aria-live="polite">
      {articles.length > 0 ? (
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
      ) : null}
    </div>
  );
}
