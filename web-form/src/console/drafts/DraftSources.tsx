import type { Schemas } from '../../api/types';

interface DraftSourcesProps {
  sources: readonly Schemas['DraftSourceView'][];
  title: string;
}

/** The articles behind a text, each a link to where it is written. */
export function DraftSources({ sources, title }: DraftSourcesProps) {
  if (sources.length === 0) return null;
  return (
    <p className="muted small">
      {title}:{' '}
      {sources.map((source, index) => (
        <span key={`${source.article_id}-${source.version}`}>
          {index > 0 ? ', ' : ''}
          <a href={`#/knowledge/${encodeURIComponent(source.article_id)}`}>{source.title}</a> (v{source.version})
        </span>
      ))}
    </p>
  );
}
