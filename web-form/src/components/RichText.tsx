/**
 * One of our replies. The server makes the HTML and escapes every tag in the reply itself, so nothing that a
 * person or a model wrote becomes markup here.
 */
export function RichText({ html }: { html: string }) {
  return <div className="rich-text" dangerouslySetInnerHTML={{ __html: html }} />;
}
