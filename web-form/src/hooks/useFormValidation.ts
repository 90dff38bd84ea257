'use client';

import { useCallback, useState } from 'react';

export interface Rule {
  minLength?: number;
  maxLength?: number;
  enum?: readonly string[];
}

export type Rules<Name extends string> = Readonly<Record<Name, Rule>>;
export type Values<Name extends string> = Record<Name, string>;
/** By field name why it breaks its rule; '' once it was mended. */
export type Errors<Name extends string> = Partial<Record<Name, string>>;

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@.]+$/;

const MISSING: Readonly<Record<string, string>> = {
  name: 'Enter your name.',
  email: 'Enter your e-mail address.',
  subject: 'Enter a subject.',
  category: 'Choose a topic.',
  priority: 'Choose a priority.',
  message: 'Enter your message.',
};

/** The names of an object's fields, typed as such. */
export const namesOf = <Name extends string>(record: Readonly<Record<Name, unknown>>): Name[] => Object.keys(record) as Name[];

/** Characters as the server counts them: code points, outer white space left out. */
export function lengthOf(text: string): number {
  return [...text.trim()].length;
}

/** Returns why `value` breaks the rule, or '' when it does not. */
export function findError(name: string, value: string | undefined, rule: Rule): string {
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
export function findErrors<Name extends string>(values: Partial<Values<Name>>, rules: Rules<Name>): Errors<Name> {
  const errors: Errors<Name> = {};
  for (const name of namesOf(rules)) {
    const why = findError(name, values[name], rules[name]);
    if (why) errors[name] = why;
  }
  return errors;
}

/**
 * Values and errors of one form. A field is checked when it is left, and again on every key while
 * it shows an error, so that a mended field says so at once.
 */
export function useFormValidation<Name extends string>(rules: Rules<Name>, initialValues: Values<Name>) {
  const [values, setValues] = useState(initialValues);
  const [errors, setErrors] = useState<Errors<Name>>({});

  const setValue = useCallback(
    (name: Name, value: string) => {
      setValues((current) => ({ ...current, [name]: value }));
      setErrors((current) => {
        if (!current[name]) return current;
        return { ...current, [name]: findError(name, value, rules[name]) };
      });
    },
    [rules],
  );

  const checkField = useCallback(
    (name: Name, value: string) => {
      // Leaving an empty field is no mistake yet; sending it is.
      if (!value.trim()) return;
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
