import MarkdownIt from 'markdown-it';
import { useMemo } from 'react';

// HTML in the text is shown as text, and only links that run no script are made: nothing else reaches the page.
const renderer = new MarkdownIt({ html: false, linkify: true });

/** An article as a reader would see it. */
export function Markdown({ text }: { text: string }) {
  const html = useMemo(() => renderer.render(text), [text]);
  return <div className="markdown" dangerouslySetInnerHTML={{ __html: html }} />;
}
