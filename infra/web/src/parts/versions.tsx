// The versions of a sale: what made each, who, and what it changed, down to the SKU.
import type { FiguresOut, VersionDiffOut, VersionOut, VersionsOut } from "../wire.d.ts";
import { change, count, counted, money, nth } from "../format.ts";
import { useLoad } from "../load.ts";
import { asked, query, turned } from "../router.ts";
import { causeOf } from "../words.ts";
import { Card, When } from "./page.tsx";
import { Empty, Region } from "./region.tsx";

const NUMBERS_MAX = 60;

export function Versions({ at, version, zone }: { at: string; version: number; zone: string }) {
  const cursor = query.value.get("cursor");
  const versions = useLoad<VersionsOut>(asked(`${at}/versions`, { cursor }), version);
  const opened = Number(query.value.get("v") ?? 0);
  return (
    <Card tight>
      <Region of={versions} what="the versions" rows={4}>
        {(data) => (
          <>
            {data.items.length === 0 && <Empty title="No versions." />}
            <ol class="versions">
              {data.items.map((one) => <Entry key={one.version} one={one} currency={data.currency} zone={zone} open={one.version === opened} at={at} />)}
            </ol>
            {(cursor || data.next) && (
              <nav class="pages" aria-label="Pages">
                {cursor && <a class="button" href={turned({ cursor: null, v: null })}>Newest</a>}
                {data.next && <a class="button" href={turned({ cursor: data.next, v: null })}>Older</a>}
              </nav>
            )}
          </>
        )}
      </Region>
    </Card>
  );
}

type EntryFrame = { one: VersionOut; currency: string; zone: string; open: boolean; at: string };

function Entry({ one, currency, zone, open, at }: EntryFrame) {
  const moves = [one.orders_added && `${counted(one.orders_added, "order")} added`, one.orders_removed && `${counted(one.orders_removed, "order")} gone`, one.orders_changed && `${counted(one.orders_changed, "order")} changed`].filter(Boolean);
  return (
    <li class={open ? "open" : ""}>
      <div class="version">
        <b class="which">{nth(one.version)}</b>
        <span class="two">
          <a class="whole" href={turned({ v: open ? null : String(one.version) })} aria-expanded={open}>{causeOf(one.cause, one.cause_text)}</a>
          <span class="quiet"><When at={one.published_at} zone={zone} />{one.actor && ` · ${one.actor}`}{moves.length > 0 && ` · ${moves.join(", ")}`}</span>
        </span>
        <span class="figure"><b>{money(one.total, currency)}</b><span class="quiet">{one.total_delta ? change(one.total_delta, currency) : one.version === 1 ? "the first" : "unchanged"}</span></span>
      </div>
      {open && <Diff path={`${at}/versions/${one.version}`} />}
    </li>
  );
}

function Diff({ path }: { path: string }) {
  const diff = useLoad<VersionDiffOut>(path);
  return <div class="diff"><Region of={diff} what="what this version changed" rows={3}>{(data) => <Shown diff={data} />}</Region></div>;
}

const FIGURES: readonly (readonly [keyof FiguresOut, string])[] = [
  ["gross", "Gross sales"], ["discount", "Discounts"], ["returns", "Refunds"], ["net_sales", "Net sales"], ["shipping", "Shipping"], ["fees", "Fees"],
  ["duties", "Duties"], ["tips", "Tips"], ["tax", "Tax"], ["gift_cards_sold", "Gift cards sold"], ["unallocated", "Unallocated refunds"], ["residual", "Unexplained"], ["total", "Total"],
];

function Shown({ diff }: { diff: VersionDiffOut }) {
  const moved = FIGURES.filter(([name]) => name === "total" || Number(diff.delta[name]) !== 0);
  return (
    <>
      <p class="quiet">{diff.before === null ? "The first version: everything in it is new." : `Against version ${diff.before}.`}</p>
      <Numbers word="Orders added" sign="+" numbers={diff.orders_added} />
      <Numbers word="Orders gone" sign="−" numbers={diff.orders_removed} />
      <Numbers word="Orders changed" sign="±" numbers={diff.orders_changed} />
      <div class="scroll" tabIndex={0} role="region" aria-label={`Figures of version ${diff.version}`}>
        <table class="ledger">
          <thead><tr><th scope="col">Figure</th><th scope="col" class="figure">Change</th><th scope="col" class="figure">Now</th></tr></thead>
          <tbody>
            {moved.map(([name, word]) => (
              <tr key={name} class={name === "total" ? "sum" : ""}><th scope="row">{word}</th><td class="figure">{change(Number(diff.delta[name]), diff.currency)}</td><td class="figure">{money(Number(diff.figures[name]), diff.currency)}</td></tr>
            ))}
          </tbody>
        </table>
      </div>
      {diff.skus.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label={`SKUs of version ${diff.version}`}>
          <table class="ledger">
            <thead><tr><th scope="col">SKU</th><th scope="col" class="figure">Units</th><th scope="col" class="figure">Net</th></tr></thead>
            <tbody>
              {diff.skus.map((line, at) => (
                <tr key={`${at} ${line.sku}`}><th scope="row">{[line.sku ?? "No SKU", line.title].filter(Boolean).join(" · ")}</th><td class="figure">{line.quantity_delta > 0 && "+"}{count(line.quantity_delta)}</td><td class="figure">{change(line.net_delta, diff.currency)}</td></tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

const Numbers = ({ word, sign, numbers }: { word: string; sign: string; numbers: readonly string[] }) =>
  numbers.length ? (
    <p>
      <b>{word}</b>{" "}
      {numbers.slice(0, NUMBERS_MAX).map((number) => <a key={number} class="number" href={turned({ tab: "orders", find: number, v: null })}><span aria-hidden="true">{sign} </span>{number}</a>)}
      {numbers.length > NUMBERS_MAX && <span class="quiet"> and {count(numbers.length - NUMBERS_MAX)} more</span>}
    </p>
  ) : null;
