// What the API's short words mean to people: why an order does not count, and what made a version.
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
};

/** Why an order is in the day's list and not in its sum. */
export const reasonOf = (excluded: string): string => REASONS[excluded] ?? spoken(excluded);

const CAUSES: Record<string, string> = {
  first: "First summary",
  late_order: "A late order",
  timezone_changed: "The time zone was changed",
  time_zone: "The time zone was changed",
  settings: "Order settings were changed",
  nightly: "The nightly sync",
  manual: "A manual sync",
  refresh: "Today so far, refreshed",
  correction: "A correction of a closed day",
};

export const causeOf = (cause: string, text = ""): string => text || CAUSES[cause] || spoken(cause);
