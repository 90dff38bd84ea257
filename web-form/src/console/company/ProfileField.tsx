'use client';

import { useId, useRef, useState, type ReactNode } from 'react';

import { CHANNEL } from '../../api/names';
import { FormField } from '../../components/FormField';
import { Overrides } from './Overrides';
import {
  asList,
  asObject,
  asText,
  faultAt,
  kindOf,
  resolve,
  tableOf,
  unlessEmpty,
  withKey,
  type Json,
  type JsonObject,
  type Schema,
} from './profileSchema';
import { capitalised, languages, useProfileForm, useTableKeys } from './ProfileFormContext';
import { TopicTry } from './TopicTry';

export interface ProfileFieldProps {
  /** Where the value stands in the document, such as hours.week.mon. */
  path: string;
  part: Schema;
  value: Json | undefined;
  /** Undefined takes the value out of the document. */
  onChange: (value: Json | undefined) => void;
  isRequired?: boolean;
}

/** The field of one value of the profile, as its schema asks for it. */
export function ProfileField(props: ProfileFieldProps) {
  const { schema } = useProfileForm();
  const part = resolve(props.part, schema);
  const known = { ...props, part };
  switch (kindOf(part)) {
    case 'object':
      return <Group {...known} />;
    case 'objects':
      return <Items {...known} />;
    case 'table':
      return <Table {...known} />;
    case 'line-or-table':
      return <OneOrEach {...known} />;
    case 'overrides':
      return <Overrides path={props.path} value={asObject(props.value)} onChange={props.onChange} />;
    case 'choices':
      return <Choices {...known} />;
    case 'switch':
      return <Switch {...known} />;
    case 'colour':
      return <Colour {...known} />;
    default:
      return <Leaf {...known} />;
  }
}

const PLAIN = { optionalNote: '' } as const;

/** A value that one control holds: a text, a number, a choice, or a list with a line each. */
function Leaf({ path, part, value, onChange, isRequired = false }: ProfileFieldProps) {
  const { faults } = useProfileForm();
  const kind = kindOf(part);
  const shared = {
    ...PLAIN,
    name: path,
    label: part.title ?? path,
    hint: part.description ?? '',
    error: faultAt(faults, path),
    isOptional: !isRequired,
    spellCheck: kind === 'lines',
  };
  if (kind === 'choice') {
    const standard = asText(part.default);
    const options = (part.enum ?? []).map((option) => [option, capitalised(option)] as const);
    return (
      <FormField
        {...shared}
        as="select"
        options={isRequired ? options : options.map(([code, word]) => [code, code === standard ? `${word} (standard)` : word] as const)}
        placeholder={standard ? '' : 'Not set'}
        value={asText(value) || standard}
        onChange={(_, chosen) => onChange(chosen && (isRequired || chosen !== standard) ? chosen : undefined)}
      />
    );
  }
  if (kind === 'number') {
    return (
      <FormField
        {...shared}
        type="text"
        inputMode="decimal"
        value={asText(value)}
        onChange={(_, text) => onChange(text === '' ? undefined : Number.isNaN(Number(text)) || text.endsWith('.') ? text : Number(text))}
      />
    );
  }
  if (kind === 'list' || kind === 'spans') return <List shared={shared} part={part} value={value} onChange={onChange} />;
  return (
    <FormField
      {...shared}
      as={kind === 'lines' ? 'textarea' : 'input'}
      rows={kind === 'lines' ? (part.maxLength ?? 0) > 10_000 ? 14 : 4 : undefined}
      type="text"
      placeholder={asText(part.default)}
      value={asText(value)}
      onChange={(_, text) => onChange(text === '' && !isRequired ? undefined : text)}
    />
  );
}

interface ListProps {
  shared: Omit<Parameters<typeof FormField>[0], 'value' | 'onChange'>;
  part: Schema;
  value: Json | undefined;
  onChange: (value: Json | undefined) => void;
}

/** Entries as lines of a text, spans of hours as one line. Empty lines stay while somebody types and are not stored. */
function List({ shared, part, value, onChange }: ListProps) {
  const isSpans = kindOf(part) === 'spans';
  const entries = asList(value).map((entry) => asText(entry).replaceAll('\n', ' '));
  const [typed, setTyped] = useState('');
  const read = (text: string) =>
    text
      .split(isSpans ? ',' : '\n')
      .map((entry) => entry.trim())
      .filter(Boolean);
  const isTyped = JSON.stringify(read(typed)) === JSON.stringify(entries);
  return (
    <FormField
      {...shared}
      as={isSpans ? 'input' : 'textarea'}
      rows={isSpans ? undefined : Math.min(8, Math.max(2, entries.length + 1))}
      hint={isSpans ? '' : `${shared.hint ?? ''} One a line.`.trim()}
      placeholder={isSpans ? 'closed' : ''}
      value={isTyped ? typed : entries.join(isSpans ? ', ' : '\n')}
      onChange={(_, text) => {
        setTyped(text);
        const given = read(text);
        onChange(given.length > 0 ? given : undefined);
      }}
    />
  );
}

function Switch({ path, part, value, onChange }: ProfileFieldProps) {
  const { faults } = useProfileForm();
  const standard = part.default === true;
  const hintId = useId();
  const fault = faultAt(faults, path);
  return (
    <div className={fault ? 'field field-invalid' : 'field'}>
      <label className="check">
        <input
          type="checkbox"
          name={path}
          checked={typeof value === 'boolean' ? value : standard}
          aria-describedby={hintId}
          onChange={(event) => onChange(event.target.checked === standard ? undefined : event.target.checked)}
        />
        {part.title}
      </label>
      <p id={hintId} className="field-hint">
        {part.description} {fault}
      </p>
    </div>
  );
}

function Colour(props: ProfileFieldProps) {
  const text = asText(props.value);
  return (
    <div className="colour">
      <Leaf {...props} />
      <input
        type="color"
        aria-label={`${props.part.title ?? ''}, picked`}
        value={/^#[0-9a-f]{6}$/i.test(text) ? text : '#808080'}
        onChange={(event) => props.onChange(event.target.value)}
      />
    </div>
  );
}

/** Several of a fixed set. */
function Choices({ path, part, value, onChange, isRequired = false }: ProfileFieldProps) {
  const { faults } = useProfileForm();
  const chosen = asList(value).map(asText);
  const options = part.items?.enum?.map((option) => [option, capitalised(option)] as const) ?? Object.entries(CHANNEL);
  const toggle = (option: string, isChosen: boolean) => {
    const next = options.map(([code]) => code).filter((code) => (code === option ? isChosen : chosen.includes(code)));
    onChange(next.length > 0 || isRequired ? next : undefined);
  };
  return (
    <Fieldset title={part.title} help={part.description} fault={faultAt(faults, path)}>
      <div className="checks">
        {options.map(([code, word]) => (
          <label key={code} className="check">
            <input
              type="checkbox"
              name={`${path}.${code}`}
              checked={chosen.includes(code)}
              onChange={(event) => toggle(code, event.target.checked)}
            />
            {word}
          </label>
        ))}
      </div>
    </Fieldset>
  );
}

interface FieldsetProps {
  title: string | undefined;
  help?: string | undefined;
  fault?: string;
  children: ReactNode;
}

function Fieldset({ title, help, fault = '', children }: FieldsetProps) {
  return (
    <fieldset className={fault ? 'group group-invalid' : 'group'}>
      <legend>{title}</legend>
      {help ? <p className="field-hint">{help}</p> : null}
      {fault ? (
        <p className="field-error" role="status">
          {fault}
        </p>
      ) : null}
      {children}
    </fieldset>
  );
}

/** An object with keys of its own. */
function Group({ path, part, value, onChange, isRequired = false }: ProfileFieldProps) {
  const { faults } = useProfileForm();
  return (
    <Fieldset title={part.title} help={part.description} fault={faults[path]}>
      <Properties path={path} part={part} value={asObject(value)} onChange={(next) => onChange(isRequired ? next : unlessEmpty(next))} />
    </Fieldset>
  );
}

interface PropertiesProps {
  path: string;
  part: Schema;
  value: JsonObject;
  onChange: (value: JsonObject) => void;
}

/** The fields of an object's keys. */
export function Properties({ path, part, value, onChange }: PropertiesProps) {
  return (
    <div className="fields">
      {Object.entries(part.properties ?? {}).map(([key, inner]) => (
        <ProfileField
          key={key}
          path={path ? `${path}.${key}` : key}
          part={inner}
          value={value[key]}
          isRequired={part.required?.includes(key) ?? false}
          onChange={(next) => onChange(withKey(value, key, next))}
        />
      ))}
    </div>
  );
}

/** A value for each of the keys that the table offers: languages, channels, days, topics. */
function Table({ path, part, value, onChange }: ProfileFieldProps) {
  const { faults, schema } = useProfileForm();
  const held = asObject(value);
  const keys = useTableKeys(part, held);
  const inner = resolve(tableOf(part), schema);
  return (
    <Fieldset title={part.title} help={part.description} fault={faults[path]}>
      {keys.length === 0 ? <p className="muted small">Nothing to set yet.</p> : null}
      <div className="fields">
        {keys.map(([key, word]) => (
          <ProfileField
            key={key}
            path={`${path}.${key}`}
            part={{ ...inner, title: word, description: inner.properties ? '' : (inner.description ?? '') }}
            value={held[key]}
            onChange={(next) => onChange(unlessEmpty(withKey(held, key, next)))}
          />
        ))}
      </div>
    </Fieldset>
  );
}

/** One text for all languages, or one for each. */
function OneOrEach(props: ProfileFieldProps) {
  const { document } = useProfileForm();
  const { part, value, onChange } = props;
  const [one = {}, each = {}] = part.anyOf ?? [];
  const [isEach, setEach] = useState(typeof value === 'object' && value !== null);
  const words = { title: part.title, description: part.description };
  const switchTo = (wantsEach: boolean) => {
    setEach(wantsEach);
    const text = asText(value);
    if (!wantsEach) onChange(Object.values(asObject(value))[0]);
    else if (text) onChange(Object.fromEntries(languages(document).map((code) => [code, text])));
  };
  return (
    <div className="field">
      {isEach ? <Table {...props} part={{ ...each, ...words }} /> : <Leaf {...props} part={{ ...one, ...words }} />}
      <label className="check">
        <input type="checkbox" name={`${props.path}.each`} checked={isEach} onChange={(event) => switchTo(event.target.checked)} />
        {part.title}: a text of its own for each language
      </label>
    </div>
  );
}

/** A list of objects, each with its fields. */
function Items({ path, part, value, onChange, isRequired = false }: ProfileFieldProps) {
  const { schema, faults } = useProfileForm();
  const items = asList(value).map(asObject);
  const inner = resolve(part.items ?? {}, schema);
  const noun = (part.title ?? '').toLowerCase().replace(/s$/, '');
  const list = useRef<HTMLDivElement>(null);
  const put = (next: readonly JsonObject[]) => onChange(next.length > 0 || isRequired ? next : undefined);
  const add = () => {
    put([...items, {}]);
    // Once it is shown: whoever adds one goes on with its first field.
    requestAnimationFrame(() => list.current?.querySelector<HTMLElement>(':scope > fieldset:last-of-type :is(input, textarea, select)')?.focus());
  };
  return (
    <Fieldset title={part.title} help={part.description} fault={faults[path]}>
      <div className="items" ref={list}>
        {items.map((item, index) => (
          <fieldset key={index} className="group item">
            <legend>{asText(item.label) || asText(item.id) || `${capitalised(noun)} ${index + 1}`}</legend>
            {faults[`${path}.${index}`] ? <p className="field-error">{faults[`${path}.${index}`]}</p> : null}
            <Properties
              path={`${path}.${index}`}
              part={inner}
              value={item}
              onChange={(next) => put(items.map((other, at) => (at === index ? next : other)))}
            />
            {part.items?.$ref?.endsWith('/Topic') ? <TopicTry topic={item} /> : null}
            <div className="actions">
              <button type="button" className="button button-small button-danger" onClick={() => put(items.filter((_, at) => at !== index))}>
                Remove this {noun}
              </button>
            </div>
          </fieldset>
        ))}
      </div>
      <div className="actions">
        <button type="button" className="button button-small" onClick={add}>
          Add a {noun}
        </button>
      </div>
    </Fieldset>
  );
}
