// Cells that the tables of reports share.
import type { ComponentChildren } from "preact";
import { growth, money } from "../format.ts";

export const Cash = ({ minor, currency }: { minor: number | null; currency: string }) => <td class="figure">{minor === null ? "–" : money(minor, currency)}</td>;

/** What it was before and how that changed; nothing where nothing is compared. `tight` says before only on asking. */
export function Against({ now, before, currency, tight }: { now: number; before: number | null; currency: string; tight?: boolean }) {
  if (before === null) return null;
  const grown = growth(now, before);
  return (
    <>
      {!tight && <td class="figure low">{money(before, currency)}</td>}
      <td class="figure" title={tight ? `from ${money(before, currency)}` : undefined}><span class={grown?.startsWith("+") ? "up" : grown?.startsWith("−") ? "down" : "quiet"}>{grown ?? (now > 0 && before === 0 ? "new" : "–")}</span></td>
    </>
  );
}

export const AgainstHeads = ({ compared, tight }: { compared: boolean; tight?: boolean }) =>
  compared ? <>{!tight && <th scope="col" class="figure low">Before</th>}<th scope="col" class="figure">Change</th></> : null;

export const Scroll = ({ label, children }: { label: string; children: ComponentChildren }) => (
  <div class="scroll" tabIndex={0} role="region" aria-label={label}>{children}</div>
);
