'use client';

import { useEffect, useRef, useState } from 'react';

import { FormField } from '../FormField';
import { SendButton } from '../SendButton';

/** Asks for a line of text before an act is done; `missing` is what to say when it is empty. */
export function ReasonForm({ name, label, submitText, missing, isOptional = false, isBusy, onSubmit, onCancel }) {
  const [text, setText] = useState('');
  const [error, setError] = useState('');
  const form = useRef(null);

  useEffect(() => form.current?.elements.namedItem(name)?.focus(), [name]);

  return (
    <form
      ref={form}
      className="reason"
      method="post"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!isOptional && !text.trim()) {
          setError(missing);
          form.current.elements.namedItem(name).focus();
          return;
        }
        onSubmit(text.trim());
      }}
    >
      <FormField
        name={name}
        as="textarea"
        rows={2}
        label={label}
        value={text}
        error={error}
        isOptional={isOptional}
        onChange={(_, value) => {
          setText(value);
          setError('');
        }}
      />
      <div className="actions">
        <SendButton className="button button-primary button-small" isBusy={isBusy} busyText="One moment…">
          {submitText}
        </SendButton>
        <button type="button" className="button button-plain button-small" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}
