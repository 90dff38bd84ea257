'use client';

import { useHashRoute } from '../../hooks/useHashRoute';
import { PageSection } from '../PageSection';
import { useStaff } from '../StaffContext';
import { ArticlePage } from './ArticlePage';
import { ArticlesList } from './ArticlesList';
import { Gaps } from './Gaps';
import { Proposals } from './Proposals';
import { Sources } from './Sources';
import { TryOut } from './TryOut';
import { Upload } from './Upload';

const TABS = [
  ['articles', 'Articles', ArticlesList, 'viewer'],
  ['upload', 'Upload', Upload, 'editor'],
  ['sources', 'Help sites', Sources, 'viewer'],
  ['gaps', 'Gaps', Gaps, 'viewer'],
  ['try-out', 'Try out', TryOut, 'viewer'],
  ['proposals', 'Proposals', Proposals, 'viewer'],
] as const;
const FIRST = TABS[0];
const LEAD = 'What customers are answered from. A published change counts from the next message on.';

/** Everything that answers come from: articles, where they come from, what is missing, and a try-out. */
export default function KnowledgePage() {
  const { may } = useStaff();
  const [, path, id] = useHashRoute('knowledge');
  const tabs = TABS.filter(([, , , least]) => may(least));
  const current = tabs.find(([name]) => name === path) ?? FIRST;
  const Tab = current[2];
  return (
    <PageSection title="Knowledge" lead={LEAD} isWide>
      <nav className="tabs" aria-label="Knowledge">
        {tabs.map(([name, title]) => (
          <a key={name} href={`#/knowledge/${name}`} aria-current={name === current[0] ? 'page' : undefined}>
            {title}
          </a>
        ))}
      </nav>
      {current[0] === 'articles' && id ? <ArticlePage key={id} id={id} /> : <Tab />}
    </PageSection>
  );
}
