// The shapes of the API's newest routes, until they are generated with the others.
type Summary = "individual" | "store" | "month";

export interface MoneyOut { minor: number; currency: string }

export interface FiguresOut {
  currency: string; gross: number; discount: number; returns: number; net_sales: number; shipping: number; fees: number; duties: number; tips: number;
  tax: number; gift_cards_sold: number; unallocated: number; residual: number; total: number; quantity: number;
}

// --- order settings
export interface ZoneChangeOut { first_day: string; time_zone: string }
export interface StatusOut { value: string; label: string; paid: boolean; by_default: boolean; counts: boolean; orders: number }
export interface SettingsOut {
  version: number; summary: Summary; individual_allowed: boolean; time_zone: string; zone_changes: readonly (ZoneChangeOut)[]; seam_day: string;
  counting: "channel" | "paid" | "custom"; statuses: readonly (StatusOut)[]; interval_min: number; intervals_min: readonly (number)[];
  next_sync_at: string | null; next_refresh_at: string | null; days_here: number; days_without_names: number;
}
export interface SettingsSyncIn { from: string; to: string }
export interface SettingsIn {
  summary: Summary; time_zone: string; recut?: boolean; counting: "channel" | "paid" | "custom"; statuses: readonly (string)[]; interval_min: number;
  sync?: SettingsSyncIn | null;
}
export interface SettingsSavedOut { settings: SettingsOut; sync_ids: readonly (string)[]; said: readonly (string)[] }
export interface ChangeOut { id: string; at: string; actor: string; about: string; before: Readonly<Record<string, string>>; after: Readonly<Record<string, string>> }
export interface ChangesOut { items: readonly (ChangeOut)[]; next: string | null }

// --- ranges and syncs
export interface RangeOut { preset: "current_week" | "current_month" | "last_month" | "last_quarter"; label: string; from: string; to: string }
export interface RangesOut { today: string; first_day: string | null; items: readonly (RangeOut)[] }
export interface BatchOut { from: string; to: string }
export interface SampleLineOut { sku: string | null; title: string; quantity: number; net: number }
export interface SampleOut {
  sale_id: string; day: string; orders: number; skus: number; currency: string; net: number; lines: readonly (SampleLineOut)[]; numbers: readonly (string)[];
}
export interface PreviewOut {
  days: number; known_days: number; sales: number; sentence: string; note: string; batches: readonly (BatchOut)[]; sample: SampleOut | null;
}
export interface SyncIn { connection_id: string; from?: string | null; to?: string | null; preset?: RangeOut["preset"] | null; order_number?: string | null }
export interface SyncOut {
  id: string; connection_id: string; reason: "pairing" | "nightly" | "manual" | "order" | "settings" | "time_zone"; from: string; to: string;
  state: "queued" | "running" | "slowed" | "sign_in_needed" | "cancelled" | "failed_days" | "done"; days: string; days_total: number; days_done: number;
  days_failed: number; days_retrying: number; orders: number; new_orders: number; eta_s: number | null; resume_at: string | null; began_at: string;
  ended_at: string | null; batches: readonly (BatchOut)[]; batch: number; order_number: string | null;
}

export interface LiveConnection { id: string; state: string }
export interface LiveOut {
  now: string; poll_after_s: number; cursor: string; syncs: readonly (SyncOut)[]; connections: readonly (LiveConnection)[]; activity_new: number;
}

// --- sales
export interface SaleOut {
  id: string; type: "day" | "month" | "order"; title: string; day: string; from: string; to: string; through?: string | null; missing_days?: number; empty_days?: number;
  connection_id: string; connection: string; store: string; currency: string; orders: number; skus: number; quantity: number; gross: MoneyOut; net: MoneyOut; total: MoneyOut;
  state: "final" | "provisional" | "empty" | "events_only" | "open"; version: number; flags: readonly (string)[]; checked_at?: string | null; frozen?: boolean;
}
export interface OrderSaleOut {
  id: string; number: string; placed_at: string; day: string; connection_id: string; connection: string; store: string; customer: string | null;
  region: string | null; status: string; excluded: string | null; items: number; net: MoneyOut; total: MoneyOut; flags: readonly (string)[];
}
export interface FoundIn { number: string; sale_id: string; day: string; connection: string }
export interface SalesCounts { summary: number; individual: number }
export interface SalesOut {
  items: readonly (SaleOut)[]; orders_listed: readonly (OrderSaleOut)[]; totals: readonly (FiguresOut)[]; count: number; orders: number; counts: SalesCounts;
  found_in: readonly (FoundIn)[]; searched_from: string | null; next: string | null;
}
export interface DiffOut {
  cause: string; orders_added: number; orders_removed: number; orders_changed: number; numbers: readonly (string)[]; total_delta: number; net_delta: number;
}
export interface MonthOut { state: "open" | "final"; through: string | null; days_here: number; missing: readonly (string)[]; empty: readonly (string)[]; provisional: readonly (string)[] }
export interface CorrectionOut { day: string; version: number; total: number }
export interface SaleDetailOut {
  sale: SaleOut; figures: FiguresOut; event_day: FiguresOut; order_day: FiguresOut; reading: "event_day" | "order_day"; refunds: number; excluded: number; first_number: string;
  last_number: string; published_at: string; diff: DiffOut | null; month?: MonthOut | null; corrections?: readonly (CorrectionOut)[]; order?: OrderSaleOut | null;
}
export interface SaleLineOut {
  section: "sales" | "events"; kind: "goods" | "unallocated"; sku: string | null; title: string; quantity: number; gross: number; discount: number;
  net: number; tax: number; day?: string | null;
}
export interface SaleLinesOut { items: readonly (SaleLineOut)[]; currency: string; next: string | null }
export interface SaleOrderOut {
  number: string; placed_at: string; status: string; excluded: string | null; total: number; events_total: number; flags: readonly (string)[];
  day: string; sale_id: string;
}
export interface SaleOrdersOut { items: readonly (SaleOrderOut)[]; currency: string; next: string | null }
export interface VersionOut {
  version: number; published_at: string; cause: string; cause_text: string; actor: string; state: string; total: number; total_delta: number;
  net_delta: number; orders_added: number; orders_removed: number; orders_changed: number;
}
export interface VersionsOut { items: readonly (VersionOut)[]; currency: string; next: string | null }
export interface SkuDeltaOut { sku: string | null; title: string; quantity_delta: number; net_delta: number }
export interface VersionDiffOut {
  version: number; before: number | null; published_at: string; cause: string; cause_text: string; actor: string; currency: string; figures: FiguresOut;
  delta: FiguresOut; orders_added: readonly (string)[]; orders_removed: readonly (string)[]; orders_changed: readonly (string)[];
  skus: readonly (SkuDeltaOut)[];
}
