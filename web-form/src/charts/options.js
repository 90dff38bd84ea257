/** uPlot's options for the console's charts; pure, so that the colours and sizes come from the caller. */

const LONGEST_BAR_PX = 40;

function axisLook({ colors, font }) {
  return {
    font,
    stroke: colors.text,
    grid: { stroke: colors.grid, width: 1 },
    ticks: { show: false },
  };
}

/**
 * Bars over named groups. `series` is [{label, values}] (one or two); `range` fixes the value axis.
 * `bars` is uPlot.paths.bars.
 */
export function barOptions({ width, height, groups, series, colors, font, format, range, isHorizontal = false, bars }) {
  const look = axisLook({ colors, font });
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
      y: { ori: isHorizontal ? 0 : 1, range: range ? () => range : (_, __, most) => [0, Math.max(most * 1.1, 1)] },
    },
    axes: [
      {
        ...look,
        scale: 'x',
        side: isHorizontal ? 3 : 2,
        size: isHorizontal ? 132 : 32,
        grid: { show: false },
        splits: () => positions,
        values: (_, splits) => splits.map((at) => groups[at] ?? ''),
      },
      {
        ...look,
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

export function barData({ groups, series }) {
  return [groups.map((_, index) => index), ...series.map(({ values }) => values)];
}

/** A small line over the messages of one conversation, 0 to 1. */
export function curveOptions({ width, height, count, colors, font }) {
  const look = axisLook({ colors, font });
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
      { ...look, show: false },
      {
        ...look,
        size: 64,
        splits: () => [0, 0.5, 1],
        values: () => ['Upset', 'Neutral', 'Pleased'],
      },
    ],
    series: [{}, { stroke: colors.first, width: 2, points: { show: true, size: 7, fill: colors.first, stroke: colors.first } }],
  };
}
