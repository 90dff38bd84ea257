'use client';

import type { ComponentProps } from 'react';

import { lengthOf } from '../hooks/useFormValidation';

/** What is passed on to the control as it stands. */
type Passed = Pick<
  ComponentProps<'input'> & ComponentProps<'textarea'>,
  'autoComplete' | 'autoCapitalize' | 'inputMode' | 'maxLength' | 'rows' | 'spellCheck' | 'type'
>;

interface FormFieldProps<Name extends string> extends Passed {
  name: Name;
  label: string;
  value: string;
  onChange: (name: Name, value: string) => void;
  onLeave?: (name: Name, value: string) => void;
  as?: 'input' | 'textarea' | 'select';
  /** [value, word] pairs of a select. */
  options?: readonly (readonly [string, string])[];
  placeholder?: string;
  hint?: string;
  error?: string;
  /** The longest text, shown beside what was typed so far; 0: none. */
  counterMax?: number;
  isOptional?: boolean;
  /** Beside the label of an optional field. */
  optionalNote?: string;
  /** The key that puts the cursor here. */
  hotkey?: string;
}

/** A labelled control with its hint, its counter and its error. */
export function FormField<Name extends string>({
  name,
  label,
  value,
  onChange,
  onLeave,
  as = 'input',
  options = [],
  placeholder = '',
  hint = '',
  error = '',
  counterMax = 0,
  isOptional = false,
  optionalNote = 'Optional',
  hotkey,
  ...passed
}: FormFieldProps<Name>) {
  const hintId = `${name}-hint`;
  const errorId = `${name}-error`;
  const describedBy = [hint && hintId, error && errorId].filter(Boolean).join(' ') || undefined;
  const shared = {
    id: name,
    name,
    className: 'control',
    'data-hotkey': hotkey,
    value,
    'aria-required': isOptional ? undefined : true,
    'aria-invalid': error ? true : undefined,
    'aria-describedby': describedBy,
    onChange: (event: { target: { value: string } }) => onChange(name, event.target.value),
    onBlur: (event: { target: { value: string } }) => onLeave?.(name, event.target.value),
  };
  const { rows, type, ...common } = passed;

  return (
    <div className={error ? 'field field-invalid' : 'field'}>
      <div className="field-head">
        <label htmlFor={name}>{label}</label>
        {isOptional && optionalNote ? <span className="field-note">{optionalNote}</span> : null}
        {counterMax ? (
          <span className="field-note" aria-hidden="true">
            {lengthOf(value).toLocaleString('en')} / {counterMax.toLocaleString('en')}
          </span>
        ) : null}
      </div>
      {as === 'select' ? (
        <span className="select">
          <select {...shared} autoComplete={common.autoComplete}>
            {placeholder ? <option value="">{placeholder}</option> : null}
            {options.map(([code, word]) => (
              <option key={code} value={code}>
                {word}
              </option>
            ))}
          </select>
        </span>
      ) : as === 'textarea' ? (
        <textarea {...common} {...shared} rows={rows} placeholder={placeholder || undefined} />
      ) : (
        <input {...common} {...shared} type={type} placeholder={placeholder || undefined} />
      )}
      {hint ? (
        <p id={hintId} className="field-hint">
          {hint}
        </p>
      ) : null}
      <div aria-live="polite">
        {error ? (
          <p id={errorId} className="field-error">
            <svg viewBox="0 0 16 16" aria-hidden="true">
              <path d="M8 1.2 15.4 14H.6L8 1.2Zm-.8 5v4h1.6v-4H7.2Zm0 5.2V13h1.6v-1.6H7.2Z" />
            </svg>
            <span>{error}</span>
          </p>
        ) : null}
      </div>
    </div>
  );
}
