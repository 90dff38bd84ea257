'use client';

import { useCallback, useState } from 'react';

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@.]+$/;

const MISSING = {
  name: 'Enter your name.',
  email: 'Enter your e-mail address.',
  subject: 'Enter a subject.',
  category: 'Choose a topic.',
  priority: 'Choose a priority.',
  message: 'Enter your message.',
};

/** Characters as the server counts them: code points, outer white space left out. */
export function lengthOf(text) {
  return [...text.trim()].length;
}

/** Returns why `value` breaks the rule, or '' when it does not. */
export function findError(name, value, rule) {
  const text = (value ?? '').trim();
  const length = lengthOf(text);
  if (length === 0) return MISSING[name] ?? 'Fill in this field.';
  if (rule.enum && !rule.enum.includes(text)) return MISSING[name] ?? 'Choose one of the options.';
  if (name === 'email' && !EMAIL.test(text)) return 'Enter an e-mail address like name@example.com.';
  if (rule.minLength && length < rule.minLength) {
    return `Use at least ${rule.minLength} characters (${length} so far).`;
  }
  if (rule.maxLength && length > rule.maxLength) {
    return `Use at most ${rule.maxLength.toLocaleString('en')} characters (${length.toLocaleString('en')} now).`;
  }
  return '';
}

/** Returns {name: why} for the fields that break their rule, in the order of the rules. */
export function findErrors(values, rules) {
  const errors = {};
  for (const [name, rule] of Object.entries(rules)) {
    const why = findError(name, values[name], rule);
    if (why) errors[name] = why;
  }
  return errors;
}

/**
 * Values and errors of one form. A field is checked when it is left, and again on every key while
 * it shows an error, so that a mended field says so at once.
 */
export function useFormValidation(rules, initialValues) {
  const [values, setValues] = useState(initialValues);
  const [errors, setErrors] = useState({});

  const setValue = useCallback(
    (name, value) => {
      setValues((current) => ({ ...current, [name]: value }));
      setErrors((current) => {
        if (!current[name]) return current;
        return { ...current, [name]: findError(name, value, rules[name]) };
      });
    },
    [rules],
  );

  const checkField = useCallback(
    (name, value) => {
      // Leaving an empty field is no mistake yet; sending it is.
      if (!(value ?? '').trim()) return;
      setErrors((current) => ({ ...current, [name]: findError(name, value, rules[name]) }));
    },
    [rules],
  );

  const checkAll = useCallback(() => {
    const found = findErrors(values, rules);
    setErrors(found);
    return found;
  }, [rules, values]);

  return { values, errors, setValue, setValues, setErrors, checkField, checkAll };
}
