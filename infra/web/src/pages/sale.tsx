// One summary sale: its figures, its SKU lines and the numbers of its orders.
import type { ConnectionOut, DiffOut, FiguresOut, SaleDetailOut, SaleLineOut, SaleLinesOut } from "../wire.d.ts";
import { count, counted, dayName, money, nth } from "../format.ts";
import { useLoad } from "../load.ts";
import { OrderNumbers } from "../parts/order-numbers.tsx";
import { Card, homeZone, Page, When } from "../parts/page.tsx";
import { Empty, Region } from "../parts/region.tsx";
import { SaleTag, spoken } from "../parts/tag.tsx";
import { asked, query, to, turned } from "../router.ts";
import { useMoved } from "../watch.ts";

const PAGE = 200;

export function Sale({ id }: { id: string }) {
  const at = `/sales/${encodeURIComponent(id)}`;
  const detail = useLoad<SaleDetailOut>(at, useMoved());
  const tab = query.value.get("tab") === "orders" ? "orders" : "lines";
  return <Region of={detail} what="this sale" rows={6}>{(data) => <Shown data={data} at={at} tab={tab} />}</Region>;
}

function Shown({ data, at, tab }: { data: SaleDetailOut; at: string; tab: "lines" | "orders" }) {
  const { sale, figures } = data;
  const connection = useLoad<ConnectionOut>(`/connections/${encodeURIComponent(sale.connection_id)}`);
  const zone = connection.data?.time_zone ?? homeZone();
  const tabs = [["lines", `SKU lines ${count(sale.skus)}`], ["orders", `Order numbers ${count(sale.orders + data.excluded)}`]] as const;
  return (
    <Page
      title={`${sale.store}, ${dayName(sale.day)}`}
      crumb={<><a href={to("/orders")}>All orders</a> / <span>{dayName(sale.day, "year")}</span></>}
      head={<div class="row"><h1>{sale.store}</h1><SaleTag sale={sale} /></div>}
      note={<>{dayName(sale.day, "long")} · {sale.version > 1 ? "rebuilt" : "built"} <When at={data.published_at} zone={zone} />{sale.version > 1 && `, ${nth(sale.version)} version`}</>}
      actions={<button type="button" onClick={() => print()}>Print</button>}
    >
      <div class="columns">
        <div>
          <nav class="tabs" aria-label="Parts of this sale">
            {tabs.map(([name, word]) => <a key={name} href={turned({ tab: name, find: null, cursor: null })} {...(name === tab ? { "aria-current": "page" as const } : {})}>{word}</a>)}
          </nav>
          {tab === "lines" ? <Lines at={at} version={sale.version} /> : <OrderNumbers key={sale.version} at={at} zone={zone} />}
        </div>
        <aside aria-label="Figures">
          <Card title="Figures">
            <p class="quiet">{counted(sale.orders, "order")} · {counted(figures.quantity, "unit")}{data.excluded > 0 && ` · ${count(data.excluded)} not counted`}</p>
            <Figures of={figures} />
            <details><summary>By the orders' own day</summary><p class="quiet">Refunds and edits counted on the day of the order they belong to.</p><Figures of={data.order_day} /></details>
          </Card>
          {data.diff && <Card title="What the last version changed"><Changes diff={data.diff} currency={figures.currency} /></Card>}
        </aside>
      </div>
    </Page>
  );
}

const ROWS: readonly [keyof FiguresOut, string, always: boolean, less: boolean][] = [
  ["gross", "Gross sales", true, false],
  ["discount", "Discounts", true, true],
  ["returns", "Refunds", true, true],
  ["net_sales", "Net sales", true, false],
  ["shipping", "Shipping", true, false],
  ["fees", "Fees", false, false],
  ["duties", "Duties", false, false],
  ["tips", "Tips", false, false],
  ["tax", "Tax", true, false],
  ["gift_cards_sold", "Gift cards sold", false, false],
  ["unallocated", "Not on any line", false, false],
  ["residual", "Unexplained", false, false],
  ["total", "Total", true, false],
];

const Figures = ({ of }: { of: FiguresOut }) => (
  <table class="ledger">
    <tbody>
      {ROWS.filter(([name, , always]) => always || of[name] !== 0).map(([name, word, , less]) => {
        const minor = Number(of[name]);
        return (
          <tr key={name} class={name === "net_sales" || name === "total" ? "sum" : ""}>
            <th scope="row">{word}</th>
            <td class="figure">{money(less && minor ? -minor : minor, of.currency)}</td>
          </tr>
        );
      })}
    </tbody>
  </table>
);

function Changes({ diff, currency }: { diff: DiffOut; currency: string }) {
  const words = [
    diff.total_delta
      ? `Total ${diff.total_delta < 0 ? "down" : "up"} ${money(Math.abs(diff.total_delta), currency)}`
      : "Total unchanged",
    diff.orders_added > 0 && counted(diff.orders_added, "new order"),
    diff.orders_removed > 0 && `${counted(diff.orders_removed, "order")} gone`,
    diff.orders_changed > 0 && `${counted(diff.orders_changed, "order")} changed`,
  ];
  return (
    <>
      <p>{words.filter(Boolean).join(", ")}.</p>
      <p class="quiet">{[spoken(diff.cause), diff.numbers.join(", ")].filter(Boolean).join(": ")}</p>
    </>
  );
}

function Lines({ at, version }: { at: string; version: number }) {
  const cursor = query.value.get("cursor");
  const lines = useLoad<SaleLinesOut>(asked(`${at}/lines`, { cursor, limit: String(PAGE) }), version);
  return (
    <Card tight>
      <Region of={lines} what="the SKU lines" rows={8}>
        {(data) =>
          data.items.length ? (
            <>
              <LinesTable data={data} />
              {(cursor || data.next) && (
                <nav class="pages" aria-label="Pages">
                  {cursor && <a class="button" href={turned({ cursor: null })}>First page</a>}
                  {data.next && <a class="button" href={turned({ cursor: data.next })}>Next</a>}
                </nav>
              )}
            </>
          ) : (
            <Empty title="No lines.">Nothing was sold or taken back on this day.</Empty>
          )
        }
      </Region>
    </Card>
  );
}

const LinesTable = ({ data }: { data: SaleLinesOut }) => (
  <div class="scroll" tabIndex={0} role="region" aria-label="SKU lines">
    <table>
      <thead>
        <tr><th scope="col">SKU</th><th scope="col" class="low">Name</th><th scope="col" class="figure">Units</th><th scope="col" class="figure low">Average price</th><th scope="col" class="figure">Net</th></tr>
      </thead>
      <tbody>{data.items.map((line, at) => <Line key={`${at} ${line.sku}`} line={line} currency={data.currency} />)}</tbody>
    </table>
  </div>
);

const Line = ({ line, currency }: { line: SaleLineOut; currency: string }) => (
  <tr>
    <th scope="row">
      {line.sku ?? <span class="tag warning">No SKU</span>}
      {line.section === "events" && <span class="tag plain">Later change</span>}
      <span class="quiet fold">{line.title}</span>
    </th>
    <td class="low">{line.title}</td>
    <td class="figure">{count(line.quantity)}</td>
    <td class="figure low">{line.quantity ? money(Math.round(line.net / line.quantity), currency) : "–"}</td>
    <td class="figure">{money(line.net, currency)}</td>
  </tr>
);
