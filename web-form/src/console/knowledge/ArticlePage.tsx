'use client';

import { QueryView } from '../QueryView';
import { useStaffQuery } from '../useStaffQuery';
import { ArticleEditor } from './ArticleEditor';
import { ArticleQuestions } from './ArticleQuestions';
import { ArticleVersions } from './ArticleVersions';
import { NewArticle } from './NewArticle';

const GONE = { title: 'No such article', text: 'It was deleted, or the address is wrong.' };

/** One article: its editor, questions, evidence and versions. */
export function ArticlePage({ id }: { id: string }) {
  return id === 'new' ? <NewArticle /> : <KnownArticle id={id} />;
}

function KnownArticle({ id }: { id: string }) {
  const found = useStaffQuery('/api/v1/knowledge/articles/{article_id}', { path: { article_id: id }, pollFactor: 2 });
  return (
    <QueryView query={found} absent={GONE}>
      {(article) => (
        <>
          <ArticleEditor article={article} />
          {article.evidence.length > 0 ? (
            <section className="panel" aria-labelledby="evidence-title">
              <h3 id="evidence-title">What customers asked</h3>
              <ul className="plain-list">
                {article.evidence.map(({ conversation_id: conversation, question }) => (
                  <li key={conversation}>
                    <a href={`#/queue/${conversation}`}>{question || 'A conversation that was erased'}</a>
                  </li>
                ))}
              </ul>
            </section>
          ) : null}
          <ArticleQuestions article={article} />
          <ArticleVersions article={article} />
        </>
      )}
    </QueryView>
  );
}
