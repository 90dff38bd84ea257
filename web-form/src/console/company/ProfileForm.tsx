'use client';

import { useState, type ReactNode } from 'react';

import type { Schemas } from '../../api/types';
import { ProfileField } from './ProfileField';
import { ProfileFormContext } from './ProfileFormContext';
import { asList, asObject, faultAt, isLeaf, kindOf, resolve, withKey, type Json, type JsonObject, type Schema } from './profileSchema';
import type { Faults } from './useProfileDraft';

interface ProfileFormProps {
  form: Schemas['CompanyForm'];
  document: JsonObject;
  faults: Faults;
  onChange: (document: JsonObject) => void;
}

const LONG_TEXT = 10_000;

/** The profile as a form, made of its schema: a key that the profile gains is a field here at once. */
export function ProfileForm({ form, document, faults, onChange }: ProfileFormProps) {
  const schema = form.json_schema as Schema;
  const keys = Object.entries(schema.properties ?? {}).map(([key, part]) => [key, resolve(part, schema)] as const);
  const isBasic = (part: Schema) => isLeaf(kindOf(part)) && (part.maxLength ?? 0) < LONG_TEXT;
  const field = (key: string, part: Schema) => (
    <ProfileField
      key={key}
      path={key}
      part={part}
      value={document[key]}
      isRequired={schema.required?.includes(key) ?? false}
      onChange={(value) => onChange(withKey(document, key, value))}
    />
  );
  return (
    <ProfileFormContext value={{ schema, form, document, faults }}>
      <div className="profile-form">
        <div className="fields">{keys.filter(([, part]) => isBasic(part)).map(([key, part]) => field(key, part))}</div>
        {keys
          .filter(([, part]) => !isBasic(part))
          .map(([key, part]) => (
            <Section key={key} title={part.title ?? key} state={stateOf(document[key])} isWrong={faultAt(faults, key) !== ''}>
              {key === 'instructions' ? (
                <ShippedPrompt form={form} isSet={Boolean(document[key])} onStart={(text) => onChange({ ...document, [key]: text })} />
              ) : null}
              {field(key, part)}
            </Section>
          ))}
      </div>
    </ProfileFormContext>
  );
}

interface SectionProps {
  title: string;
  state: string;
  isWrong: boolean;
  children: ReactNode;
}

/** A part of the form that is folded until it is wanted, or has a fault. */
function Section({ title, state, isWrong, children }: SectionProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details className="section" open={isOpen || isWrong} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {title} <span className="muted small">{isWrong ? 'has a fault' : state}</span>
      </summary>
      {isOpen || isWrong ? children : null}
    </details>
  );
}

function stateOf(value: Json | undefined): string {
  if (value === undefined) return 'as shipped';
  if (Array.isArray(value)) return `${asList(value).length} set`;
  if (typeof value === 'object') return `${Object.keys(asObject(value)).join(', ')} set`;
  return 'set';
}

interface ShippedPromptProps {
  form: Schemas['CompanyForm'];
  isSet: boolean;
  onStart: (text: string) => void;
}

/** What the model is told unless the profile says otherwise. */
function ShippedPrompt({ form, isSet, onStart }: ShippedPromptProps) {
  return (
    <>
      <p className="small">
        It may name {form.prompt_placeholders.map((name) => `{${name}}`).join(', ')}. Try it on past conversations below before you save it.
      </p>
      <details>
        <summary>The shipped prompt</summary>
        <p className="message-text small">{form.prompt}</p>
      </details>
      {isSet ? null : (
        <div className="actions">
          <button type="button" className="button button-small" onClick={() => onStart(form.prompt)}>
            Start from the shipped prompt
          </button>
        </div>
      )}
    </>
  );
}
