'use client';

import { useHashRoute } from '../../hooks/useHashRoute';
import { PageSection } from '../PageSection';
import { ArticlePage } from './ArticlePage';
import { ArticlesList } from './ArticlesList';
import { Gaps } from './Gaps';
import { Proposals } from './Proposals';
import { Sources } from './Sources';
import { TryOut } from './TryOut';
import { Upload } from './Upload';

const TABS = [
  ['articles', 'Articles', ArticlesList],
  ['upload', 'Upload', Upload],
  ['sources', 'Help sites', Sources],
  ['gaps', 'Gaps', Gaps],
  ['try-out', 'Try out', TryOut],
  ['proposals', 'Proposals', Proposals],
] as const;
const FIRST = TABS[0];
const LEAD = 'What customers are answered from. A published change counts from the next message on.';

/** Everything that answers come from: articles, where they come from, what is missing, and a try-out. */
export default function KnowledgePage() {
  const [, path, id] = useHashRoute('knowledge');
  const current = TABS.find(([name]) => name === path) ?? FIRST;
  const Tab = current[2];
  return (
    <PageSection title="Knowledge" lead={LEAD} isWide>
      <nav className="tabs" aria-label="Knowledge">
        {TABS.map(([name, title]) => (
          <a key={name} href={`#/knowledge/${name}`} aria-current={name === current[0] ? 'page' : undefined}>
            {title}
          </a>
        ))}
      </nav>
      {current[0] === 'articles' && id ? <ArticlePage key={id} id={id} /> : <Tab />}
    </PageSection>
  );
}
