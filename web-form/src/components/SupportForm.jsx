'use client';

import { useEffect, useRef, useState } from 'react';

import { useAfterPointer } from '../hooks/useAfterPointer';
import { useFormValidation } from '../hooks/useFormValidation';
import { useSend } from '../hooks/useSend';
import rules from '../rules.json';
import { forgetKey, keyFor } from '../services/idempotency';
import { rememberTicket } from '../services/recentTickets';
import { readStored, removeStored, writeStored } from '../services/tabStorage';
import { CATEGORY, PRIORITY, wordFor } from '../words';
import { ArticleSuggestions } from './ArticleSuggestions';
import { FormField } from './FormField';
import { SendButton } from './SendButton';
import { SendOutcome } from './SendOutcome';
import { SuccessMessage } from './SuccessMessage';

const DRAFT = 'support.draft';
const KEY = 'support.key';
const EMPTY = { name: '', email: '', subject: '', category: '', priority: 'medium', message: '' };
const optionsOf = (codes, words) => codes.map((code) => [code, wordFor(words, code)]);

/** What was typed before the page came alive wins over the draft, which wins over the empty form. */
function startingValues(form) {
  const draft = readStored(DRAFT) ?? {};
  const values = { ...EMPTY };
  for (const name of Object.keys(EMPTY)) {
    if (typeof draft[name] === 'string') values[name] = draft[name];
    const typed = form?.elements.namedItem(name)?.value ?? '';
    if (typed && typed !== EMPTY[name]) values[name] = typed;
  }
  return values;
}

export function SupportForm({ api, suggestionDelayMs }) {
  const { values, errors, setValue, setValues, setErrors, checkField, checkAll } = useFormValidation(rules, EMPTY);
  const [isReady, setReady] = useState(false);
  const [sent, setSent] = useState(null);
  const { send, isBusy, isSlow, failure, clearFailure, waitSeconds } = useSend();
  const afterPointer = useAfterPointer();
  const form = useRef(null);

  useEffect(() => {
    setValues(startingValues(form.current));
    setReady(true);
  }, [setValues]);

  useEffect(() => {
    if (isReady && !sent) writeStored(DRAFT, values);
  }, [isReady, sent, values]);

  const showErrors = (found) => {
    const first = Object.keys(rules).find((name) => found[name]);
    if (first) form.current?.elements.namedItem(first)?.focus();
  };

  const submit = async (event) => {
    event.preventDefault();
    if (isBusy || waitSeconds > 0) return;
    const found = checkAll();
    if (Object.keys(found).length > 0) {
      clearFailure();
      showErrors(found);
      return;
    }
    const body = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value.trim()]));
    const outcome = await send(() => api.submitForm(body, keyFor(KEY, body)));
    if (!outcome) return;
    if (outcome.error) {
      const refused = Object.fromEntries(Object.entries(outcome.error.fields ?? {}).filter(([name]) => rules[name]));
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
    requestAnimationFrame(() => form.current?.elements.namedItem('subject')?.focus());
  };

  if (sent) return <SuccessMessage ticket={sent} onAnother={startAnother} />;

  const leave = (name, value) => afterPointer(() => checkField(name, value));
  const field = (name) => ({ name, value: values[name], error: errors[name], onChange: setValue, onLeave: leave });
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
        <ArticleSuggestions api={api} text={`${values.subject} ${values.message}`} delayMs={suggestionDelayMs} />
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
      </div>
    </form>
  );
}
