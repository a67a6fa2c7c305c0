// Small marks: the state of a connection or a sale as a word with a colour, and a connection's letter in its colour.
import type { ConnectionOut, SaleOut } from "../wire.d.ts";
import { homeZone, When } from "./page.tsx";

type Tone = "good" | "info" | "warning" | "error" | "plain";

const CONNECTION: Record<ConnectionOut["state"], [Tone, string]> = {
  in_sync: ["good", "In sync"],
  importing: ["info", "Importing"],
  syncing: ["info", "Syncing"],
  slowed: ["warning", "Slowed down"],
  sign_in_needed: ["warning", "Sign-in needed"],
  failing: ["error", "Failing"],
  removed: ["plain", "Removed"],
};

const SALE: Record<string, [Tone, string]> = {
  final: ["good", "Final"],
  provisional: ["info", "So far"],
  empty: ["plain", "No orders"],
  events_only: ["plain", "Later changes only"],
  open: ["info", "Open"],
};

const FLAGS: Record<string, string> = { no_sku: "Lines without SKU", excluded: "Some not counted", unallocated: "Unallocated refund" };

export const Tag = ({ tone, children }: { tone: Tone; children: string }) => <span class={`tag ${tone}`}>{children}</span>;

export function ConnectionTag({ state }: { state: ConnectionOut["state"] }) {
  const [tone, word] = CONNECTION[state];
  return <Tag tone={tone}>{word}</Tag>;
}

export function SaleTag({ sale }: { sale: SaleOut }) {
  const [tone, word] = SALE[sale.state] ?? ["plain", spoken(sale.state)];
  return (
    <>
      {(sale.state !== "final" || !sale.flags.length) && <Tag tone={tone}>{word}</Tag>}
      {sale.state === "provisional" && sale.checked_at && <span class="age">as of <When at={sale.checked_at} zone={homeZone()} as="far" /></span>}
      {sale.frozen && <span class="tag locked" title="Its period is closed: late changes go to the first open day.">Locked</span>}
      <Flags of={sale.flags} />
    </>
  );
}

/** What is odd about a sale or an order. */
export const Flags = ({ of }: { of: readonly string[] }) => <>{of.map((flag) => <Tag key={flag} tone="warning">{FLAGS[flag] ?? spoken(flag)}</Tag>)}</>;

/** A word of the API as people read it: cancelled_unpaid is Cancelled unpaid, on-hold is On hold. */
export function spoken(word: string): string {
  const text = word.replace(/[_-]+/g, " ").toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** An order that also came through another connection: the one by which it counts once the two are linked. */
export const AlsoIn = ({ id, connections }: { id: string | null; connections: readonly ConnectionOut[] }) =>
  id && <Tag tone="plain">{`Also in ${connections.find((one) => one.id === id)?.name ?? "another connection"}`}</Tag>;

/** The letter of the last word: the first is often the merchant's own, and that of all his stores. */
export const Tile = ({ name, colour }: { name: string; colour: number }) => (
  <span class={`tile c${((colour - 1) % 6) + 1}`} aria-hidden="true">{[...(name.trim().split(/[\s·]+/).at(-1) ?? "")][0]?.toUpperCase()}</span>
);
