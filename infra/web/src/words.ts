// What the API's short words mean to people: why an order does not count, and what made a version.
import { COUNTINGS, SUMMARIES, intervalName } from "./draft.ts";
import { dayName } from "./format.ts";
import { spoken } from "./parts/tag.tsx";

const REASONS: Record<string, string> = {
  test: "A test order",
  draft: "A draft, not an order yet",
  voided: "Voided before it was paid",
  expired: "Expired before it was paid",
  failed: "Its payment failed",
  deleted: "Deleted in the shop",
  cancelled: "Cancelled",
  cancelled_unpaid: "Cancelled the same day, never paid",
  not_paid: "Not paid",
  not_chosen: "Its status is not among those chosen",
  not_in_history: "Order not in history",
  entered_later: "Counted on the day its status changed",
  left_later: "Taken out on the day its status changed",
  merged: "Merged into another order",
  moved: "Counted on another day",
  awaiting_payment: "Waits for its payment",
  pending: "Pending: counts once it is paid",
  mirror: "Came through a linked connection too, and counts there",
  rejected_fulfillment: "Its fulfilment was rejected",
  "on-hold": "On hold: waits for its payment",
  "checkout-draft": "A checkout that was not finished",
  "auto-draft": "A draft, not an order yet",
  trash: "In the shop's trash",
};

/** Why an order is in the day's list and not in its sum. States that plugins of a shop add are said as they are. */
export const reasonOf = (excluded: string): string => REASONS[excluded] ?? `Its state is “${spoken(excluded)}”`;

const CAUSES: Record<string, string> = {
  first: "First summary",
  other_day: "Orders of other days changed",
  late_order: "An order came in late",
  settings_changed: "The order settings were changed",
  timezone_changed: "The time zone was changed",
  status_changed: "An order's status changed",
  refreshed: "Refreshed while under way",
  changed: "Something was changed in the shop",
  corrected: "A locked day is corrected here",
};

/** What made a version, as a title: the server's sentence without its stop, or its short word. */
export const causeOf = (cause: string, sentence = ""): string => sentence.replace(/\.$/, "") || (CAUSES[cause] ?? spoken(cause));

export const READINGS: Record<string, string> = { event_day: "On the day they happened", order_day: "On the day of the order" };

const SETTINGS: Record<string, string> = {
  summary: "Summary transaction",
  time_zone: "Time zone",
  calendar: "Time zone of a day",
  counting: "Which orders count",
  statuses: "States that count",
  interval_min: "Re-summarise",
  name: "Name",
  week_start: "Week starts on",
  fiscal_start: "Fiscal year starts in month",
  reading: "Refunds and later changes count",
  locked_through: "Closed through",
  mirrors: "Stores whose orders come twice",
  api_key: "API key",
  password: "Password",
  codes: "One-time codes",
  provider: "Sign-in service",
};

/** A setting's name as its page has it. */
export const settingOf = (name: string): string => SETTINGS[name] ?? spoken(name);

const VALUES: Record<string, Record<string, string>> = { summary: SUMMARIES, counting: COUNTINGS, reading: READINGS };

/** A setting's value as its page has it; nothing is "none". */
export function valueOf(name: string, value: unknown): string {
  if (value === null || value === undefined || value === "") return "none";
  if (Array.isArray(value)) return value.map((one) => valueOf(name, one)).join(", ") || "none";
  if (typeof value === "object") return Object.entries(value).map(([part, one]) => `${spoken(part).toLowerCase()} ${valueOf(part, one)}`).join(", ");
  if (name === "interval_min") return intervalName(Number(value));
  const text = String(value);
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return dayName(text, "year");
  return VALUES[name]?.[text] ?? (/^[a-z_]+$/.test(text) ? spoken(text).toLowerCase() : text);
}
