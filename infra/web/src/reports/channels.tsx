// What each store of each connection brought: its share of the whole, its course, and its figures.
import type { ChannelRowOut, ChannelsReportOut } from "../wire.d.ts";
import { ShareBar } from "../charts/bars.tsx";
import { Spark } from "../charts/spark.tsx";
import { count, counted, money, roundMoney, share } from "../format.ts";
import { Change } from "../parts/kpi.tsx";
import { Card } from "../parts/page.tsx";
import { Empty } from "../parts/region.tsx";
import { Tile } from "../parts/tag.tsx";
import { to } from "../router.ts";
import { Against, AgainstHeads, Cash, Scroll } from "./cells.tsx";

/** So many have a part of the bar and a card of their own; the table has all. */
const APART = 8;

const keyOf = ({ connection_id, store }: ChannelRowOut): string => `${connection_id} ${store}`;
/** The stores of one connection share its colour; each further one is paler. */
const shadesOf = (rows: readonly ChannelRowOut[]): readonly string[] =>
  rows.map((row, at) => `c${hueOf(row)} pale${Math.min(3, rows.slice(0, at).filter(({ connection_id }) => connection_id === row.connection_id).length)}`);
const hueOf = ({ colour }: ChannelRowOut): number => ((colour - 1) % 6) + 1;

export function ChannelsReport({ report, currency }: { report: ChannelsReportOut; currency: string }) {
  const found = report.currencies.find((one) => one.currency === currency);
  if (!found?.rows.length) return <Card><Empty title="No sales in these days." action={<a class="button" href={to("/orders")}>All orders</a>}>Choose another range, or look at all orders.</Empty></Card>;
  const { rows, total, previous_total } = found;
  const shades = shadesOf(rows);
  const first = rows.slice(0, APART);
  const rest = rows.slice(APART);
  const parts = first.map((row, at) => ({ id: keyOf(row), name: row.store, shade: shades[at] ?? "", value: row.net }));
  if (rest.length) parts.push({ id: "others", name: counted(rest.length, "other"), shade: "c0", value: rest.reduce((sum, { net }) => sum + net, 0) });
  return (
    <>
      <Card title="Share of net sales">
        <ShareBar label="Share of net sales" parts={parts} />
        <ul class="legend">{parts.map(({ id, name, shade, value }) => <li key={id}><i class={`swatch ${shade}`} />{name} <b>{share(value, total.net)}</b></li>)}</ul>
      </Card>
      <ul class="multiples" aria-label="Course of each store">
        {first.map((row) => (
          <li key={keyOf(row)} class="card kpi">
            <h2 class="row"><Tile name={row.connection} colour={row.colour} /><span class="two">{row.store}{row.store !== row.connection && <span class="quiet">{row.connection}</span>}</span></h2>
            <p class="much">{roundMoney(row.net, currency)}</p>
            <p class="then"><Change now={row.net} before={row.previous_net} words={(figure) => roundMoney(figure, currency)} /></p>
            <Spark values={row.values} colour={hueOf(row)} />
          </li>
        ))}
      </ul>
      <Card title="Store by store" tight>
        <Scroll label="Sales by channel as a table">
          <table class="report">
            <thead>
              <tr>
                <th scope="col">Store</th>
                <th scope="col" class="figure low">Share</th>
                <th scope="col" class="figure low">Orders</th>
                <th scope="col" class="figure low">Units</th>
                <th scope="col" class="figure low">Average order</th>
                <th scope="col" class="figure">Net sales</th>
                <AgainstHeads compared={previous_total !== null} />
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={keyOf(row)}>
                  <th scope="row"><span class="row"><Tile name={row.connection} colour={row.colour} /><span class="two"><a href={to("/orders", { connection: row.connection_id, from: report.range.from, to: report.range.to })}>{row.store}</a>{row.store !== row.connection && <span class="quiet">{row.connection}</span>}</span></span></th>
                  <td class="figure low">{share(row.net, total.net)}</td>
                  <td class="figure low">{count(row.orders)}</td>
                  <td class="figure low">{count(row.quantity)}</td>
                  <td class="figure low">{row.orders ? money(Math.round(row.net / row.orders), currency) : "–"}</td>
                  <Cash minor={row.net} currency={currency} />
                  <Against now={row.net} before={row.previous_net} currency={currency} />
                </tr>
              ))}
            </tbody>
            <tfoot>
              <tr>
                <th scope="row">Total</th>
                <td class="figure low">{share(total.net, total.net)}</td>
                <td class="figure low">{count(total.orders)}</td>
                <td class="figure low">{count(total.quantity)}</td>
                <td class="figure low">{total.orders ? money(Math.round(total.net / total.orders), currency) : "–"}</td>
                <Cash minor={total.net} currency={currency} />
                <Against now={total.net} before={previous_total?.net ?? null} currency={currency} />
              </tr>
            </tfoot>
          </table>
        </Scroll>
      </Card>
    </>
  );
}
