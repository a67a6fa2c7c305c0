// Net sales by day, week or month: the columns, the same as a table, and what net sales are made of.
import { useState } from "preact/hooks";
import type { FiguresOut, SalesByPeriodOut, SalesReportOut } from "../wire.d.ts";
import { daysAt, periodName } from "../charts/periods.ts";
import { count, counted, money } from "../format.ts";
import { Card } from "../parts/page.tsx";
import { Empty } from "../parts/region.tsx";
import { BY, ByChoice, SalesChart } from "../parts/sales-chart.tsx";
import { query, to } from "../router.ts";
import { usePainted } from "../watch.ts";
import { Against, AgainstHeads, Cash, Scroll } from "./cells.tsx";

export function SalesReport({ report, currency }: { report: SalesReportOut; currency: string }) {
  const below = usePainted();
  const sales = report.currencies.find((one) => one.currency === currency);
  if (!sales?.series.length) return <Card><Empty title="No sales in these days." action={<a class="button" href={to("/orders")}>All orders</a>}>Choose another range, or look at all orders.</Empty></Card>;
  return (
    <>
      <div class="columns">
        <Card title={`Net sales by ${report.by}`} side={<ByChoice by={report.by} />}><SalesChart report={report} sales={sales} /></Card>
        <Card title="From gross to total"><Steps figures={sales.figures} /></Card>
      </div>
      {below && <Table key={`${report.range.from} ${report.range.to} ${report.by}`} report={report} sales={sales} />}
    </>
  );
}

const CONNECTIONS_MAX = 4;
const ROWS = 100;

function Table({ report, sales }: { report: SalesReportOut; sales: SalesByPeriodOut }) {
  const { currency, series, rows, previous, total, previous_total } = sales;
  const spans = { periods: report.periods, by: report.by, last: report.range.to };
  const split = series.length > 1 && series.length <= CONNECTIONS_MAX ? series : [];
  const newest = [...report.periods.keys()].reverse();
  const [start, setStart] = useState(0);
  const places = newest.slice(start, start + ROWS);
  return (
    <Card title={`${BY[report.by]} by ${report.by}`} tight>
      <Scroll label="Net sales as a table">
        <table class="report long">
          <thead>
            <tr>
              <th scope="col">{BY[report.by]}</th>
              {split.map(({ connection_id, name }) => <th key={connection_id} scope="col" class="figure low">{name}</th>)}
              <th scope="col" class="figure low">Orders</th>
              <th scope="col" class="figure low">Units</th>
              <th scope="col" class="figure">Net sales</th>
              <AgainstHeads compared={previous !== null} />
            </tr>
          </thead>
          <tbody>
            {places.map((at) => {
              const [from, until] = daysAt(spans, at);
              return (
                <tr key={from}>
                  <th scope="row"><a href={to("/orders", { from, to: until, connection: query.value.get("connection") })}>{periodName(spans, at)}</a></th>
                  {split.map(({ connection_id, values }) => <td key={connection_id} class="figure low">{money(values[at] ?? 0, currency)}</td>)}
                  <td class="figure low">{count(rows[at]?.orders ?? 0)}</td>
                  <td class="figure low">{count(rows[at]?.quantity ?? 0)}</td>
                  <Cash minor={rows[at]?.net ?? 0} currency={currency} />
                  <Against now={rows[at]?.net ?? 0} before={previous?.[at] ?? null} currency={currency} />
                </tr>
              );
            })}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row">Total</th>
              {split.map(({ connection_id, values }) => <td key={connection_id} class="figure low">{money(values.reduce((sum, value) => sum + value, 0), currency)}</td>)}
              <td class="figure low">{count(total.orders)}</td>
              <td class="figure low">{count(total.quantity)}</td>
              <Cash minor={total.net} currency={currency} />
              <Against now={total.net} before={previous_total?.net ?? null} currency={currency} />
            </tr>
          </tfoot>
        </table>
      </Scroll>
      {newest.length > ROWS && (
        <nav class="pages" aria-label="Pages">
          <span>Showing {count(start + 1)}–{count(start + places.length)} of {counted(newest.length, report.by)}</span>
          {start > 0 && <button type="button" onClick={() => setStart(Math.max(0, start - ROWS))}>Newer</button>}
          {start + ROWS < newest.length && <button type="button" onClick={() => setStart(start + ROWS)}>Older</button>}
        </nav>
      )}
    </Card>
  );
}

/** Nothing that is nothing, but for the ends of each sum. */
function Steps({ figures }: { figures: FiguresOut }) {
  const { currency } = figures;
  const rows: readonly (readonly [string, number, sum?: boolean])[] = [
    ["Gross sales", figures.gross, true],
    ["Discounts", -figures.discount],
    ["Returns", -figures.returns],
    ["Net sales", figures.net_sales, true],
    ["Shipping", figures.shipping],
    ["Fees", figures.fees],
    ["Duties", figures.duties],
    ["Tips", figures.tips],
    ["Tax", figures.tax],
    ["Gift cards sold", figures.gift_cards_sold],
    ["Refunds without items", figures.unallocated],
    ["Not itemised", figures.residual],
    ["Total", figures.total, true],
  ];
  return (
    <table class="ledger leaf" aria-label="From gross sales to the total">
      <tbody>
        {rows.filter(([, minor, sum]) => sum || minor !== 0).map(([name, minor, sum]) => <tr key={name} class={sum ? "sum" : ""}><th scope="row">{name}</th><td class="figure">{money(minor, currency)}</td></tr>)}
      </tbody>
    </table>
  );
}
