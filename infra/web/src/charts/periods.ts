// Days, weeks and months as a chart and its table name them.
import type { ReportOut } from "../wire.d.ts";
import { dayName, dayPlus, monthName, rangeName, shortMonth, shortRange } from "../format.ts";

export type Spans = Pick<ReportOut, "periods" | "by"> & { last: string };

/** The days of a period, both inside; the first and the last may be cut by the range. */
export function daysAt({ periods, last }: Spans, at: number): readonly [from: string, to: string] {
  const next = periods[at + 1];
  return [periods[at] ?? last, next ? dayPlus(next, -1) : last];
}

/** Fri, Nov 20; Nov 16 – 22; November 2026. With its year where the range has two. */
export function periodName(spans: Spans, at: number): string {
  const [from, to] = daysAt(spans, at);
  const years = spans.periods[0]?.slice(0, 4) !== spans.last.slice(0, 4);
  if (spans.by === "month") return monthName(from);
  if (spans.by === "week") return years ? rangeName(from, to) : shortRange(from, to);
  return dayName(from, years ? "year" : "weekday");
}

/** What fits below a column: Nov 23; Nov; Jan 2026. */
export function axisName({ periods, by }: Spans, at: number): string {
  const day = periods[at] ?? "";
  if (by !== "month") return dayName(day);
  return day.slice(5, 7) === "01" ? `${shortMonth(day)} ${day.slice(0, 4)}` : shortMonth(day);
}
