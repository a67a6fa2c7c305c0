// One sale of a day, a month or an order: its figures, its SKU lines, the numbers of its orders and its versions.
import type { ConnectionOut, ConnectionsOut, CorrectionOut, DiffOut, FiguresOut, MonthOut, OrderSaleOut, SaleDetailOut, SaleLineOut, SaleLinesOut } from "../wire.d.ts";
import { change, count, counted, dayName, money, nth, runsOf } from "../format.ts";
import { useLoad } from "../load.ts";
import { Print } from "../parts/download.tsx";
import { OrderNumbers } from "../parts/order-numbers.tsx";
import { Buyer } from "../parts/orders-table.tsx";
import { Card, homeZone, Page, When } from "../parts/page.tsx";
import { Empty, Notice, Region } from "../parts/region.tsx";
import { Tabs } from "../parts/tabs.tsx";
import { AlsoIn, SaleTag, spoken } from "../parts/tag.tsx";
import { Versions } from "../parts/versions.tsx";
import { asked, query, to, turned } from "../router.ts";
import { useMoved } from "../watch.ts";
import { causeOf, reasonOf } from "../words.ts";

const PAGE = 200;
const TABS = ["lines", "orders", "versions"] as const;
type Tab = (typeof TABS)[number];

export function Sale({ id }: { id: string }) {
  const at = `/sales/${encodeURIComponent(id)}`;
  const detail = useLoad<SaleDetailOut>(at, useMoved());
  const tab = TABS.find((name) => name === query.value.get("tab")) ?? "lines";
  if (detail.data) return <Region of={detail} what="this sale">{(data) => <Shown data={data} at={at} tab={tab} />}</Region>;
  return <Page title="Sale" crumb={<a href={to("/orders")}>All orders</a>}><Card><Region of={detail} what="this sale" rows={8}>{() => null}</Region></Card></Page>;
}

function Shown({ data, at, tab }: { data: SaleDetailOut; at: string; tab: Tab }) {
  const { sale, order, corrections = [] } = data;
  const connection = useLoad<ConnectionOut>(`/connections/${encodeURIComponent(sale.connection_id)}`);
  const zone = connection.data?.time_zone ?? homeZone();
  const words: readonly (readonly [Tab, string])[] = [
    ["lines", `SKU lines ${count(sale.skus)}`],
    ...(order ? [] : ([["orders", `Order numbers ${count(sale.orders + data.excluded)}`]] as const)),
    ["versions", `Versions ${count(sale.version)}`],
  ];
  const shown = words.some(([name]) => name === tab) ? tab : "lines";
  const name = order ? order.number : sale.store;
  return (
    <Page
      title={order ? `${order.number}, ${sale.store}` : `${sale.store}, ${sale.title}`}
      crumb={<><a href={to("/orders", order ? { type: "individual" } : {})}>All orders</a> / <span>{order ? order.number : sale.title}</span></>}
      head={<div class="row"><h1>{name}</h1><SaleTag sale={sale} /></div>}
      note={<>{headOf(data)} · {sale.version > 1 ? "rebuilt" : "built"} <When at={data.published_at} zone={zone} />{sale.version > 1 && `, ${nth(sale.version)} version`}</>}
      actions={<Print />}
    >
      {data.month && <MonthNote month={data.month} />}
      {corrections.length > 0 && <Corrections items={corrections} currency={data.figures.currency} />}
      <div class="columns">
        <div>
          <Tabs label="Parts of this sale" at={shown} tabs={words.map(([name, word]) => [name, word, turned({ tab: name, find: null, cursor: null, v: null })])} />
          {shown === "lines" && <Lines at={at} version={sale.version} />}
          {shown === "orders" && <OrderNumbers key={sale.version} at={at} zone={zone} />}
          {shown === "versions" && <Versions at={at} version={sale.version} zone={zone} />}
        </div>
        <aside aria-label="Figures">
          {order && <OrderCard order={order} zone={zone} />}
          <FiguresCard data={data} />
          {data.diff && <Card title="What the last version changed"><Changes diff={data.diff} currency={data.figures.currency} /></Card>}
        </aside>
      </div>
    </Page>
  );
}

const headOf = ({ sale, order }: SaleDetailOut): string => (order ? `${sale.store}, ${dayName(order.day, "long")}` : sale.type === "month" ? sale.title : dayName(sale.day, "long"));

/** Days that are not read yet and days without a sale are two different things. */
function MonthNote({ month }: { month: MonthOut }) {
  const { missing, empty, state } = month;
  return (
    <Notice kind={missing.length ? "warning" : "info"}>
      <p>
        <b>{state === "final" && !missing.length ? "The month is complete." : `${counted(month.days_here, "day")} ${month.days_here === 1 ? "is" : "are"} in.`}</b>{" "}
        {state === "open" && month.through && `It runs through ${dayName(month.through)} and grows as each day arrives. `}
        {missing.length > 0 && `Missing: ${runsOf(missing)}. `}
        {empty.length > 0 && `Without a sale: ${runsOf(empty)}.`}
      </p>
    </Notice>
  );
}

const Corrections = ({ items, currency }: { items: readonly CorrectionOut[]; currency: string }) => (
  <Notice kind="info">
    <p><b>This sale carries corrections of closed days.</b> They came after the period was locked; the closed days stay as they were.</p>
    <ul>{items.map(({ day, version, total }) => <li key={`${day} ${version}`}>Corrects {dayName(day, "year")}, version {version}: {change(total, currency)}</li>)}</ul>
  </Notice>
);

function OrderCard({ order, zone }: { order: OrderSaleOut; zone: string }) {
  const connections = useLoad<ConnectionsOut>(order.also_in ? "/connections" : null).data?.items;
  return (
    <Card title="Order">
      <dl class="facts">
        <dt>Placed</dt><dd><When at={order.placed_at} zone={zone} /></dd>
        <dt>Status</dt><dd>{spoken(order.status)}</dd>
        <dt>Customer</dt><dd><Buyer order={order} /></dd>
        {order.excluded && <><dt>Not counted</dt><dd>{reasonOf(order.excluded)}</dd></>}
        {connections && <><dt>Came twice</dt><dd><AlsoIn id={order.also_in} connections={connections} /></dd></>}
      </dl>
    </Card>
  );
}

const OTHER: Record<SaleDetailOut["reading"], readonly [string, string]> = {
  event_day: ["By the orders' own day", "Refunds and edits counted on the day of the order they belong to."],
  order_day: ["By the day it happened", "Refunds and edits counted on the day they happened."],
};

/** The reading in force, and the other one a click away: both come from the same facts. */
function FiguresCard({ data }: { data: SaleDetailOut }) {
  const { sale, figures, reading } = data;
  const [name, text] = OTHER[reading];
  return (
    <Card title="Figures">
      <p class="quiet">{counted(sale.orders, "order")} · {counted(figures.quantity, "unit")}{data.excluded > 0 && <> · <a href={turned({ tab: "orders", find: null, v: null })}>{count(data.excluded)} not counted</a></>}</p>
      <Figures of={figures} />
      <details><summary>{name}</summary><p class="quiet">{text}</p><Figures of={reading === "event_day" ? data.order_day : data.event_day} /></details>
    </Card>
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
  ["unallocated", "Unallocated refunds", false, false],
  ["residual", "Unexplained", false, false],
  ["total", "Total", true, false],
];

const Figures = ({ of }: { of: FiguresOut }) => (
  <table class="ledger" aria-label="Figures">
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
      <p class="label">{words.filter(Boolean).join(", ")}.</p>
      <p class="quiet">{[causeOf(diff.cause), diff.numbers.join(", ")].filter(Boolean).join(": ")}</p>
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

/** Money given back without saying for what is no SKU's. */
const nameOf = (line: SaleLineOut): string => [line.kind === "goods" && line.title, line.day && dayName(line.day)].filter(Boolean).join(" · ");

const Line = ({ line, currency }: { line: SaleLineOut; currency: string }) => (
  <tr>
    <th scope="row">
      {line.sku || line.kind === "unallocated" ? <b>{line.sku ?? line.title}</b> : <span class="tag warning">No SKU</span>}
      {line.section === "events" && <span class="tag plain">Later change</span>}
      <span class="quiet fold">{nameOf(line)}</span>
    </th>
    <td class="low">{nameOf(line)}</td>
    <td class="figure">{line.kind === "unallocated" ? "–" : count(line.quantity)}</td>
    <td class="figure low">{line.quantity ? money(Math.round(line.net / line.quantity), currency) : "–"}</td>
    <td class="figure">{money(line.net, currency)}</td>
  </tr>
);
