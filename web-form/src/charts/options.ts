/** uPlot's options for the console's charts; pure, so that the colours and sizes come from the caller. */

import type { Options, AlignedData, Axis, Series } from 'uplot';

const LONGEST_BAR_PX = 40;

export type Range = readonly [number, number];

/** What the page's style gives: sizes in CSS pixels, and colours that follow light and dark. */
export interface Look {
  width: number;
  height: number;
  colors: { first: string; second: string; text: string; grid: string };
  font: string;
}

export interface BarFigures {
  /** The name of each group, in order. */
  groups: readonly string[];
  /** One or two, with a value for each group; null draws no bar. */
  series: readonly { label: string; values: readonly (number | null)[] }[];
  /** Fixes the value axis; without it the axis begins at zero and fits the values. */
  range?: Range;
}

export interface BarStyle {
  format: (value: number) => string;
  isHorizontal?: boolean;
}

/** `uPlot.paths.bars`: turns a size, an alignment and a radius into a painter. */
export type Bars = (options: { size: [number, number]; align: -1 | 0 | 1; radius: number }) => Series.PathBuilder;

function axisLook({ colors, font }: Pick<Look, 'colors' | 'font'>): Axis {
  return {
    font,
    stroke: colors.text,
    grid: { stroke: colors.grid, width: 1 },
    ticks: { show: false },
  };
}

/** Bars over named groups. */
export function barOptions(figures: BarFigures, style: BarStyle, look: Look, bars: Bars): Options {
  const { groups, series, range } = figures;
  const { format, isHorizontal = false } = style;
  const { width, height, colors } = look;
  const axis = axisLook(look);
  const isGrouped = series.length > 1;
  const palette = [colors.first, colors.second];
  const positions = groups.map((_, index) => index);
  return {
    width,
    height,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 12, 0, 0],
    scales: {
      x: {
        time: false,
        ori: isHorizontal ? 1 : 0,
        dir: isHorizontal ? -1 : 1,
        range: () => [-0.5, groups.length - 0.5],
      },
      y: { ori: isHorizontal ? 0 : 1, range: range ? () => [...range] : (_, __, most) => [0, Math.max(most * 1.1, 1)] },
    },
    axes: [
      {
        ...axis,
        scale: 'x',
        side: isHorizontal ? 3 : 2,
        size: isHorizontal ? 132 : 32,
        grid: { show: false },
        splits: () => positions,
        values: (_, splits) => splits.map((at) => groups[at] ?? ''),
      },
      {
        ...axis,
        scale: 'y',
        side: isHorizontal ? 2 : 3,
        size: isHorizontal ? 32 : 56,
        values: (_, splits) => splits.map(format),
      },
    ],
    series: [
      {},
      ...series.map(({ label }, index) => ({
        label,
        fill: palette[index],
        width: 0,
        points: { show: false },
        paths: bars({
          size: [isGrouped ? 0.36 : 0.6, LONGEST_BAR_PX],
          align: isGrouped ? (index === 0 ? -1 : 1) : 0,
          radius: 0.12,
        }),
      })),
    ],
  };
}

export function barData({ groups, series }: BarFigures): AlignedData {
  return [groups.map((_, index) => index), ...series.map(({ values }) => [...values])];
}

/** A small line over the messages of one conversation, 0 to 1. */
export function curveOptions(count: number, look: Look): Options {
  const { width, height, colors } = look;
  const axis = axisLook(look);
  return {
    width,
    height,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 8, 8, 0],
    scales: {
      x: { time: false, range: () => [0, Math.max(count - 1, 1)] },
      y: { range: () => [0, 1] },
    },
    axes: [
      { ...axis, show: false },
      {
        ...axis,
        size: 64,
        splits: () => [0, 0.5, 1],
        values: () => ['Upset', 'Neutral', 'Pleased'],
      },
    ],
    series: [{}, { stroke: colors.first, width: 2, points: { show: true, size: 7, fill: colors.first, stroke: colors.first } }],
  };
}
