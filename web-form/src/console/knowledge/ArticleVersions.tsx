'use client';

import { useState } from 'react';

import { Moment } from '../../components/Moment';
import { SendOutcome } from '../../components/SendOutcome';
import { May } from '../May';
import { QueryView } from '../QueryView';
import { useStaffAction } from '../useStaffAction';
import { useStaffQuery } from '../useStaffQuery';
import type { Article } from './articleWords';
import { TextDiff } from './TextDiff';

const NONE = { title: 'No versions' };

/** Who wrote what when, what each version changed, and the way back. */
export function ArticleVersions({ article }: { article: Article }) {
  const [shown, setShown] = useState<number | null>(null);
  const path = { article_id: article.id };
  const versions = useStaffQuery('/api/v1/knowledge/articles/{article_id}/versions', { path, pollFactor: 4 });
  const { act, isBusy, isSlow, failure } = useStaffAction();
  const restore = (version: number) =>
    act((client) =>
      client.post('/api/v1/knowledge/articles/{article_id}/versions/{version}/restore', {
        path: { ...path, version },
        header: { 'if-match': String(article.version) },
      }),
    );
  return (
    <section className="panel" aria-labelledby="article-versions-title">
      <h3 id="article-versions-title">Versions</h3>
      <SendOutcome failure={failure} isSlow={isSlow} />
      <QueryView query={versions} absent={NONE}>
        {(data) => (
          <ul className="plain-list">
            {data.versions.map((version, at) => {
              const before = data.versions[at + 1];
              const isShown = shown === version.version;
              return (
                <li key={version.version}>
                  <span className="line">
                    Version {version.version} by {version.author} <Moment at={version.created_at} />{' '}
                    {version.restored_from ? `(version ${version.restored_from} again) ` : ''}
                    {version.version === article.published_version ? <strong>published </strong> : null}
                    <button
                      type="button"
                      className="button button-plain button-small"
                      aria-expanded={isShown}
                      onClick={() => setShown(isShown ? null : version.version)}
                    >
                      What version {version.version} changed
                    </button>
                    {version.version === article.version ? null : (
                      <May role="editor">
                        <button
                          type="button"
                          className="button button-small"
                          disabled={isBusy}
                          onClick={() => restore(version.version)}
                        >
                          Restore version {version.version}
                        </button>
                      </May>
                    )}
                  </span>
                  {isShown ? (
                    <TextDiff
                      before={before ? `${before.title}\n\n${before.content}` : ''}
                      after={`${version.title}\n\n${version.content}`}
                    />
                  ) : null}
                </li>
              );
            })}
          </ul>
        )}
      </QueryView>
    </section>
  );
}
