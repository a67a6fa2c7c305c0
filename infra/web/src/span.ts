// The range of days that figures are about and what they are compared with, as the address has them.
import type { ReportQuery } from "./wire.d.ts";
import { counted, daysIn } from "./format.ts";
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
