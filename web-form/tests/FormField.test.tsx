import { render, screen } from '@testing-library/react';
import { describe, expect, it } from 'vitest';

import { FormField } from '../src/components/FormField';
import { expectAccessible } from './expectAccessible';

const ignore = () => {};

describe('FormField', () => {
  it('ties label, hint and error to its control', async () => {
    const { container } = render(
      <FormField name="subject" label="Subject" value="Hey" hint="A few words." error="Use at least 5." onChange={ignore} />,
    );
    const control = screen.getByLabelText('Subject');
    expect(control).toHaveAccessibleDescription('A few words. Use at least 5.');
    expect(control).toBeInvalid();
    await expectAccessible(container);
  });

  it('announces an error that appears later', () => {
    const field = (error: string) => <FormField name="subject" label="Subject" value="" error={error} onChange={ignore} />;
    const { rerender, container } = render(field(''));
    const region = container.querySelector('[aria-live=polite]');
    rerender(field('Enter a subject.'));
    expect(region).toHaveTextContent('Enter a subject.');
  });

  it('offers the options of a select', () => {
    render(<FormField as="select" name="topic" label="Topic" value="" placeholder="Choose" options={[['a', 'A word']]} onChange={ignore} />);
    expect(screen.getAllByRole('option').map((option) => option.textContent)).toEqual(['Choose', 'A word']);
  });

  it('counts what was typed', () => {
    render(<FormField name="message" label="Message" value="ab" counterMax={10000} onChange={ignore} />);
    expect(screen.getByText('2 / 10,000')).toBeInTheDocument();
  });
});
