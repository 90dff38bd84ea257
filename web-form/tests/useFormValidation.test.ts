import { act, renderHook } from '@testing-library/react';
import { describe, expect, it } from 'vitest';

import { findError, findErrors, useFormValidation } from '../src/hooks/useFormValidation';
import rules from '../src/rules.json';

const VALID = {
  name: 'Dana',
  email: 'dana@example.com',
  subject: 'Reset link',
  category: 'technical',
  priority: 'medium',
  message: 'No reset link arrives.',
};

describe('the rules of the form', () => {
  it('accept a complete request', () => {
    expect(findErrors(VALID, rules)).toEqual({});
  });

  it('name every field that is missing, in the order of the form', () => {
    expect(Object.keys(findErrors({}, rules))).toEqual(Object.keys(rules));
  });

  it.each([
    ['name', ' '],
    ['email', 'dana@'],
    ['email', 'dana example.com'],
    ['email', `${'d'.repeat(250)}@example.com`],
    ['subject', 'Hey '],
    ['subject', 's'.repeat(201)],
    ['category', 'other'],
    ['priority', 'now'],
    ['message', '  too short '],
    ['message', 'm'.repeat(10_001)],
  ])('refuse %s %s', (name, value) => {
    expect(Object.keys(findErrors({ ...VALID, [name]: value }, rules))).toEqual([name]);
  });

  it('count characters and not code units', () => {
    expect(findError('subject', '😀'.repeat(4), rules.subject)).toContain('at least 5');
    expect(findError('message', '😀'.repeat(10_000), rules.message)).toBe('');
  });
});

describe('useFormValidation', () => {
  it('says nothing about a field that is left empty, and checks one that was filled in', () => {
    const { result } = renderHook(() => useFormValidation(rules, VALID));
    act(() => result.current.checkField('email', ''));
    expect(result.current.errors.email).toBeFalsy();
    act(() => result.current.checkField('email', 'dana@'));
    expect(result.current.errors.email).toContain('name@example.com');
  });

  it('clears an error with the key that mends it', () => {
    const { result } = renderHook(() => useFormValidation(rules, VALID));
    act(() => result.current.checkField('email', 'dana@'));
    act(() => result.current.setValue('email', 'dana@example.com'));
    expect(result.current.errors.email).toBe('');
  });
});
