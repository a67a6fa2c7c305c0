// The dashboard: key figures and their course, what came in last, how the channels are and how much of the allotment is used.
import type { ConnectionOut, DashboardOut, ProblemOut, SalesReportOut, SyncOut } from "../wire.d.ts";
import { counted, dayName, money, roundMoney, zoneName } from "../format.ts";
import { live, looked } from "../live.ts";
import { type Loaded, useLoad } from "../load.ts";
import { Bar } from "../charts/bars.tsx";
import { Importing } from "../parts/importing.tsx";
import { Kpi } from "../parts/kpi.tsx";
import { Meter } from "../parts/meter.tsx";
import { Card, homeZone, Page, When } from "../parts/page.tsx";
import { Empty, Notice, Region } from "../parts/region.tsx";
import { ByChoice, CurrencyChoice, SalesChart, type By } from "../parts/sales-chart.tsx";
import { SalesTable } from "../parts/sales-table.tsx";
import { SpanChoice } from "../parts/span-choice.tsx";
import { isMoving, Strip } from "../parts/strip.tsx";
import { ConnectionTag, Tile } from "../parts/tag.tsx";
import { asked, query, to } from "../router.ts";
import { span, spanQuery } from "../span.ts";
import { useMoved, usePainted } from "../watch.ts";

const TOP = 5;
const CHANNELS = 8;
/** Of syncs that are under way these are told of; those of every night pass unseen. */
const TOLD: readonly SyncOut["reason"][] = ["pairing", "manual", "settings", "time_zone"];

export function Dashboard() {
  const board = useLoad<DashboardOut>(asked("/dashboard", spanQuery(span())), useMoved());
  const known = board.data?.connections.filter(({ state }) => state !== "removed");
  const begun = known?.length !== 0;
  return (
    <Page title="Dashboard" note={noteOf(board.data)} actions={begun && <><SpanChoice days={board.data?.range} /><Currency board={board.data} /></>}>
      {(board.data === undefined && !board.failed) || !looked.value ? (
        <Waiting />
      ) : (
        <Region of={board} what="the dashboard" rows={8}>
          {(data) => (begun ? <Board board={data} again={board.again} /> : <Card><Empty title="Connect your first channel." action={<a class="button main" href={to("/connections")}>Connect a channel</a>}>Daybook brings in the last 90 days by itself, usually in 15 to 30 minutes.</Empty></Card>)}
        </Region>
      )}
    </Page>
  );
}

function noteOf(board: DashboardOut | undefined) {
  if (!board) return <> </>;
  return board.through_day ? `Figures run to the end of ${dayName(board.through_day, "far")} · ${zoneName(homeZone())}` : `No figures in these days yet · ${zoneName(homeZone())}`;
}

/** The shape of what will be here, so that nothing moves when it comes. */
const Waiting = () => (
  <div class="waiting" role="status">
    <span class="unseen">Loading the dashboard</span>
    <div class="kpis">{[0, 1, 2, 3].map((at) => <i key={at} class="card" />)}</div>
    <div class="columns"><i class="card" /><i class="card" /></div>
  </div>
);

const currencyOf = (board: DashboardOut): string => board.sales.find(({ currency }) => currency === query.value.get("currency"))?.currency ?? board.sales[0]?.currency ?? "";
const Currency = ({ board }: { board: DashboardOut | undefined }) => (board ? <CurrencyChoice currencies={board.sales.map(({ currency }) => currency)} chosen={currencyOf(board)} /> : null);

function Board({ board, again }: { board: DashboardOut; again: () => void }) {
  const currency = currencyOf(board);
  const figures = board.through_day !== null || board.latest.length > 0;
  const kpis = board.kpis.find((one) => one.currency === currency)?.items ?? [];
  const days = { from: board.range.from, to: board.range.to };
  const kept = { ...spanQuery(span()), currency: query.value.get("currency") };
  const ways: Record<string, string> = { net_sales: to("/reports/sales", kept), orders: to("/orders", days), units: to("/reports/skus", { ...kept, rank: "quantity" }), average_order: to("/reports/channels", kept) };
  const syncs = movingOf(board);
  const below = usePainted();
  return (
    <>
      {board.problems.map((problem) => <Problem key={`${problem.kind} ${problem.connection_id}`} problem={problem} />)}
      {syncs.map(([sync, connection]) => <Strip key={sync.id} sync={sync} connection={connection} mark={<Tile name={connection.name} colour={connection.colour} />} changed={again} more={<a class="button" href={to(`/syncs/${encodeURIComponent(sync.id)}`)}>Details</a>} />)}
      {figures ? (
        <>
          <div class="kpis">{kpis.map((kpi) => <Kpi key={kpi.name} kpi={kpi} currency={currency} url={ways[kpi.name] ?? to("/reports/sales", kept)} />)}</div>
          <div class="columns">
            <div>
              <Course board={board} currency={currency} />
              {below && <Latest board={board} />}
            </div>
            {below && <Aside board={board} currency={currency} />}
          </div>
        </>
      ) : (
        <div class="columns">
          <Card><FirstDays sync={syncs[0]?.[0]} /></Card>
          <Aside board={board} currency={currency} />
        </div>
      )}
    </>
  );
}

function movingOf({ connections }: DashboardOut): readonly (readonly [SyncOut, ConnectionOut])[] {
  const known = new Map(connections.map((one) => [one.id, one]));
  return (live.value?.syncs ?? []).flatMap((sync) => {
    const connection = known.get(sync.connection_id);
    return connection && isMoving(sync) && TOLD.includes(sync.reason) ? [[sync, connection] as const] : [];
  });
}

function Problem({ problem }: { problem: ProblemOut }) {
  const url = problem.kind === "allotment" ? to("/usage") : to(`/connections/${encodeURIComponent(problem.connection_id ?? "")}${problem.kind === "sign_in_needed" ? "/access" : ""}`);
  const word = { sign_in_needed: "Sign in again", failing: "See what happened", allotment: "See usage" }[problem.kind];
  return <Notice kind={problem.kind === "failing" ? "error" : "warning"}><p class="row">{problem.text} <a href={url}>{word}</a></p></Notice>;
}

const FirstDays = ({ sync }: { sync: SyncOut | undefined }) => (
  <Empty title="Your first figures arrive as days finish." action={<a class="button" href={sync ? to(`/syncs/${encodeURIComponent(sync.id)}`) : to("/connections")}>See progress</a>}>
    {sync ? `Day ${Math.min(sync.days_done + 1, sync.days_total)} of ${sync.days_total} is on its way.` : "They appear after the first sync, newest first."}
  </Empty>
);

/** By day unless the address asks otherwise; only then it is a request of its own. */
function Course({ board, currency }: { board: DashboardOut; currency: string }) {
  const by = (["day", "week", "month"] as const).find((one) => one === query.value.get("by")) ?? null;
  const other = by !== null && by !== board.by;
  const report = useLoad<SalesReportOut>(other ? asked("/reports/sales", { ...spanQuery(span()), by }) : null, board);
  const own: Loaded<SalesReportOut> = { data: { ...board, currencies: board.sales }, failed: null, busy: false, again: report.again };
  return (
    <Card title={`Net sales by ${by ?? board.by}`} side={<ByChoice by={(by ?? board.by) as By} />}>
      <div class="course">
        <Region of={other ? report : own} what="the net sales" rows={6}>
          {(data) => {
            const sales = data.currencies.find((one) => one.currency === currency);
            return sales?.series.length ? <SalesChart report={data} sales={sales} /> : <Empty title="No sales in these days." action={<a class="button" href={to("/orders")}>All orders</a>}>Choose another range, or look at all orders.</Empty>;
          }}
        </Region>
      </div>
      <Importing connections={board.connections} />
    </Card>
  );
}

const Latest = ({ board }: { board: DashboardOut }) => (
  <Card title="Latest summaries" side={<a href={to("/orders")}>All orders</a>} tight>
    {board.latest.length ? <SalesTable items={board.latest} connections={board.connections} label="Latest summaries" /> : <Empty title="No summaries yet.">Connections with individual sales have none: their orders stand under All orders.</Empty>}
  </Card>
);

/** Those that are not in sync come first. */
function Aside({ board, currency }: { board: DashboardOut; currency: string }) {
  const calm = ({ state }: ConnectionOut) => Number(state === "in_sync");
  const channels = board.connections.length > CHANNELS ? [...board.connections].sort((one, other) => calm(one) - calm(other)) : board.connections;
  return (
    <aside aria-label="Channels, SKUs and usage">
      <Card title="Channels" side={<a href={to("/connections")}>Add channel</a>}>
        <ul class="rows">{channels.slice(0, CHANNELS).map((connection) => <Channel key={connection.id} connection={connection} />)}</ul>
        {channels.length > CHANNELS && <p class="more-of"><a href={to("/connections")}>{counted(channels.length - CHANNELS, "more channel")}</a></p>}
      </Card>
      <TopSkus board={board} currency={currency} />
      <Card title="Yearly allotment" side={<a href={to("/usage")}>Usage</a>}><Meter usage={board.usage} /></Card>
    </aside>
  );
}

function Channel({ connection }: { connection: ConnectionOut }) {
  const { id, name, colour, state, state_detail, stores, last_synced_at, time_zone } = connection;
  const sync = live.value?.syncs.find((one) => one.connection_id === id && isMoving(one) && one.days_total > 1);
  return (
    <li>
      <Tile name={name} colour={colour} />
      <span class="two">
        <a href={to(`/connections/${encodeURIComponent(id)}`)}>{name}</a>
        <span class="quiet">
          {sync ? `Day ${Math.min(sync.days_done + 1, sync.days_total)} of ${sync.days_total}` : state === "in_sync" || !state_detail ? last_synced_at ? <>Synced <When at={last_synced_at} zone={time_zone} /></> : "Not synced yet" : state_detail}
          {stores.length > 1 && !sync && ` · ${counted(stores.length, "store")}`}
        </span>
      </span>
      <ConnectionTag state={state} />
    </li>
  );
}

function TopSkus({ board, currency }: { board: DashboardOut; currency: string }) {
  const rows = board.skus.find((one) => one.currency === currency)?.rows.slice(0, TOP) ?? [];
  const most = Math.max(...rows.map(({ net }) => net), 0);
  if (!rows.length) return null;
  return (
    <Card title="Top SKUs" side={<a href={to("/reports/skus", spanQuery(span()))}>See all</a>}>
      <ol class="ranked">
        {rows.map(({ sku, name, net, quantity }) => (
          <li key={sku ?? name} title={`${name || sku}: ${money(net, currency)}, ${counted(quantity, "unit")}`}>
            <p class="pair"><b><bdi>{name || sku}</bdi></b><span>{roundMoney(net, currency)}<span class="quiet"> · {sku ?? "no SKU"}</span></span></p>
            <Bar value={net} most={most} />
          </li>
        ))}
      </ol>
    </Card>
  );
}
