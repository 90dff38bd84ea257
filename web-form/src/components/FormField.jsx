'use client';

import { lengthOf } from '../hooks/useFormValidation';

/**
 * A labelled control with its hint, its counter and its error. `as` is input, textarea or select;
 * `options` ([value, word] pairs) is for select.
 */
export function FormField({
  name,
  label,
  value,
  onChange,
  onLeave,
  as: Control = 'input',
  options = [],
  placeholder = '',
  hint = '',
  error = '',
  counterMax = 0,
  isOptional = false,
  ...rest
}) {
  const hintId = `${name}-hint`;
  const errorId = `${name}-error`;
  const describedBy = [hint && hintId, error && errorId].filter(Boolean).join(' ') || undefined;
  const isSelect = Control === 'select';

  const control = (
    <Control
      {...rest}
      id={name}
      name={name}
      className="control"
      value={value}
      placeholder={isSelect ? undefined : placeholder || undefined}
      aria-required={isOptional ? undefined : 'true'}
      aria-invalid={error ? 'true' : undefined}
      aria-describedby={describedBy}
      onChange={(event) => onChange(name, event.target.value)}
      onBlur={(event) => onLeave?.(name, event.target.value)}
    >
      {isSelect ? (
        <>
          {placeholder ? <option value="">{placeholder}</option> : null}
          {options.map(([code, word]) => (
            <option key={code} value={code}>
              {word}
            </option>
          ))}
        </>
      ) : undefined}
    </Control>
  );

  return (
    <div className={error ? 'field field-invalid' : 'field'}>
      <div className="field-head">
        <label htmlFor={name}>{label}</label>
        {isOptional ? <span className="field-note">Optional</span> : null}
        {counterMax ? (
          <span className="field-note" aria-hidden="true">
            {lengthOf(value).toLocaleString('en')} / {counterMax.toLocaleString('en')}
          </span>
        ) : null}
      </div>
      {isSelect ? <span className="select">{control}</span> : control}
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
