import axe from 'axe-core';
import { expect } from 'vitest';

/** Fails with axe's own words. Colours need layout, so the browser tests check those. */
export async function expectAccessible(container: Element): Promise<void> {
  const { violations } = await axe.run(container, {
    rules: { 'color-contrast': { enabled: false }, region: { enabled: false } },
  });
  const said = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`);
  expect(said).toEqual([]);
}
