'use client';

import { useState } from 'react';

import { FormField } from '../../components/FormField';
import { asObject, asText, faultAt, unlessEmpty, withKey, type Json, type JsonObject } from './profileSchema';
import { languageName, languages, useProfileForm } from './ProfileFormContext';

interface OverridesProps {
  path: string;
  value: JsonObject;
  onChange: (value: Json | undefined) => void;
}

/** The company's own words in place of a shipped text: pick a language and a text, see what is shipped, write another. */
export function Overrides({ path, value, onChange }: OverridesProps) {
  const { form, document, faults } = useProfileForm();
  const [language, setLanguage] = useState(languages(document)[0] ?? 'en');
  const [key, setKey] = useState('');
  const texts = new Map(form.texts.map((text) => [text.key, text]));
  const put = (code: string, name: string, text: string | undefined) =>
    onChange(unlessEmpty(withKey(value, code, unlessEmpty(withKey(asObject(value[code]), name, text)))));
  const own = Object.entries(value).flatMap(([code, table]) => Object.keys(asObject(table)).map((name) => [code, name] as const));
  const codes = [...new Set([...languages(document), ...Object.keys(value)])];
  const shippedIn = (name: string, code: string) => texts.get(name)?.shipped[code] ?? '';
  return (
    <fieldset className="group">
      <legend>Texts</legend>
      <p className="field-hint">What the system says itself, in your own words. A text that you do not write stays as shipped.</p>
      {faults[path] ? <p className="field-error">{faults[path]}</p> : null}
      <div className="items">
        {own.map(([code, name]) => (
          <fieldset key={`${code}.${name}`} className="group item">
            <legend>
              {name}, {languageName(code)}
            </legend>
            {shippedIn(name, code) ? (
              <p className="small">
                <span className="muted">Shipped:</span> {shippedIn(name, code)}
              </p>
            ) : null}
            <FormField
              name={`${path}.${code}.${name}`}
              as="textarea"
              rows={3}
              label="Your text"
              hint={`It may name ${(texts.get(name)?.placeholders ?? []).map((word) => `{${word}}`).join(', ')}.`}
              error={faultAt(faults, `${path}.${code}.${name}`)}
              isOptional
              optionalNote=""
              value={asText(asObject(value[code])[name])}
              onChange={(_, text) => put(code, name, text)}
            />
            <div className="actions">
              <button type="button" className="button button-small button-danger" onClick={() => put(code, name, undefined)}>
                Use the shipped text again
              </button>
            </div>
          </fieldset>
        ))}
      </div>
      <div className="fields">
        <FormField
          name={`${path}-language`}
          as="select"
          label="Language"
          options={codes.map((code) => [code, languageName(code)] as const)}
          isOptional
          optionalNote=""
          value={language}
          onChange={(_, code) => setLanguage(code)}
        />
        <FormField
          name={`${path}-key`}
          as="select"
          label="Text"
          placeholder="Choose a text"
          options={form.texts.map((text) => [text.key, text.key] as const)}
          isOptional
          optionalNote=""
          value={key}
          onChange={(_, name) => setKey(name)}
        />
      </div>
      {key ? (
        <p className="small">
          <span className="muted">Shipped:</span> {shippedIn(key, language) || 'nothing in this language'}
        </p>
      ) : null}
      <div className="actions">
        <button
          type="button"
          className="button button-small"
          disabled={!key || asText(asObject(value[language])[key]) !== ''}
          onClick={() => put(language, key, shippedIn(key, language) || shippedIn(key, 'en'))}
        >
          Write this text yourself
        </button>
      </div>
    </fieldset>
  );
}
