// A region that loads by itself: a skeleton first, then the data, and what is said when there is none.
import type { ComponentChildren } from "preact";
import type { Failed } from "../api.ts";
import type { Loaded } from "../load.ts";
import { Icon, type IconName } from "./icon.tsx";

type RegionFrame<T> = { of: Loaded<T>; what: string; rows?: number; children: (data: T) => ComponentChildren };

/** Data that we have stays, dimmed, while newer data loads, and stays when that fails. */
export function Region<T>({ of, what, rows = 4, children }: RegionFrame<T>) {
  if (of.data === undefined) return of.failed ? <Trouble what={what} failed={of.failed} again={of.again} /> : <Skeleton what={what} rows={rows} />;
  return (
    <>
      {of.failed && <Trouble what={what} failed={of.failed} again={of.again} stale />}
      <div class={of.busy ? "region dim" : "region"} aria-busy={of.busy}>{children(of.data)}</div>
    </>
  );
}

/** It shows itself only after 150 ms, by its style: most answers are there before. */
const Skeleton = ({ what, rows }: { what: string; rows: number }) => (
  <div class="skeleton" role="status">
    <span class="unseen">Loading {what}</span>
    {Array.from({ length: rows }, (_, at) => <i key={at} />)}
  </div>
);

function Trouble({ what, failed, again, stale }: { what: string; failed: Failed; again: () => void; stale?: boolean }) {
  const [text, more] = words(failed, what);
  return (
    <Notice kind={stale ? "warning" : "error"}>
      <p><b>{text}</b> {stale ? "What you see was loaded before." : more}</p>
      <p class="row">
        <button type="button" onClick={again}>Try again<span class="unseen">: {what}</span></button>
        {failed.problem.request_id && <details><summary>Details<span class="unseen"> of the error with {what}</span></summary><code>{failed.problem.request_id}</code></details>}
      </p>
    </Notice>
  );
}

function words(failed: Failed, what: string): [string, string] {
  if (failed.status === 0) return ["No connection.", `We could not load ${what} and try again as soon as we can.`];
  if (failed.status === 404) return ["There is nothing here.", "It may have been removed, or the address is not complete."];
  if (failed.status >= 500) return ["That did not work, and it is our fault.", `We could not load ${what}. Nothing was changed.`];
  return [`We could not load ${what}.`, failed.message];
}

type Said = { kind: "info" | "warning" | "error" | "good"; children: ComponentChildren };
const ICONS: Record<Said["kind"], IconName> = { info: "info", warning: "warning", error: "error", good: "check" };

/** A message in its place. */
export const Notice = ({ kind, children }: Said) => (
  <div class={`notice ${kind}`} role={kind === "error" ? "alert" : undefined}>
    <Icon name={ICONS[kind]} />
    <div>{children}</div>
  </div>
);

/** One line of what will be here, one of why not yet, one way on. */
export const Empty = ({ title, children, action }: { title: string; children?: ComponentChildren; action?: ComponentChildren }) => (
  <div class="empty">
    <p><b>{title}</b></p>
    {children && <p class="quiet">{children}</p>}
    {action && <p>{action}</p>}
  </div>
);
