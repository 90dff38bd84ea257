import { diffWordsWithSpace } from 'diff';

interface TextDiffProps {
  before: string;
  after: string;
}

/** What one text has and the other does not, word by word. */
export function TextDiff({ before, after }: TextDiffProps) {
  return (
    <div className="diff">
      {diffWordsWithSpace(before, after).map(({ value, added, removed }, at) => {
        const key = `${at}`;
        if (added) return <ins key={key}>{value}</ins>;
        if (removed) return <del key={key}>{value}</del>;
        return <span key={key}>{value}</span>;
      })}
    </div>
  );
}
