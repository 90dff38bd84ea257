'use client';

import { useEffect, useRef, useState } from 'react';

import { focusField } from '../components/focusField';
import { FormField } from '../components/FormField';
import { SendButton } from '../components/SendButton';

interface ReasonFormProps {
  name: string;
  label: string;
  submitText: string;
  /** What to say when it is empty. */
  missing?: string;
  isOptional?: boolean;
  isBusy: boolean;
  onSubmit: (text: string) => unknown;
  onCancel: () => void;
}

/** Asks for a line of text before an act is done. */
export function ReasonForm({
  name,
  label,
  submitText,
  missing = 'Say why.',
  isOptional = false,
  isBusy,
  onSubmit,
  onCancel,
}: ReasonFormProps) {
  const [text, setText] = useState('');
  const [error, setError] = useState('');
  const form = useRef<HTMLFormElement>(null);

  useEffect(() => focusField(form.current, name), [name]);

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
          focusField(form.current, name);
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
