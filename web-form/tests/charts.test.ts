import { describe, expect, it } from 'vitest';

import { barData, barOptions, curveOptions, type Bars } from '../src/charts/options';

const LOOK = { width: 400, height: 200, font: '12px sans-serif', colors: { first: 'a', second: 'b', text: 'c', grid: 'd' } };
const TWO = { groups: ['E-mail', 'WhatsApp'], series: [{ label: 'Messages', values: [3, 5] }, { label: 'Conversations', values: [1, null] }] };
const STYLE = { format: String };

/** Keeps what the painters are asked for, and paints nothing. */
function recordingBars() {
  const asked: Parameters<Bars>[0][] = [];
  const bars: Bars = (options) => {
    asked.push(options);
    return () => null;
  };
  return { asked, bars };
}

describe('chart options', () => {
  it('put one named group at each position and two series beside each other', () => {
    const { asked, bars } = recordingBars();
    const options = barOptions(TWO, STYLE, LOOK, bars);
    const values = options.axes?.[0]?.values as unknown as (self: null, splits: number[]) => string[];
    expect(values(null, [0, 1])).toEqual(['E-mail', 'WhatsApp']);
    expect(asked.map(({ align }) => align)).toEqual([-1, 1]);
    expect(barData(TWO)).toEqual([[0, 1], [3, 5], [1, null]]);
  });

  it('keep the value axis at zero and above without a range', () => {
    const range = barOptions(TWO, STYLE, LOOK, recordingBars().bars).scales?.y?.range as unknown as (self: null, low: number, high: number) => number[];
    expect(range(null, 2, 10)).toEqual([0, 11]);
    expect(range(null, 0, 0)).toEqual([0, 1]);
  });

  it('hold sentiment between 0 and 1', () => {
    const range = curveOptions(3, LOOK).scales?.y?.range as unknown as () => number[];
    expect(range()).toEqual([0, 1]);
  });
});
