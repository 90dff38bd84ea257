'use client';

import { lazy, Suspense, useEffect, useRef, useState, type FormEvent } from 'react';

import { useCompany } from '../api/company';
import type { CustomerApi } from '../api/customer';
import type { Category, Priority, Schemas, SupportRequest } from '../api/types';
import { focusField } from '../components/focusField';
import { FormField } from '../components/FormField';
import { SendButton } from '../components/SendButton';
import { SendOutcome } from '../components/SendOutcome';
import { useAfterPointer } from '../hooks/useAfterPointer';
import { namesOf, useFormValidation, type Errors, type Values } from '../hooks/useFormValidation';
import { useSend } from '../hooks/useSend';
import rules from '../rules.json';
import { forgetKey, keyFor } from '../storage/idempotency';
import { rememberTicket } from '../storage/recentTickets';
import { readStoredTexts, removeStored, writeStored } from '../storage/tabStorage';
import { CATEGORY, PRIORITY, wordFor, type Words } from '../words';
import { SuccessMessage } from './SuccessMessage';

// Suggestions are an extra: they are fetched with the first words that are typed, and the form works without them.
const ArticleSuggestions = lazy(() => import('./ArticleSuggestions').catch(() => ({ default: () => null })));

type Field = keyof typeof rules;

const DRAFT = 'support.draft';
const KEY = 'support.key';
const EMPTY: Values<Field> = { name: '', email: '', subject: '', category: '', priority: 'medium', message: '' };
const optionsOf = (codes: readonly string[], words: Words) => codes.map((code) => [code, wordFor(words, code)] as const);

/** What was typed before the page came alive wins over the draft, which wins over the empty form. */
function startingValues(form: HTMLFormElement | null): Values<Field> {
  const draft = readStoredTexts(DRAFT);
  const typed = form ? new FormData(form) : new FormData();
  const values = { ...EMPTY };
  for (const name of namesOf(EMPTY)) {
    values[name] = draft[name] ?? EMPTY[name];
    const text = typed.get(name);
    if (typeof text === 'string' && text && text !== EMPTY[name]) values[name] = text;
  }
  return values;
}

/** What was filled in, as it is sent. The rules have checked both choices against their options. */
function requestOf(values: Values<Field>): SupportRequest {
  return {
    name: values.name.trim(),
    email: values.email.trim(),
    subject: values.subject.trim(),
    category: values.category as Category,
    priority: values.priority as Priority,
    message: values.message.trim(),
  };
}

interface SupportFormProps {
  api: CustomerApi;
  suggestionDelayMs?: number;
}

/** Sends a new request; what is typed outlives a failure and a reload. */
export function SupportForm({ api, suggestionDelayMs }: SupportFormProps) {
  const { privacy_url: privacy } = useCompany();
  const { values, errors, setValue, setValues, setErrors, checkField, checkAll } = useFormValidation<Field>(rules, EMPTY);
  const [isReady, setReady] = useState(false);
  const [sent, setSent] = useState<Schemas['FormAccepted'] | null>(null);
  const { send, isBusy, isSlow, failure, clearFailure, stopRepeating, waitSeconds } = useSend({ repeats: true });
  const afterPointer = useAfterPointer();
  const form = useRef<HTMLFormElement>(null);

  useEffect(() => {
    setValues(startingValues(form.current));
    setReady(true);
  }, [setValues]);

  useEffect(() => {
    if (isReady && !sent) writeStored(DRAFT, values);
  }, [isReady, sent, values]);

  const change = (name: Field, value: string) => {
    setValue(name, value);
    stopRepeating();
  };

  const showErrors = (found: Errors<Field>) => {
    const first = namesOf(rules).find((name) => found[name]);
    if (first) focusField(form.current, first);
  };

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy || waitSeconds > 0) return;
    const found = checkAll();
    if (Object.keys(found).length > 0) {
      clearFailure();
      showErrors(found);
      return;
    }
    const body = requestOf(values);
    const outcome = await send(() => api.submitForm(body, keyFor(KEY, body)));
    if (!outcome) return;
    if (outcome.error) {
      const { fields } = outcome.error;
      const refused: Errors<Field> = Object.fromEntries(namesOf(rules).flatMap((name) => (fields[name] ? [[name, fields[name]]] : [])));
      setErrors(refused);
      showErrors(refused);
      return;
    }
    const ticket = outcome.value;
    rememberTicket({ ticketId: ticket.ticket_id, token: ticket.access_token, subject: body.subject });
    removeStored(DRAFT);
    forgetKey(KEY);
    setSent(ticket);
  };

  const startAnother = () => {
    setSent(null);
    setErrors({});
    setValues((current) => ({ ...EMPTY, name: current.name, email: current.email }));
    requestAnimationFrame(() => focusField(form.current, 'subject'));
  };

  if (sent) return <SuccessMessage ticket={sent} onAnother={startAnother} />;

  const leave = (name: Field, value: string) => afterPointer(() => checkField(name, value));
  const field = (name: Field) => ({ name, value: values[name], error: errors[name], onChange: change, onLeave: leave });
  const suggestionText = `${values.subject} ${values.message}`;
  const problemCount = Object.values(errors).filter(Boolean).length;

  return (
    <form ref={form} className="card form" method="post" noValidate onSubmit={submit} aria-busy={isBusy} aria-label="Support request">
      <div className="form-row">
        <FormField {...field('name')} label="Your name" autoComplete="name" />
        <FormField
          {...field('email')}
          label="E-mail address"
          type="email"
          inputMode="email"
          autoComplete="email"
          autoCapitalize="none"
          spellCheck={false}
        />
      </div>
      <div className="form-row">
        <FormField
          {...field('category')}
          as="select"
          label="Topic"
          placeholder="Choose a topic"
          options={optionsOf(rules.category.enum, CATEGORY)}
        />
        <FormField {...field('priority')} as="select" label="Priority" options={optionsOf(rules.priority.enum, PRIORITY)} />
      </div>
      <FormField {...field('subject')} label="Subject" autoComplete="off" placeholder="What is it about?" />
      <div>
        <FormField
          {...field('message')}
          as="textarea"
          rows={7}
          label="Message"
          counterMax={rules.message.maxLength}
          hint="What happened, what did you expect, and since when?"
        />
        <div aria-live="polite">
          {suggestionText.trim() ? (
            <Suspense>
              <ArticleSuggestions api={api} text={suggestionText} delayMs={suggestionDelayMs} />
            </Suspense>
          ) : null}
        </div>
      </div>
      <SendOutcome failure={failure} isSlow={isSlow} />
      <div className="form-foot">
        <SendButton isBusy={isBusy} waitSeconds={waitSeconds} busyText="Sending…" disabled={!isReady}>
          Send request
        </SendButton>
        <p className="muted small" role="status">
          {problemCount > 0
            ? `${problemCount} ${problemCount === 1 ? 'field needs' : 'fields need'} your attention.`
            : 'All fields are needed.'}
        </p>
        {privacy ? (
          <p className="small">
            <a href={privacy}>How we treat your data</a>
          </p>
        ) : null}
      </div>
    </form>
  );
}
