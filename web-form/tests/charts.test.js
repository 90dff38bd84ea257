import { describe, expect, it } from 'vitest';

import { barData, barOptions, curveOptions } from '../src/charts/options';

const LOOK = { width: 400, height: 200, font: '12px sans-serif', colors: { first: 'a', second: 'b', text: 'c', grid: 'd' } };
const TWO = { groups: ['E-mail', 'WhatsApp'], series: [{ label: 'Messages', values: [3, 5] }, { label: 'Conversations', values: [1, null] }] };
const bars = (options) => options;

describe('chart options', () => {
  it('put one named group at each position and two series beside each other', () => {
    const options = barOptions({ ...LOOK, ...TWO, format: String, bars });
    expect(options.axes[0].values(null, [0, 1])).toEqual(['E-mail', 'WhatsApp']);
    expect(options.series.slice(1).map(({ paths }) => paths.align)).toEqual([-1, 1]);
    expect(barData(TWO)).toEqual([[0, 1], [3, 5], [1, null]]);
  });

  it('keep the value axis at zero and above without a range', () => {
    const options = barOptions({ ...LOOK, ...TWO, format: String, bars });
    expect(options.scales.y.range(null, 2, 10)).toEqual([0, 11]);
    expect(options.scales.y.range(null, 0, 0)).toEqual([0, 1]);
  });

  it('hold sentiment between 0 and 1', () => {
    expect(curveOptions({ ...LOOK, count: 3 }).scales.y.range()).toEqual([0, 1]);
  });
});
