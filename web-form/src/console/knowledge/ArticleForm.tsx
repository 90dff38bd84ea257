'use client';

import { useState, type ReactNode } from 'react';

import { FormField } from '../../components/FormField';
import { LANGUAGES, VISIBILITY, type Fields } from './articleWords';
import { Markdown } from './Markdown';

interface ArticleFormProps {
  fields: Fields;
  faults: Readonly<Record<string, string>>;
  onChange: (fields: Fields) => void;
  children: ReactNode;
}

/** The fields of an article, its text with a preview beside it. `children` are the acts. */
export function ArticleForm({ fields, faults, onChange, children }: ArticleFormProps) {
  const [isPreviewed, setPreviewed] = useState(true);
  const set = <Name extends keyof Fields>(name: Name, value: Fields[Name]) => onChange({ ...fields, [name]: value });
  return (
    <div className="panel">
      <FormField
        name="title"
        label="Title"
        hint="The question that it answers, in a customer's words."
        maxLength={200}
        value={fields.title}
        error={faults.title ?? ''}
        onChange={(_, value) => set('title', value)}
      />
      <div className={isPreviewed ? 'editor editor-split' : 'editor'}>
        <FormField
          name="body"
          as="textarea"
          rows={18}
          label="Text"
          hint="Markdown: # for headings, - for lists, 1. for steps, **bold**, > for warnings."
          value={fields.body}
          error={faults.body ?? ''}
          onChange={(_, value) => set('body', value)}
        />
        {isPreviewed ? (
          <section className="preview" aria-label="Preview">
            <h3>{fields.title || 'Without a title'}</h3>
            <Markdown text={fields.body} />
          </section>
        ) : null}
      </div>
      <label className="check">
        <input type="checkbox" checked={isPreviewed} onChange={(event) => setPreviewed(event.target.checked)} />
        Show the preview
      </label>
      <div className="editor-settings">
        <FormField
          name="language"
          as="select"
          label="Language"
          placeholder="Recognised by itself"
          options={languages(fields.language)}
          isOptional
          value={fields.language}
          error={faults.language ?? ''}
          onChange={(_, value) => set('language', value)}
        />
        <FormField
          name="visibility"
          as="select"
          label="For"
          hint="What is for staff is never quoted to customers."
          options={Object.entries(VISIBILITY)}
          value={fields.visibility}
          onChange={(_, value) => set('visibility', value === 'internal' ? 'internal' : 'public')}
        />
        <FormField
          name="expires"
          type="date"
          label="Expires on"
          hint="From then on nobody is answered from it."
          isOptional
          value={fields.expires}
          error={faults.expires_at ?? ''}
          onChange={(_, value) => set('expires', value)}
        />
        <FormField
          name="category"
          label="Category"
          maxLength={100}
          isOptional
          value={fields.category}
          error={faults.category ?? ''}
          onChange={(_, value) => set('category', value)}
        />
        <FormField
          name="url"
          type="url"
          label="Link"
          hint="Where customers can read it."
          isOptional
          value={fields.url}
          error={faults.url ?? ''}
          onChange={(_, value) => set('url', value)}
        />
      </div>
      <label className="check">
        <input type="checkbox" checked={fields.isWhole} onChange={(event) => set('isWhole', event.target.checked)} />
        Say it whole or not at all: no step, price or warning is left out
      </label>
      {children}
    </div>
  );
}

/** An article may be in a language that the list does not name. */
function languages(current: string): [string, string][] {
  const known: [string, string][] = Object.entries(LANGUAGES);
  return !current || current in LANGUAGES ? known : [...known, [current, current]];
}
