// All orders: the summary or individual sales that fit the filter, and which of them holds an order number.
import { useRef } from "preact/hooks";
import type { ConnectionOut, ConnectionsOut, FoundIn, KindsOut, SalesOut } from "../wire.d.ts";
import { count, counted, dayName, timeOf } from "../format.ts";
import { useLoad } from "../load.ts";
import { ColumnChoice } from "../parts/columns.tsx";
import { FilterBar, FilterChoice, Pages } from "../parts/filters.tsx";
import { Download, Print } from "../parts/download.tsx";
import { Card, homeZone, Page } from "../parts/page.tsx";
import { Empty, Region } from "../parts/region.tsx";
import { orderColumns, OrdersTable } from "../parts/orders-table.tsx";
import { SalesTable, SUMMARY_COLUMNS, sumsOf } from "../parts/sales-table.tsx";
import { CompactRows } from "../parts/sorting.tsx";
import { spoken } from "../parts/tag.tsx";
import { Tabs } from "../parts/tabs.tsx";
import { asked, query, to, turned } from "../router.ts";
import { useMoved } from "../watch.ts";

const PAGE = 50;
const FILTERS = ["q", "connection", "store", "status", "from", "to"] as const;
const STATES: Readonly<Record<string, string>> = { final: "Final", provisional: "So far", open: "Open month", events_only: "Later changes only", empty: "No orders" };

export function Orders() {
  const type = query.value.get("type") === "individual" ? "individual" : "summary";
  const given = Object.fromEntries([...FILTERS, "sort", "cursor"].map((name) => [name, query.value.get(name)]));
  const moved = useMoved();
  const connections = useLoad<ConnectionsOut>("/connections");
  const path = asked("/sales", { type, ...given, cursor: null });
  const sales = useLoad<SalesOut>(asked("/sales", { type, ...given, limit: String(PAGE) }), moved);
  const known = connections.data?.items ?? [];
  const filtered = FILTERS.some((name) => given[name]);
  return (
    <Page title="All orders" note="Summary sales of days or months, and single orders, as each connection's settings have it.">
      <div class="report-bar">
        <Kinds type={type} counts={sales.data?.counts} />
        {!!sales.data?.count && !given["q"] && <div class="actions"><ColumnChoice columns={type === "individual" ? orderColumns(new Map()) : SUMMARY_COLUMNS} /><CompactRows /><Download path={path} total={sales.data.count} /><Print /></div>}
      </div>
      <FilterBar connections={known} search="Order number" more={["store", "status"]} fields={<MoreFilters connections={known} type={type} />} />
      <Chips connections={known} type={type} />
      <Region of={sales} what="the sales" rows={8}>
        {(data) => (
          <>
            {given["q"] && <Found number={given["q"]} data={data} />}
            {(!given["q"] || sizeOf(data, type) > 0) && (
              <Card tight>{sizeOf(data, type) ? <Listed data={data} connections={known} type={type} /> : filtered ? <NoneFit type={type} /> : type === "individual" ? <NoneIndividual connections={known} /> : <NoneYet connections={known} />}</Card>
            )}
          </>
        )}
      </Region>
    </Page>
  );
}

type Type = "summary" | "individual";

const sizeOf = (data: SalesOut, type: Type): number => (type === "individual" ? data.orders_listed : data.items).length;

/** The filter goes along from one kind to the other. */
function Kinds({ type, counts }: { type: Type; counts: SalesOut["counts"] | undefined }) {
  const word = (name: string, number: number | undefined) => (number === undefined ? name : `${name} ${count(number)}`);
  const at = (kind: Type) => turned({ type: kind === "summary" ? null : kind, status: null, sort: null, cursor: null, at: null });
  return <Tabs label="Kinds of sales" at={type} tabs={[["summary", word("Summary sales", counts?.summary), at("summary")], ["individual", word("Individual sales", counts?.individual), at("individual")]]} />;
}

type Narrow = { connections: readonly ConnectionOut[]; type: Type };

/** Store, where a connection has several, and state: of a summary, or as the channel calls that of an order. */
function MoreFilters({ connections, type }: Narrow) {
  const kinds = useLoad<KindsOut>(type === "individual" ? "/kinds" : null);
  const chosen = connections.find(({ id }) => id === query.value.get("connection"));
  const used = kinds.data?.items.filter(({ kind }) => (chosen ? [chosen] : connections).some((one) => one.kind === kind)) ?? [];
  const words = type === "summary" ? Object.entries(STATES) : [...new Map(used.flatMap(({ statuses }) => statuses.map((one) => [one.value, one.label] as const)))];
  return (
    <>
      {chosen && chosen.stores.length > 1 && <FilterChoice name="store" word="Store" options={chosen.stores.map(({ id, name }) => [id, name])} />}
      <FilterChoice name="status" word={type === "summary" ? "State" : "Status"} options={words} />
    </>
  );
}

/** What the list is narrowed to; each chip takes its own back. */
function Chips({ connections, type }: Narrow) {
  const value = (name: string) => query.value.get(name);
  const chosen = connections.find(({ id }) => id === value("connection"));
  const status = value("status");
  const chips: readonly (readonly [name: string, words: string | null | undefined | false])[] = [
    ["connection", value("connection") && (chosen?.name ?? "One connection")],
    ["store", value("store") && (chosen?.stores.find(({ id }) => id === value("store"))?.name ?? "One store")],
    ["status", status && (type === "summary" ? (STATES[status] ?? spoken(status)) : spoken(status))],
    ["from", value("from") && `From ${dayName(value("from") ?? "", "year")}`],
    ["to", value("to") && `To ${dayName(value("to") ?? "", "year")}`],
  ];
  const shown = chips.filter(([, words]) => words);
  if (!shown.length) return null;
  const also = (name: string) => (name === "connection" ? { store: null } : {});
  return (
    <ul class="chips narrowed" aria-label="Filters that are on">
      {shown.map(([name, words]) => <li key={name}><a class="chip on" href={turned({ [name]: null, ...also(name), cursor: null, at: null })}>{words}<span class="unseen">: take this filter away</span><span aria-hidden="true">×</span></a></li>)}
    </ul>
  );
}

function NoneIndividual({ connections }: { connections: readonly ConnectionOut[] }) {
  const [first] = connections;
  return (
    <Empty title="No individual sales." action={first && <a class="button" href={to(`/connections/${encodeURIComponent(first.id)}/settings`)}>Open order settings</a>}>
      Orders are summed by day or month. A connection set to individual sales lists each of its orders here; they count the same towards your allotment.
    </Empty>
  );
}

function Found({ number, data }: { number: string; data: SalesOut }) {
  if (data.found_in.length === 0) {
    return (
      <Card>
        <Empty title={`No order ${number}.`} action={<a class="button" href={to("/connections")}>Manual sync</a>}>
          Looked in all connections{data.searched_from && ` since ${dayName(data.searched_from, "year")}`}. Older orders can be brought in with a manual sync.
        </Empty>
      </Card>
    );
  }
  return (
    <section class="card found" aria-label="Orders found">
      <ul>{data.found_in.map((found) => <Hit key={`${found.sale_id} ${found.number}`} found={found} />)}</ul>
    </section>
  );
}

/** An order that came when its day was locked is no row of any sale, but part of a correction. */
const Hit = ({ found: { number, sale_id, connection, day, corrects } }: { found: FoundIn }) => (
  <li>
    <b>{number}</b> {corrects ? `came when ${dayName(corrects)} was closed. It is part of the correction in` : "is in"} <a href={to(`/orders/${encodeURIComponent(sale_id)}`, corrects ? {} : { tab: "orders", find: number })}>{connection}, {dayName(day)}</a>
  </li>
);

function Listed({ data, connections, type }: { data: SalesOut; connections: readonly ConnectionOut[]; type: Type }) {
  const list = useRef<HTMLDivElement>(null);
  const sums = sumsOf(data.count, data.orders, data.totals);
  // The page that comes is read from its top.
  const rise = () => list.current?.querySelector<HTMLElement>(".scroll")?.focus();
  return (
    <div ref={list}>
      {type === "individual" ? <OrdersTable items={data.orders_listed} connections={connections} sums={sums} /> : <SalesTable items={data.items} connections={connections} label="Sales" sums={sums} sorts={!query.value.get("q")} whole />}
      <Pages shown={sizeOf(data, type)} of={data.count} next={data.next} turned={rise} />
    </div>
  );
}

function NoneFit({ type }: { type: Type }) {
  const all = useLoad<SalesOut>(asked("/sales", { type, limit: "1" }));
  return (
    <Empty title="Nothing matches these filters." action={<a class="button" href={to("/orders", { type: query.value.get("type") })}>Clear filters</a>}>
      {all.data && `${counted(all.data.count, "sale")} without them.`}
    </Empty>
  );
}

function NoneYet({ connections }: { connections: readonly ConnectionOut[] }) {
  if (!connections.length) {
    return <Empty title="No sales yet." action={<a class="button main" href={to("/connections")}>Connect a channel</a>}>They appear once a channel is connected.</Empty>;
  }
  const next = connections.flatMap(({ next_sync_at }) => next_sync_at ?? []).sort()[0];
  return (
    <Empty title="No sales yet." action={<a class="button" href={to("/connections")}>Sync now</a>}>
      They appear after the first sync{next && `, at ${timeOf(next, homeZone())}`}, or sooner with a manual sync.
    </Empty>
  );
}
