// Usage: what was counted of the yearly allotment, where it came from, and each order that was counted.
import type { UsageOrderOut, UsageOrdersOut, UsageOut } from "../wire.d.ts";
import { count, counted, dayName, monthName, shortMonth } from "../format.ts";
import { useLoad } from "../load.ts";
import { Download, Print } from "../parts/download.tsx";
import { FilterBar, FilterChoice, Pages } from "../parts/filters.tsx";
import { Meter, UsageBanner } from "../parts/meter.tsx";
import { Card, Page } from "../parts/page.tsx";
import { Empty, Region } from "../parts/region.tsx";
import { Tabs } from "../parts/tabs.tsx";
import { asked, query, to, type Query } from "../router.ts";
import { useMoved } from "../watch.ts";

const FILTERS = ["q", "connection", "month"] as const;

/** The counted orders of one figure. */
const rows = (of: Query = {}) => to("/usage", { tab: "orders", ...of });
/** The newest months are seen first where not all have room. */
const toEnd = (box: HTMLElement | null) => box?.scrollTo(box.scrollWidth, 0);
const firstOf = (month: string) => `${month}-01`;

export function Usage() {
  const moved = useMoved();
  const usage = useLoad<UsageOut>("/usage", moved);
  const listed = query.value.get("tab") === "orders";
  const filter = Object.fromEntries(FILTERS.map((name) => [name, query.value.get(name)]));
  const orders = useLoad<UsageOrdersOut>(listed ? asked("/usage/orders", { ...filter, cursor: query.value.get("cursor"), limit: "50" }) : null, moved);
  const { data } = usage;
  return (
    <Page
      title="Usage"
      note={data && `${dayName(data.year_from, "year")} – ${dayName(data.year_to, "year")}`}
      actions={!!data?.used && <><Print />{listed ? <Download path={asked("/usage/orders", filter)} total={orders.data?.count} /> : <Download path="/usage" />}</>}
    >
      <Tabs label="Usage" at={listed ? "orders" : ""} tabs={[["", "Overview", to("/usage")], ["orders", `Counted orders${data ? ` ${count(data.used)}` : ""}`, rows()]]} />
      <Region of={usage} what="the usage" rows={4}>
        {(data) => (
          <>
            <UsageBanner usage={data} />
            {listed ? (
              <>
                <FilterBar connections={data.connections.map(({ connection_id, name }) => ({ id: connection_id, name }))} search="Order number or id" more={["month"]} days={false} fields={<FilterChoice name="month" word="Month" options={data.months.map(({ month }) => [month, monthName(firstOf(month))])} />} />
                <Region of={orders} what="the counted orders" rows={8}>{(found) => <Card tight>{found.items.length ? <Listed found={found} /> : <None used={data.used} />}</Card>}</Region>
              </>
            ) : (
              <div class="columns">
                <div>
                  <Card title="Yearly allotment"><Meter usage={data} /></Card>
                  {data.used ? <Figures usage={data} /> : <Card><None used={0} /></Card>}
                </div>
                <Card title="What counts"><p>Orders, not summaries. Each order counts once, ever, however often it is synced, summarised or rebuilt.</p></Card>
              </div>
            )}
          </>
        )}
      </Region>
    </Page>
  );
}

function Figures({ usage }: { usage: UsageOut }) {
  const most = Math.max(...usage.months.map(({ orders }) => orders));
  return (
    <>
      <Card title="By month of the order">
        <div ref={toEnd} class="scroll" tabIndex={0} role="region" aria-label="Orders by month">
          <ol class="months">
            {usage.months.map(({ month, orders }) => (
              <li key={month}>
                <a href={rows({ month })}>
                  <b>{count(orders)}<span class="unseen"> counted in </span></b>
                  <svg width="100%" height={(orders / most) * 96} aria-hidden="true"><rect class="part c1" width="100%" height="100%" rx="3" /></svg>
                  <span>{shortMonth(firstOf(month))}<span class="unseen"> {month.slice(0, 4)}</span></span>
                </a>
              </li>
            ))}
          </ol>
        </div>
      </Card>
      <Card title="By connection" tight>
        <div class="scroll" tabIndex={0} role="region" aria-label="Orders by connection">
          <table class="sales">
            <thead><tr><th scope="col">Connection</th><th scope="col" class="figure">Orders</th></tr></thead>
            <tbody>{usage.connections.map(({ connection_id, name, orders }) => <tr key={connection_id}><th scope="row"><a class="whole" href={rows({ connection: connection_id })}>{name}</a></th><td class="figure">{count(orders)}</td></tr>)}</tbody>
          </table>
        </div>
      </Card>
    </>
  );
}

const Listed = ({ found }: { found: UsageOrdersOut }) => (
  <>
    <div class="scroll" tabIndex={0} role="region" aria-label="Counted orders">
      <table class="sales">
        <thead><tr><th scope="col">Order</th><th scope="col">Sold on</th><th scope="col" class="low">Connection</th></tr></thead>
        <tbody>{found.items.map((order) => <Row key={`${order.connection_id} ${order.made_on} ${order.id}`} order={order} />)}</tbody>
      </table>
    </div>
    <Pages shown={found.items.length} of={found.count} next={found.next} />
  </>
);

/** The channel's own id is all that is counted by; the number is said where a sale has it. */
const Row = ({ order: { id, number, sale_id, made_on, connection } }: { order: UsageOrderOut }) => (
  <tr>
    <th scope="row">
      <span class="two">
        {sale_id ? <a class="whole" href={to(`/orders/${encodeURIComponent(sale_id)}`, { tab: "orders", find: number })}>{number}</a> : <span class="quiet">Number not known</span>}
        <span class="quiet">id {id}</span>
        <span class="quiet fold">{connection}</span>
      </span>
    </th>
    <td>{dayName(made_on, "year")}</td>
    <td class="low">{connection}</td>
  </tr>
);

const None = ({ used }: { used: number }) =>
  used ? <Empty title="Nothing matches these filters." action={<a class="button" href={rows()}>Clear filters</a>}>{counted(used, "order")} without them.</Empty> : <Empty title="Nothing counted yet.">Each order counts once, ever, however often it is synced.</Empty>;
