// The arithmetic of charts: from amounts to pixels, which of the labels fit, and which series stand by themselves.
import { nice, ticks } from "d3-array";
import { stack, stackOffsetDiverging } from "d3-shape";

/** One connection's figures, a value for each period; `colour` is one of the six, null that of what is left over. */
export interface Series {
  id: string;
  name: string;
  colour: number | null;
  values: readonly number[];
}

/** A chart's scale of amounts: round ends, the lines between them, and the height of any amount. */
export interface Scale {
  marks: readonly number[];
  y: (amount: number) => number;
}

const MARKS = 4;

/** From zero or below to the most, `height` pixels high; nothing at all has the line of zero and no other. */
export function scaleOf(amounts: readonly number[], height: number, unit: number): Scale {
  const [least, most] = [Math.min(0, ...amounts), Math.max(0, ...amounts)];
  if (most === least) return { marks: [0], y: () => height };
  const [low, high] = nice(least / unit, most / unit, MARKS);
  return { marks: ticks(low, high, MARKS).map((mark) => mark * unit), y: (amount) => height - ((amount / unit - low) / (high - low)) * height };
}

/** For each series and period from where to where it reaches; what is negative hangs below zero. */
export const stacked = (series: readonly Series[], length: number) =>
  stack<void, number, Series>().keys(series).value((at, { values }) => values[at] ?? 0).offset(stackOffsetDiverging)(Array(length).keys());

export type Point = readonly [x: number, y: number];

/** A line from point to point. A package for it cost 1 KB of the first load: these are straight. */
export const along = (points: readonly Point[]): string => points.map(([x, y], at) => `${at ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

/** What lies between two such lines. */
export const between = (upper: readonly Point[], lower: readonly Point[]): string => `${along([...upper, ...[...lower].reverse()])}Z`;

/** Which of so many places get a label, the last one always, so that labels of `label_px` do not touch. */
export function labelled(places: number, width: number, label_px: number): ReadonlySet<number> {
  const step = Math.max(1, Math.ceil(places / Math.max(1, Math.floor(width / label_px))));
  const chosen = new Set<number>();
  for (let at = places - 1; at >= 0; at -= step) chosen.add(at);
  return chosen;
}

/** Each colour belongs to the first that has it; all others share the last place, "Others". */
export function apart(series: readonly Series[]): readonly Series[] {
  const own: Series[] = [];
  const rest: Series[] = [];
  for (const one of series) (own.some(({ colour }) => colour === one.colour) ? rest : own).push(one);
  if (rest.length < 2) return [...own, ...rest.map((one) => ({ ...one, colour: null }))];
  const values = rest[0]?.values.map((_, at) => rest.reduce((sum, one) => sum + (one.values[at] ?? 0), 0)) ?? [];
  return [...own, { id: "others", name: `${rest.length} others`, colour: null, values }];
}

/** What stands in one period. */
export const sumAt = (series: readonly Series[], at: number): number => series.reduce((sum, { values }) => sum + (values[at] ?? 0), 0);
