// The range of days that figures are about and what they are compared with, as the address has them.
import type { ReportQuery } from "./wire.d.ts";
import { counted, dayPlus, daysIn } from "./format.ts";
import { query, type Query } from "./router.ts";

export type RangeName = NonNullable<ReportQuery["range"]>;
export type Compare = NonNullable<ReportQuery["compare"]>;

export const RANGES: readonly (readonly [RangeName, string])[] = [
  ["7d", "Last 7 days"],
  ["30d", "Last 30 days"],
  ["90d", "Last 90 days"],
  ["week", "This week"],
  ["month", "This month"],
  ["last-month", "Last month"],
  ["quarter", "This quarter"],
  ["last-quarter", "Last quarter"],
  ["year", "This year"],
];
const BEFORE: Partial<Record<RangeName, string>> = { "7d": "7 days", "30d": "30 days", "90d": "90 days", month: "month", "last-month": "month", quarter: "quarter", "last-quarter": "quarter", year: "year" };
const MONTHS: Partial<Record<RangeName, number>> = { month: 1, "last-month": 1, quarter: 3, "last-quarter": 3, year: 12 };
const COMPARES: readonly Compare[] = ["previous", "year", "none"];

export interface Span {
  range: RangeName;
  compare: Compare;
  from: string | null;
  to: string | null;
}

/** What the address says; what it says wrongly is as if it said nothing. */
export function span(): Span {
  const words = query.value;
  const range = words.get("range") === "custom" ? "custom" : (RANGES.find(([name]) => name === words.get("range"))?.[0] ?? "30d");
  const compare = COMPARES.find((name) => name === words.get("compare")) ?? "previous";
  return { range, compare, from: range === "custom" ? words.get("from") : null, to: range === "custom" ? words.get("to") : null };
}

/** For an address or a request: what is as always is left out. */
export const spanQuery = ({ range, compare, from, to }: Span): Query => ({ range: range === "30d" ? null : range, compare: compare === "previous" ? null : compare, from, to });

/** "30 days before", "month before", "year before": what the range is compared with. */
export function beforeName({ range, compare }: Span, days: { from: string; to: string }): string {
  if (compare === "year") return "year before";
  return `${BEFORE[range] ?? counted(daysIn(days.from, days.to), "day")} before`;
}

type Days = { from: string; to: string };

/** The days of the period before or after: whole months step by months, all others by their own length. Null for what has not begun before today. */
export function moved(range: RangeName, { from, to }: Days, steps: number, today: string): Days | null {
  const after = dayPlus(to, 1);
  const months = MONTHS[range] ?? (from.endsWith("-01") && after.endsWith("-01") ? monthsTo(after) - monthsTo(from) : 0);
  const length = range === "week" ? 7 : daysIn(from, to);
  const at = (step: number) => (months ? monthPlus(from, step * months) : dayPlus(from, step * length));
  return at(steps) >= today ? null : { from: at(steps), to: dayPlus(at(steps + 1), -1) };
}

const monthsTo = (day: string): number => Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7));

const monthPlus = (day: string, months: number): string => new Date(Date.UTC(Number(day.slice(0, 4)), Number(day.slice(5, 7)) - 1 + months)).toISOString().slice(0, 10);
